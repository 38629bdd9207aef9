/*
 * guess - who guesses passwords, across connections and programs (store.h).
 *
 * Two counts, each with a time to live that every failure begins anew: failures
 * from an address (an IPv6 one by its /64), and failures for an account.  And a
 * mark for each pair of the two that succeeded lately.
 *
 * Before a password is judged, guess_ask counts the attempt as a failure (so
 * that a thousand at once are a thousand), and says what to do; success takes
 * it back and sets the mark.
 *   - a pair with a mark is never refused
 *   - else the pair is refused if either count is over its limit
 * A store that cannot be read refuses nobody, and delays everybody: it is
 * logged with guess_why.  Accounts that do not exist count as those that do.
 */
#ifndef POSTERN_GUESS_H
#define POSTERN_GUESS_H

#include <stddef.h>

#include "store.h"

#define GUESS_ADDRESS 20   /* failures from one address */
#define GUESS_ACCOUNT 100  /* failures for one account */
#define GUESS_WINDOW 3600  /* seconds that a count lives */
#define GUESS_MARK 2592000 /* seconds that a success protects: 30 days */
#define GUESS_DELAY_MAX 15 /* seconds */

struct guess_policy {
  unsigned int address; /* limits as above; 0: no limit */
  unsigned int account;
  unsigned int window; /* seconds */
};

struct guess {
  struct guess_policy policy;
  struct store store;
  int open;
};

enum guess_verdict {
  GUESS_GO,     /* judge it, and wait delay seconds before a FAIL is told */
  GUESS_REFUSE, /* do not judge; a temporary failure */
};

extern int guess_open(struct guess *g, char const *word);
extern void guess_close(struct guess *g);
extern char const *guess_why(struct guess const *g);

/* ip is an address's text, or 0 if unknown: then only the account counts. */
extern enum guess_verdict guess_ask(struct guess *g, char const *ip,
                                    char const *user, unsigned int *delay);
extern void guess_right(struct guess *g, char const *ip, char const *user);

/* Nobody could judge: take back what guess_ask counted. */
extern void guess_void(struct guess *g, char const *ip, char const *user);

#endif
