/*
 * apart - memory of the listener that its children do not get.
 *
 * The tables that change with every connection.  In a child of fork(2) they
 * would stay as copies of pages that only the listener needs, some of them for
 * each idle session; and what a child does not have, it cannot tell.
 */
#ifndef POSTERN_APART_H
#define POSTERN_APART_H

#include <stddef.h>

/* Zeroed, aligned for anything; 0 with errno.  Not there after fork(2). */
extern void *apart_alloc(size_t size);

/* p may be null. */
extern void apart_free(void *p);

#endif
