/*
 * poplogin - the dialogue of POP3 before login (RFC 1939 section 4, 2449, 3206,
 * 5034): a conn in, replies out, and credentials to a function that judges.
 *
 * USER and PASS, APOP, AUTH, CAPA, QUIT.  What is announced is exactly what is
 * accepted.  No reply depends on whether a user exists.
 */
#ifndef POSTERN_POPLOGIN_H
#define POSTERN_POPLOGIN_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "checker.h"
#include "conn.h"
#include "sasl.h"

#define POPLOGIN_LINES 100 /* commands before login */

struct poplogin {
  char const *host;        /* ours, for greeting and challenges */
  int apop;                /* the checker can judge APOP */
  unsigned int mechanisms; /* of SASL that it can judge: bits 1 << SASL_PLAIN
                              and so on */
  int plain;               /* a password may cross this wire */
  unsigned int attempts;   /* wrong ones that end the session */
  unsigned int delay;      /* seconds after the first, doubled after each */
  /*
   * Judge: s has user and secret; for APOP, challenge is the timestamp.
   * mechanism is a word for the log.  Called with nothing left to be sent and
   * nothing read beyond the line; CHECKER_OK: the whole session is over.
   */
  enum checker_result (*check)(void *data, struct conn *c, struct sasl const *s,
                               char const *mechanism);
  void *data;
};

enum poplogin_end {
  POPLOGIN_SERVED, /* check said CHECKER_OK */
  POPLOGIN_QUIT,
  POPLOGIN_EOF,
  POPLOGIN_TIMEOUT, /* nothing is said: RFC 1939 section 3 */
  POPLOGIN_BARE,    /* a CR or LF of its own; answered */
  POPLOGIN_REFUSED, /* too many attempts or commands; answered */
  POPLOGIN_FAILED,  /* check said CHECKER_FAILED, or no memory; answered */
  POPLOGIN_ERROR,   /* the connection; errno */
};

/*
 * The capabilities that only this side knows, ended by commas:
 * USER,SASL PLAIN LOGIN.  Appends; 1, or 0 without memory.
 */
extern int poplogin_caps(struct poplogin const *p, stralloc *sa);

/* Greet and serve.  c must read byte by byte: conn_init's chunk is 1. */
extern enum poplogin_end poplogin(struct poplogin const *p, struct conn *c);

#endif
