/*
 * worker - private connections, each from the handshake to its end, one after
 * the other.
 *
 * The master and a worker share a pair of SOCK_SEQPACKET.  A worker gets a
 * connection there, and says when it has done with it: then it has neither
 * descriptor nor byte of it, and may get another.  If the pair ends, so does
 * the worker, after the connection that it has.
 */
#ifndef POSTERN_WORKER_H
#define POSTERN_WORKER_H

#include <stdint.h>

#include <openssl/ssl.h>

#include "handover.h"

#define WORKER_LINGER 5 /* seconds for a client to close after we did */
#define WORKER_FREE 'f' /* what a worker says to get another connection */

struct worker_config {
  SSL_CTX *ctx;
  int pair;          /* to the master */
  int life;          /* readable: end now.  Its end means nothing */
  int through;       /* gets a struct worker_through after each handshake */
  uint32_t place;    /* for that */
  unsigned int idle; /* seconds without a byte */
  int quiet;         /* log only what is wrong */
};

struct worker_job {
  int control; /* as handover.h has them */
  int client;
  int data;
  int facts;         /* the answer is wanted */
  uint32_t turn;     /* a number, for worker_through */
  uint64_t deadline; /* of the handshake: CLOCK_MONOTONIC, milliseconds */
  char session[HANDOVER_MAX];
  char ip[HANDOVER_MAX];
};

/* Whose handshake is done. */
struct worker_through {
  uint32_t place;
  uint32_t turn;
};

/* To the worker at the other end; the descriptors stay open here.  1; 0 with
   errno, EPIPE among them: there is none. */
extern int worker_give(int pair, struct worker_job const *job);

/* CLOCK_MONOTONIC in milliseconds. */
extern uint64_t worker_clock(void);

/* A log line with one value, whose blanks become hyphens; session and ip may be
   0. */
extern void worker_say(char const *event, char const *session, char const *ip,
                       char const *key, char const *value);

/* Serves until the pair ends, and ends the process. */
extern _Noreturn void worker_run(struct worker_config const *config);

#endif
