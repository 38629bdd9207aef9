/*
 * cdbmap - constant databases, read and written with tinycdb.
 *
 * The only module that includes <cdb.h>: tinycdb and skalibs define the same
 * names (cdb_init, cdb_find ...) with different arguments.  The Makefile makes
 * tinycdb's names local to this module's object and checks that none leaks.
 *
 * Every offset is checked against the size before it is followed.  Data found
 * points into it and lives until cdbmap_close.
 */
#ifndef POSTERN_CDBMAP_H
#define POSTERN_CDBMAP_H

#include <stddef.h>
#include <stdint.h>

struct cdb; /* tinycdb's */

typedef struct cdbmap {
  struct cdb *cdb;
} cdbmap;

#define CDBMAP_ZERO                                                            \
  {                                                                            \
    0                                                                          \
  }

/*
 * For a short-lived program: map path read-only, check the header.  Only for
 * files that are replaced by rename: one that is cut short while it is mapped
 * raises SIGBUS.  1, or 0 with errno (EPROTO: not a CDB, or damaged).
 */
extern int cdbmap_open(cdbmap *m, char const *path);

/* The same, from a file that is open already; fd is the caller's to close. */
extern int cdbmap_open_fd(cdbmap *m, int fd);

/*
 * For a listener: copy the whole of an open file into sealed memory and check
 * all of it, each record and each slot of each table.  Nothing that happens to
 * the file afterwards matters.  1, or 0 with errno.
 */
extern int cdbmap_load(cdbmap *m, int fd);

/* Free it; m may be CDBMAP_ZERO. */
extern void cdbmap_close(cdbmap *m);

/* The first record of that key: 1, 0 if there is none, -1 with EPROTO if the
   file is damaged, which is never the same as "none". */
extern int cdbmap_find(cdbmap const *m, char const *key, size_t klen,
                       char const **data, size_t *dlen);

/* Every record in the order of the file.  *pos starts as 0.  1, 0 at the end,
   -1 with EPROTO. */
extern int cdbmap_next(cdbmap const *m, uint32_t *pos, char const **key,
                       size_t *klen, char const **data, size_t *dlen);

/* No CDB is larger: its offsets have 32 bits. */
#define CDBMAP_MAX 0xffffffff

/* Write one: start on an empty file open for writing and seeking, add in order
   (of two records with one key the first is found), finish.  finish writes the
   tables; fsync, close and rename are the caller's.  0 with errno on failure;
   cdbmap_make_free is called in the end, whatever happened. */
typedef struct cdb_make cdbmap_make;
extern cdbmap_make *cdbmap_make_start(int fd);
extern int cdbmap_make_add(cdbmap_make *mk, char const *key, size_t klen,
                           char const *data, size_t dlen);
extern int cdbmap_make_finish(cdbmap_make *mk);
extern void cdbmap_make_free(cdbmap_make *mk);

#endif
