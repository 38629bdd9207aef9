/*
 * bundle - the bytes of certificates and keys, on their way from the process
 * that may read the files to the one that may parse them.  Pure.
 *
 * A bundle is records one after the other.  A record has the name that a client
 * asks for (SNI, lower case; "default"; or BUNDLE_CLIENTS, not a host name, for
 * the certificates of which client certificates are made), and one or two
 * files, each with the path for messages.  A second path that is "" means that
 * certificate and key are in the first.
 */
#ifndef POSTERN_BUNDLE_H
#define POSTERN_BUNDLE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define BUNDLE_CLIENTS ":clients"
#define BUNDLE_NAME_MAX 253     /* bytes of a name */
#define BUNDLE_FILE_MAX 1048576 /* bytes of one file */
#define BUNDLE_MAX 33554432     /* bytes of the whole */

struct bundle_file {
  char const *path; /* NUL-terminated */
  char const *s;
  size_t n;
};

/* Strings point into the bundle. */
struct bundle_entry {
  char const *name;
  struct bundle_file cert;
  struct bundle_file key;
};

/* Append a record.  0 with errno: ENOMEM, or EFBIG. */
extern int bundle_add(stralloc *sa, struct bundle_entry const *e);

/* The record at *pos, which is moved behind it.  1; 0 at the end; -1 if it is
   not a bundle. */
extern int bundle_next(char const *s, size_t n, size_t *pos,
                       struct bundle_entry *e);

#endif
