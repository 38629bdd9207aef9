/*
 * unixlisten - a listening unix stream socket at a path.
 */
#ifndef POSTERN_UNIXLISTEN_H
#define POSTERN_UNIXLISTEN_H

#include <sys/stat.h>
#include <sys/types.h>

struct unixlisten {
  int fd;
  char const *path; /* the caller's */
  dev_t dev;
  ino_t ino;
};

/*
 * Bind path, with that mode, and listen.  A socket that nobody serves any more
 * is replaced; nothing else is.  1, or 0 with errno (EADDRINUSE: somebody
 * serves there).
 */
extern int unixlisten_open(struct unixlisten *u, char const *path, mode_t mode);

/* Listen no more, and remove the path if it is still this socket's. */
extern void unixlisten_close(struct unixlisten *u);

#endif
