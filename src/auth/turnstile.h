/*
 * turnstile - so many processes at once and no more, by locks on the bytes of
 * a file without a name.  A process that dies lets the next one through.
 *
 * The locks are fcntl(2)'s, which belong to a process: it must not close any
 * descriptor of the file while it is inside.
 */
#ifndef POSTERN_TURNSTILE_H
#define POSTERN_TURNSTILE_H

/* A descriptor, close-on-exec, or -1 with errno. */
extern int turnstile_make(void);

/* Go in, and wait for it if need be; n at most are inside.  Where we stand, or
   -1 with errno. */
extern int turnstile_enter(int fd, unsigned int n);
extern void turnstile_leave(int fd, int place);

#endif
