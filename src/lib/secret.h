/*
 * secret - a string that must not stay in memory.
 */
#ifndef POSTERN_SECRET_H
#define POSTERN_SECRET_H

#include <skalibs/stralloc.h>

/* stralloc_free, after overwriting all that was allocated.  What the string
   left elsewhere when it grew is not found: make room for it first. */
extern void secret_free(stralloc *sa);

#endif
