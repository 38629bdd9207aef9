/*
 * admit - from a client whose address is known to its program, or to the door.
 *
 * Everything is decided in the listener: a client that is refused costs no
 * process.  Who is denied by a rule hears nothing, as with tcpserver, unless
 * the rule says what (POSTERN_DENY); who is turned away by a limit or by a
 * failure of ours gets a line (options.h, refusal).
 */
#ifndef POSTERN_ADMIT_H
#define POSTERN_ADMIT_H

#include <stdint.h>

#include "childenv.h"
#include "client.h"
#include "gateway.h"
#include "limit.h"
#include "options.h"
#include "rate.h"
#include "report.h"
#include "ruleset.h"
#include "verdict.h"

struct admit {
  struct options const *o;
  struct report report;
  struct ruleset rules;
  struct gateway_watch gateways;
  struct childenv *env; /* of its own: the rest may be apart (apart.h) */
  /* A child crashed: whoever made it crash may be learning the addresses that
     all forks of this process share. */
  int crashed;
  struct limit limit;
  struct rate rate;
  struct verdict verdict;
};

/* Tables for o, the environment for the programs; dropped as in childenv_init.
   0 if there is no memory. */
extern int admit_init(struct admit *a, struct options const *o,
                      char const *const *environ_, stralloc *dropped);
extern void admit_free(struct admit *a);

/* Look at the rule file and the gateways if it is time (again: in any case);
   say what is new. */
extern void admit_refresh(struct admit *a, uint64_t now, int again);

/*
 * Count the client.  0 if it comes too fast, or if it would have to wait for a
 * lookup (will_wait) and there are more than its address, without a name, may
 * have: it was refused then and its descriptor closed.
 */
extern int admit_enter(struct admit *a, struct client *c, uint64_t now,
                       int will_wait);

/* Ask the rules, then start its program or refuse it.  Closes the descriptor.
   Only if admit_enter said 1. */
extern void admit_judge(struct admit *a, struct client *c, uint64_t now);

/* A client that was not counted: the line for that cause, and close. */
extern void admit_turn_away(struct admit *a, int fd, enum verdict_cause cause);

/* Collect the programs that have ended. */
extern void admit_reap(struct admit *a);

#endif
