/*
 * child - wait for a program that was started, but not for ever.
 *
 * Its end is what counts, not the end of its pipes: what it left running may
 * keep them.  The caller does not ignore SIGCHLD.
 */
#ifndef POSTERN_CHILD_H
#define POSTERN_CHILD_H

#include <sys/types.h>

#define CHILD_LATE (-1)
#define CHILD_SIGNAL 256

/* The exit code; CHILD_SIGNAL and the signal that killed it; or CHILD_LATE: it
   ran for more than so many seconds from now, and was killed.  SIGCHLD is
   blocked meanwhile. */
extern int child_wait(pid_t pid, unsigned int seconds);

#endif
