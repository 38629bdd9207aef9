/*
 * authlisten - a server on a unix socket: one process waits, and each client
 * that has something to ask gets a process of its own.
 *
 * A client is greeted at once, but a process is forked for it only when it
 * sends more than its own greeting (VERSION, CPID).  So who connects and asks
 * for the list of mechanisms alone, as most do most of the time, costs no
 * process.  The child reads everything from the first byte on.
 *
 * Descriptors or processes that the system does not give are waited for; the
 * clients wait in the meantime.
 */
#ifndef POSTERN_AUTHLISTEN_H
#define POSTERN_AUTHLISTEN_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define AUTHLISTEN_MAX 10000  /* connections */
#define AUTHLISTEN_RETRY 1000 /* milliseconds, after the system refused */
#define AUTHLISTEN_KEPT 3     /* where keep stands in a child */

struct authlisten {
  int fd;         /* of authlisten_bind */
  unsigned int n; /* connections at once; others wait to be accepted */

  /* What a client is told first; appended.  0: no memory. */
  int (*greet)(void *data, stralloc *out, unsigned int connection);

  /* In a child: descriptors 0 and 1 are the client, 3 is keep if that is not
     -1, 2 is ours, others are closed; signals are as they were.  Returns an
     exit code. */
  int (*serve)(void *data);

  void (*reload)(void *data);                           /* at SIGHUP */
  void (*trouble)(void *data, char const *what, int e); /* what failed, errno */
  void *data;
  int keep; /* or -1 */
};

/*
 * Bind and listen; everybody may connect who may enter the directory (mode
 * 0666, whatever umask says).  A socket that is there is replaced in one step,
 * so that there is never none; anything else that is there is an error.  The
 * descriptor, or -1 with errno.
 */
extern int authlisten_bind(char const *path);

/* Serve until SIGTERM or SIGINT, which ends the children, too.  0, or -1 with
   errno: it could not begin. */
extern int authlisten(struct authlisten const *l);

/* How much of a client's first bytes is only its greeting?  1: all, and more
   may come; 0: there is something to serve, or something wrong.  Pure. */
extern int authlisten_quiet(char const *s, size_t n);

#endif
