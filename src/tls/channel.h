/*
 * channel - messages between two processes on a stream socketpair: one letter,
 * a length, and so many bytes.
 *
 * Both directions block, each system call for CHANNEL_SECONDS at most.
 */
#ifndef POSTERN_CHANNEL_H
#define POSTERN_CHANNEL_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define CHANNEL_SECONDS 30

enum channel_letter {
  CHANNEL_CERTS = 'C',   /* to the master: a bundle */
  CHANNEL_TICKETS = 'T', /* to the master: struct tickets */
  CHANNEL_DRAIN = 'D',   /* to the master: take no more connections */
  CHANNEL_GOOD = 'G',    /* to the keeper: the certificates are in force */
  CHANNEL_BAD = 'B',     /* to the keeper: they are not, and why */
};

/* Close-on-exec, with deadlines.  0 with errno. */
extern int channel_make(int fd[2]);

/* 1, or 0 with errno (EPIPE, no signal). */
extern int channel_send(int fd, char letter, void const *s, size_t n);

/* Overwrites sa with at most max bytes, and returns the letter; 0 at the end,
   or with errno; EPROTO: there would be more. */
extern int channel_receive(int fd, stralloc *sa, size_t max);

#endif
