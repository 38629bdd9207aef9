/*
 * judge - what an exchange asks of whoever knows the users.
 *
 * Two know them: a users file (userjudge.h) and a checkpassword program
 * (checkerjudge.h).  Beside them stands who counts failures.  The exchange
 * (exchange.h) calls ask, then one of the others, then tell; nothing else here
 * has an order.
 */
#ifndef POSTERN_JUDGE_H
#define POSTERN_JUDGE_H

#include "sasl.h"
#include "scramsecret.h"

#define JUDGE_REASON 128 /* bytes of a reason, for the log, with its NUL */

enum judge_result {
  JUDGE_OK,
  JUDGE_WRONG,   /* not he, or there is nobody of that name */
  JUDGE_FAILED,  /* nobody could judge: temporary */
  JUDGE_REFUSED, /* he or his address guessed too often: temporary */
};

/* One attempt.  Strings are 0 if they are not known. */
struct judge_case {
  char const *mechanism;
  char const *service;
  char const *session;
  char const *remote_ip;
  char const *local_ip;
  char const *user; /* whom he says he is */
  int no_penalty;   /* who asks counts failures himself */
};

/* reason is overwritten unless the result is JUDGE_OK. */
struct judge {
  void *data;
  int fold; /* names are the same in any letter case */

  /* Are these his credentials? */
  enum judge_result (*password)(void *data, struct judge_case const *c,
                                struct sasl const *s,
                                char reason[JUDGE_REASON]);

  /* What proves him with SCRAM.  With JUDGE_WRONG, too, secret is set: to one
     that cannot be told from a user's, and the exchange goes on to its end.
     0: SCRAM cannot be judged. */
  enum judge_result (*secret)(void *data, struct judge_case const *c,
                              struct scram_secret *secret,
                              char reason[JUDGE_REASON]);

  /* May he log in, if somebody else has proved who he is?  0: no. */
  enum judge_result (*known)(void *data, struct judge_case const *c,
                             char reason[JUDGE_REASON]);

  /* May he try?  JUDGE_OK, with the seconds that a failure is to be held back,
     or JUDGE_REFUSED.  Both may be 0: nobody counts. */
  enum judge_result (*ask)(void *counter, struct judge_case const *c,
                           unsigned int *delay);
  void (*tell)(void *counter, struct judge_case const *c, enum judge_result r);
  void *counter;
};

#endif
