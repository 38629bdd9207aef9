/*
 * master - holds connections until TLS is asked for, and gives each that does
 * to a worker: the one that was free last, or one that it forks.  Between the
 * network and a process that has privileges, it has none.
 */
#ifndef POSTERN_MASTER_H
#define POSTERN_MASTER_H

#define MASTER_HANDOVER 10 /* seconds for a handover to come */
#define MASTER_REASON 1024 /* bytes that it answers at most (channel.h) */
#define MASTER_IDLE 32     /* workers that wait for a connection, at most */
#define MASTER_SPARE 5     /* seconds that one waits */

struct master_config {
  int listener; /* a listening unix socket */
  int channel;  /* to the keeper: certificates come, answers go (channel.h) */
  int life;     /* for the workers (worker.h) */
  unsigned int sessions;    /* plain and private, at most */
  unsigned int handshakes;  /* at a time, at most */
  unsigned int connections; /* that a worker serves, at most */
  unsigned int deadline;    /* seconds for a handshake */
  unsigned int idle;        /* seconds without a byte */
  unsigned int tickets;     /* seconds that a session can be resumed */
  int quiet;
};

/* Descriptors that it needs beside three for each session. */
#define MASTER_DESCRIPTORS (32 + MASTER_IDLE)

/*
 * Takes no connection before the first good certificates came.  When the
 * channel ends or says so, or at SIGTERM, it takes no more, and ends with those
 * that it has: 0.  111: it could not begin.  Who calls it has called
 * wipe_begin.
 */
extern _Noreturn void master_run(struct master_config const *config);

#endif
