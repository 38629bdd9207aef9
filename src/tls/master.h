/*
 * master - holds connections until TLS is asked for, and forks a worker for
 * each that does.  Between the network and a process that has privileges, it
 * has none.
 */
#ifndef POSTERN_MASTER_H
#define POSTERN_MASTER_H

#define MASTER_HANDOVER 10 /* seconds for a handover to come */
#define MASTER_REASON 1024 /* bytes that it answers at most (channel.h) */

struct master_config {
  int listener; /* a listening unix socket */
  int channel;  /* to the keeper: certificates come, answers go (channel.h) */
  int life;     /* for the workers (worker.h) */
  unsigned int sessions;   /* plain and private, at most */
  unsigned int handshakes; /* at a time, at most */
  unsigned int deadline;   /* seconds for a handshake */
  unsigned int idle;       /* seconds without a byte */
  unsigned int tickets;    /* seconds that a session can be resumed */
  int quiet;
};

/* Descriptors that it needs beside three for each plain session. */
#define MASTER_DESCRIPTORS 32

/*
 * Takes no connection before the first good certificates came.  When the
 * channel ends or says so, or at SIGTERM, it takes no more, and ends with those
 * that it has: 0.  111: it could not begin.
 */
extern _Noreturn void master_run(struct master_config const *config);

#endif
