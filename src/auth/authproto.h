/*
 * authproto - one connection of Dovecot's authentication protocol, version 1,
 * the server's side: lines in, lines out.  Pure but for what the exchanges
 * and the judge do (exchange.h).
 *
 * The server speaks first, then the client, in this order and no other:
 *   VERSION 1 minor, CPID pid           once each, before anything else
 *   AUTH id mechanism parameter...      a request; id is not in use
 *   CONT id base64                      the answer to the server's CONT
 *   CANCEL id                           forget it; not answered
 * The server answers each AUTH and CONT with CONT, OK or FAIL, in any order.
 * What does not obey ends the connection.
 *
 * Times are milliseconds of a clock that never goes back.
 */
#ifndef POSTERN_AUTHPROTO_H
#define POSTERN_AUTHPROTO_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "exchange.h"
#include "judge.h"

#define AUTHPROTO_REQUESTS 64     /* in progress, failures held back included */
#define AUTHPROTO_EXCHANGE 300000 /* that an exchange may take in all */
#define AUTHPROTO_COOKIE 16       /* bytes */
#define AUTHPROTO_TOKEN 128       /* bytes of a token with its NUL */
#define AUTHPROTO_USER 512        /* bytes of a name that a FAIL repeats */

struct authproto_settings {
  struct judge judge;
  unsigned int set; /* mechanisms, EXCHANGE_BIT of each */
  char const *host; /* for CRAM-MD5's challenge */

  /* Called once for each request that ended with OK or FAIL.  May be 0. */
  void (*told)(void *data, struct exchange const *x);

  /* What goes into an OK as token=; 1, or 0: nothing does.  May be 0. */
  int (*token)(void *data, struct exchange const *x,
               char token[AUTHPROTO_TOKEN]);
  void *data;
};

struct authproto_request {
  unsigned int id; /* 0: free */
  uint64_t until; /* when it is forgotten or, with a reply, when that is told */
  stralloc reply; /* a failure that is held back */
  struct exchange x;
};

/* Zero-initialise; authproto_free at the end. */
struct authproto {
  struct authproto_settings const *settings;
  char const *why; /* why the connection must end; static */
  stralloc out;    /* for the client; the caller empties it */
  int version;     /* private, and so is what follows */
  int cpid;
  stralloc msg;
  struct authproto_request request[AUTHPROTO_REQUESTS];
};

/* Append the server's greeting: its process, the number of the connection, and
   a cookie that nobody knows.  0 without memory. */
extern int authproto_greet(stralloc *out, unsigned int set, unsigned int pid,
                           unsigned int connection,
                           unsigned char const cookie[AUTHPROTO_COOKIE]);

extern void authproto_start(struct authproto *p,
                            struct authproto_settings const *settings);

/* A line, without its LF and with one byte behind it that may be overwritten;
   it is taken apart in place.  1, or 0 with why: the connection must end. */
extern int authproto_line(struct authproto *p, char *line, size_t len,
                          uint64_t now);

/* What is due now: failures that were held back go to out, and exchanges that
   took too long are forgotten.  0 with why. */
extern int authproto_due(struct authproto *p, uint64_t now);

/* When authproto_due is to be called next: 1, or 0 if nothing waits. */
extern int authproto_next(struct authproto const *p, uint64_t *when);

extern void authproto_free(struct authproto *p);

#endif
