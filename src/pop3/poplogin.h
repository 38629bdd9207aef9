/*
 * poplogin - the dialogue of POP3 before login (RFC 1939 section 4, 2449, 2595
 * section 4, 3206, 5034): a conn in, replies out, and credentials to a function
 * that judges, or the word of an auth server to one that goes on.
 *
 * USER and PASS, APOP, AUTH, STLS, CAPA, QUIT.  What is announced is exactly
 * what is accepted.  No reply depends on whether a user exists.
 *
 * After STLS the client is as good as new, but for what it has cost us: a USER
 * is forgotten, the greeting's timestamp is still APOP's, the wrong attempts,
 * the commands and the time until a login count on.  The reply to STLS is the
 * last thing that is said in clear, and the line with it the last that is read:
 * whatever follows in clear is the TLS engine's to refuse.
 */
#ifndef POSTERN_POPLOGIN_H
#define POSTERN_POPLOGIN_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "checker.h"
#include "conn.h"
#include "popauth.h"
#include "sasl.h"

#define POPLOGIN_LINES 100 /* commands before login */

enum poplogin_tls {
  POPLOGIN_CLEAR,   /* and so it stays */
  POPLOGIN_OFFERED, /* STLS makes it private */
  POPLOGIN_PRIVATE,
};

struct poplogin {
  char const *host; /* ours, for greeting and challenges */
  int apop;         /* the judge can do APOP; not with a server */
  struct popauth *auth;
  enum poplogin_tls tls;
  int tls_required;      /* until it is private: nothing but CAPA, STLS, QUIT */
  unsigned int attempts; /* wrong ones that end the session */
  unsigned int delay;    /* seconds after the first, doubled after each */
  /*
   * Judge, or, when a server has judged, go on.  s has user and secret; for
   * APOP, challenge is the timestamp.  mechanism is a word for the log.  Called
   * with nothing left to be sent and nothing read beyond the line; CHECKER_OK:
   * the whole session is over.
   */
  enum checker_result (*check)(void *data, struct conn *c, struct sasl const *s,
                               char const *mechanism);
  /* For the log: the server refused (CHECKER_WRONG), or there was no judgement
     (CHECKER_FAILED); s->user may be empty. */
  void (*refused)(void *data, struct sasl const *s, char const *mechanism,
                  enum checker_result r, char const *why);
  /* For the log: the server cannot say what it can. */
  void (*trouble)(void *data, char const *why);
  /*
   * Begin TLS on the descriptors of c, and make c that wire; called like check,
   * after the reply.  tells auth what the wire is good for (plain, exporter,
   * endpoint).  0: the connection is gone.
   */
  int (*stls)(void *data, struct conn *c);
  void *data;
};

enum poplogin_end {
  POPLOGIN_SERVED, /* check said CHECKER_OK */
  POPLOGIN_QUIT,
  POPLOGIN_EOF,
  POPLOGIN_TIMEOUT, /* nothing is said: RFC 1939 section 3 */
  POPLOGIN_BARE,    /* a CR or LF of its own; answered */
  POPLOGIN_REFUSED, /* too many attempts or commands; answered */
  POPLOGIN_FAILED,  /* check said CHECKER_FAILED, or too many attempts of which
                       the last had no judgement, or no memory; answered */
  POPLOGIN_NO_TLS,  /* stls said 0; nothing is said */
  POPLOGIN_ERROR,   /* the connection; errno */
};

/*
 * The capabilities that only this side knows and that hold after the login too,
 * as they are now, ended by commas: USER,SASL PLAIN LOGIN.  STLS is none of
 * them (RFC 2595).  Appends; 1, or 0 without memory.
 */
extern int poplogin_caps(struct poplogin *p, stralloc *sa);

/* Greet and serve.  c must read byte by byte: conn_init's chunk is 1. */
extern enum poplogin_end poplogin(struct poplogin *p, struct conn *c);

#endif
