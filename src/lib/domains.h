/*
 * domains - lists of domains in the form of rcpthosts.
 *
 * An item is a host, which matches itself, or .suffix, which matches every
 * host below it and not itself.  Whole labels are compared, ASCII letters
 * without case; a final dot of the host in question is not looked at.  The
 * same as a CDB (morercpthosts.cdb): keys in lower case, data empty.
 */
#ifndef POSTERN_DOMAINS_H
#define POSTERN_DOMAINS_H

#include <stddef.h>

#include "cdbmap.h"

#define DOMAINS_HOST_MAX 255

/* list holds n bytes, items in lower or upper case, each with its NUL, as
   control_list makes it. */
extern int domains_match(char const *list, size_t n, char const *host,
                         size_t len);

/* The item that matches, the first one in the list, or 0. */
extern char const *domains_find(char const *list, size_t n, char const *host,
                                size_t len);

/* 1, 0, or -1 with EPROTO if the file is damaged. */
extern int domains_match_cdb(cdbmap const *m, char const *host, size_t len);

/* The same; after 1 the key that matches begins at byte *at of host. */
extern int domains_find_cdb(cdbmap const *m, char const *host, size_t len,
                            size_t *at);

/* What is wrong with an item, or 0: for control_list. */
extern char const *domains_fault(char const *item, size_t n);

#endif
