/*
 * whole - the whole of a file, up to a bound.
 *
 * For what is parsed as one piece of memory.  For a regular file, or a pipe
 * whose writer the user has chosen: it blocks as read(2) does.
 *
 * And whether a file is still the one that was read: for who keeps what it
 * said.
 */
#ifndef POSTERN_WHOLE_H
#define POSTERN_WHOLE_H

#include <stddef.h>
#include <sys/stat.h>

#include <skalibs/stralloc.h>

/* Append to sa all that can be read from fd, at most max bytes.  1, or 0 with
   errno: EFBIG if there is more. */
extern int whole_read(int fd, stralloc *sa, size_t max);

/* The same from a file that is opened and closed here.  On failure sa is as it
   was. */
extern int whole_path(char const *path, stralloc *sa, size_t max);

/* Two looks at a file: the same file, and nobody wrote to it or changed whose
   it is in between, as far as times and size tell. */
extern int whole_same(struct stat const *a, struct stat const *b);

#endif
