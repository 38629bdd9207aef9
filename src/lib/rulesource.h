/*
 * rulesource - which line of the source a rule comes from.
 *
 * postern-tcprules -f writes beside RULES.CDB a table RULES.CDB.lines, text:
 *
 *   postern-lines 1 SIZE SECONDS NANOSECONDS SUM SOURCE
 *   LINE KEY
 *   ...
 *
 * SIZE and the two times (of modification) are those of the CDB, SUM is
 * rulesource_sum of its records in hexadecimal, SOURCE is the source's name
 * as it was given, escaped by text_escape.  Unless all four agree with the CDB
 * at hand, the table is of another compilation, and nothing is said.
 */
#ifndef POSTERN_RULESOURCE_H
#define POSTERN_RULESOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <skalibs/stralloc.h>

#include "cdbmap.h"

#define RULESOURCE_SUFFIX ".lines"
#define RULESOURCE_MAX 0x40000000 /* the longest table */

/* Add one record to a sum, which starts as RULESOURCE_SUM.  It tells one
   compilation from another; it does not resist a forger. */
#define RULESOURCE_SUM 0xcbf29ce484222325u
extern uint64_t rulesource_sum(uint64_t sum, char const *key, size_t klen,
                               char const *data, size_t dlen);

/* Append the table's first line, or another one, to sa.  A key with a newline
   is left out.  0 without memory. */
extern int rulesource_start(stralloc *sa, struct stat const *cdb, uint64_t sum,
                            char const *source);
extern int rulesource_add(stralloc *sa, uint32_t line, char const *key,
                          size_t klen);

/* Append SOURCE:LINE of key to where, from the table of n bytes at s.  1; 0 if
   the table is damaged, of another compilation, or has no such key; -1 without
   memory. */
extern int rulesource_find(char const *s, size_t n, struct stat const *cdb,
                           uint64_t sum, char const *key, size_t klen,
                           stralloc *where);

/* The same for the CDB at path, of which m is the content and cdb the status:
   reads its table.  Also 0 if there is none, or it cannot be read. */
extern int rulesource_where(char const *path, struct stat const *cdb,
                            cdbmap const *m, char const *key, size_t klen,
                            stralloc *where);

#endif
