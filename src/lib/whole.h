/*
 * whole - the whole of a file, up to a bound.
 *
 * For what is parsed as one piece of memory.  For a regular file, or a pipe
 * whose writer the user has chosen: it blocks as read(2) does.
 */
#ifndef POSTERN_WHOLE_H
#define POSTERN_WHOLE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

/* Append to sa all that can be read from fd, at most max bytes.  1, or 0 with
   errno: EFBIG if there is more. */
extern int whole_read(int fd, stralloc *sa, size_t max);

/* The same from a file that is opened and closed here.  On failure sa is as it
   was. */
extern int whole_path(char const *path, stralloc *sa, size_t max);

#endif
