/*
 * exchange - one attempt to authenticate, the server's side, by any mechanism
 * that we know: PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM-SHA-256
 * and SCRAM-SHA-256-PLUS (RFC 5802, 7677), EXTERNAL (RFC 4422).
 *
 * Pure but for random bits and for what the judge does: base64 in, base64 out;
 * knows nothing of who carries the messages.  An unknown user, a disabled one
 * and a wrong secret take the same messages and the same work.
 */
#ifndef POSTERN_EXCHANGE_H
#define POSTERN_EXCHANGE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "judge.h"
#include "sasl.h"
#include "scram.h"

#define EXCHANGE_LINE_MAX SASL_LINE_MAX /* bytes of a message in base64 */

enum exchange_mechanism {
  EXCHANGE_PLAIN = 0,
  EXCHANGE_LOGIN,
  EXCHANGE_CRAM_MD5,
  EXCHANGE_SCRAM,
  EXCHANGE_SCRAM_PLUS,
  EXCHANGE_EXTERNAL,
  EXCHANGE_MECHANISMS /* how many */
};

#define EXCHANGE_BIT(m) (1u << (m))

extern char const *exchange_name(enum exchange_mechanism m);

/* The mechanism of that name, in any letter case, or EXCHANGE_MECHANISMS. */
extern enum exchange_mechanism exchange_find(char const *name, size_t len);

/* The set of a list of names with blanks between.  1, or 0 with *bad at the
   name that is none. */
extern int exchange_list(char const *list, unsigned int *set, char const **bad);

/* Strings are 0 if they are not known; they are copied. */
struct exchange_request {
  struct judge_case about; /* but for mechanism and user */
  unsigned int set;        /* mechanisms that are allowed */
  char const *mechanism;
  char const *host;      /* for CRAM-MD5's challenge */
  char const *certified; /* whom a verified client certificate names */
  char const *exporter;  /* channel bindings, hexadecimal (tlsfacts.h) */
  char const *endpoint;
  char const *initial; /* base64, "" or "=" an empty response, 0: none */
  int final_ok;        /* SCRAM's last message may come with the success */
};

enum exchange_step {
  EXCHANGE_CONT, /* send out, and feed the answer */
  EXCHANGE_OK,   /* about.user has proved who he is; out, if not empty, is
                    the mechanism's last word to him */
  EXCHANGE_FAIL, /* result and reason say why */
};

/* Zero-initialise; exchange_free wipes, and may be called any time. */
struct exchange {
  struct judge_case about;
  enum judge_result result; /* of the judge, with EXCHANGE_OK and _FAIL */
  unsigned int delay;       /* seconds that a failure is to be held back */
  char reason[JUDGE_REASON];
  /* the rest is private */
  struct judge const *judge;
  enum exchange_mechanism mechanism;
  int state;
  int final_ok;
  enum judge_result known;
  char const *certified;
  struct sasl sasl;
  struct scram scram;
  stralloc text; /* what about and certified point into */
  stralloc user;
};

/* out is overwritten, and holds base64. */
extern enum exchange_step exchange_start(struct exchange *x,
                                         struct judge const *judge,
                                         struct exchange_request const *r,
                                         stralloc *out);
/* The client's answer, base64. */
extern enum exchange_step exchange_feed(struct exchange *x, char const *line,
                                        size_t len, stralloc *out);
extern void exchange_free(struct exchange *x);

#endif
