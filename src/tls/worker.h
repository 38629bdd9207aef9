/*
 * worker - one private connection, from the handshake to its end.
 */
#ifndef POSTERN_WORKER_H
#define POSTERN_WORKER_H

#include <stdint.h>

#include <openssl/ssl.h>

#define WORKER_LINGER 5 /* seconds for a client to close after we did */

struct worker_job {
  SSL_CTX *ctx;
  int control; /* as handover.h has them */
  int client;
  int data;
  int life;  /* readable: end now.  Its end means nothing */
  int done;  /* gets our process id when the handshake is done */
  int facts; /* the answer is wanted */
  char const *session;
  char const *ip;
  uint64_t deadline; /* of the handshake: CLOCK_MONOTONIC, milliseconds */
  unsigned int idle; /* seconds without a byte */
  int quiet;         /* log only what is wrong */
};

/* CLOCK_MONOTONIC in milliseconds. */
extern uint64_t worker_clock(void);

/* A log line with one value, whose blanks become hyphens; session and ip may be
   0. */
extern void worker_say(char const *event, char const *session, char const *ip,
                       char const *key, char const *value);

/* Does it, and ends the process. */
extern _Noreturn void worker_run(struct worker_job const *job);

#endif
