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
 *   - else the pair is refused if either count has reached its limit; what is
 *     refused is not counted, so that it prolongs nothing
 * A store that cannot be read or written refuses nobody, and delays everybody:
 * it is logged with guess_why.  Accounts that do not exist count as those that
 * do.
 *
 * The wait grows by a second with each failure from the address, and with each
 * four for the account, up to GUESS_DELAY_MAX.
 *
 * Bounds.  An address makes no more records than its limit lets it try
 * accounts; all addresses together make GUESS_NEW counts in a window, and what
 * is beyond that is judged, with the longest wait, and not counted.  Marks come
 * of successes only.  A store thus holds 2 * GUESS_NEW counts at most, about
 * 40 MB of a tmpfs, and a mark for each pair of a user and an address that was
 * his in the last 30 days.
 *
 * Keys (postern-store(5)), user names in lower case:
 *
 *   from=192.0.2.7            -> 1:1763769600:3600:12
 *   user=roam@example.org     -> 1:1763769600:3600:3
 *   pair=192.0.2.7+roam@...   -> 1:1763769600:2592000:ok
 *   new                       -> 1:1763769600:3600:51
 *
 * A user's name that takes more than GUESS_NAME bytes escaped is cut, and ends
 * in "..." and 16 hexadecimal digits that depend on all of it.
 *
 * One attempt at a time with one struct guess.
 */
#ifndef POSTERN_GUESS_H
#define POSTERN_GUESS_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "store.h"

#define GUESS_ADDRESS 20   /* failures from one address */
#define GUESS_ACCOUNT 100  /* failures for one account */
#define GUESS_WINDOW 3600  /* seconds that a count lives */
#define GUESS_MARK 2592000 /* seconds that a success protects: 30 days */
#define GUESS_DELAY_MAX 15 /* seconds */
#define GUESS_NEW 20000    /* new counts in a window, of all addresses */
#define GUESS_NAME 150     /* bytes of a user's name, escaped */
#define GUESS_NET (ADDR_FMT + 4)

struct guess_policy {
  unsigned int address; /* limits as above, at most 9999; 0: no limit */
  unsigned int account;
  unsigned int window; /* seconds, 1 to STORE_TTL_MAX */
};

#define GUESS_POLICY                                                           \
  {                                                                            \
    GUESS_ADDRESS, GUESS_ACCOUNT, GUESS_WINDOW                                 \
  }

/* What an attempt did to a count; private. */
struct guess_step {
  int counted;
  uint64_t was; /* the time set of the count before, 0: there was none */
  uint64_t set;
};

/* Zero-initialise, but for policy; all but policy is private. */
struct guess {
  struct guess_policy policy;
  struct store store;
  int open;
  char const *why;
  struct guess_step address;
  struct guess_step account;
};

enum guess_verdict {
  GUESS_GO,     /* judge it, and wait delay seconds before a FAIL is told */
  GUESS_REFUSE, /* do not judge; a temporary failure */
};

/* 0 with guess_why; guess_ask may be called nevertheless. */
extern int guess_open(struct guess *g, char const *word);
extern void guess_close(struct guess *g);

/* What is wrong with the store, as the last call found it; 0: nothing. */
extern char const *guess_why(struct guess const *g);

/* ip is an address's text, or 0 if unknown: then only the account counts. */
extern enum guess_verdict guess_ask(struct guess *g, char const *ip,
                                    char const *user, unsigned int *delay);
extern void guess_right(struct guess *g, char const *ip, char const *user);

/* Nobody could judge: take back what guess_ask counted. */
extern void guess_void(struct guess *g, char const *ip, char const *user);

/* For who shows and forgives. */

enum guess_kind { GUESS_FROM, GUESS_USER, GUESS_PAIR, GUESS_BUDGET };

struct guess_entry {
  enum guess_kind kind;
  char net[GUESS_NET];       /* FROM, PAIR: as text */
  char user[GUESS_NAME + 1]; /* USER, PAIR: perhaps cut */
  unsigned int failures;     /* FROM, USER */
  uint64_t set;
  uint32_t ttl;
};

/* An entry of the store; 0 if it is none of these. */
extern int guess_from(struct guess_entry *g, struct store_entry const *e);

/* Forget the failures: 1 there were some that count, 0 there were none, -1 with
   store_why.  *g, of which net or user is given, is filled in. */
extern int guess_forgive(struct store *s, struct guess_entry *g);

/* An address as it is counted; 0 if it is none. */
extern int guess_net(char net[GUESS_NET], char const *ip);

/* A user's name as it is counted. */
extern void guess_name(char name[GUESS_NAME + 1], char const *user);

#endif
