/*
 * tally - what each of very many did, in bounded memory.  Pure.
 *
 * A table of names with their figures.  When it is full the half with the
 * smaller figures (recipients, refusals and wrong passwords together) leaves:
 * their sum is kept, their names are not.  One that comes back begins at zero,
 * so that a figure may be too small, by at most short_by; never too large, and
 * who did much does not leave.
 */
#ifndef POSTERN_TALLY_H
#define POSTERN_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "distinct.h"

#define TALLY_NAME_MAX 255 /* bytes; what is longer is cut */
#define TALLY_DAYS 16      /* the last ones that an account is remembered for */

struct tally_figures {
  uint64_t messages, rcpts, bytes, refused, wrong;
};

/* What an account did on one day. */
struct tally_day {
  int64_t day; /* since the epoch; 0: none */
  uint64_t rcpts;
  uint32_t fresh; /* addresses that it had not used before */
};

struct tally_habit {
  struct distinct addresses;
  struct tally_day day[TALLY_DAYS];
};

struct tally_entry {
  char *name; /* n bytes, as the log has it, and a NUL */
  size_t n;
  uint64_t hash;
  struct tally_figures f;
  int64_t first, last;       /* seconds since the epoch; 0: not known */
  struct tally_habit *habit; /* of accounts, or 0 */
};

struct tally {
  struct tally_entry *e;
  size_t n, most;
  uint32_t *slot;
  int accounts;
  /* who left */
  uint64_t gone;
  struct tally_figures of_gone;
  uint64_t short_by;
};

/* At most so many names, 2 at least.  0: no memory. */
extern int tally_init(struct tally *t, size_t most, int accounts);
extern void tally_free(struct tally *t);

/* That one, made if there is none; valid until the next call.  0: no memory. */
extern struct tally_entry *tally_get(struct tally *t, char const *s, size_t n);
/* The same, or 0 if there is none. */
extern struct tally_entry *tally_look(struct tally const *t, char const *s,
                                      size_t n);

/* It was seen then. */
extern void tally_seen(struct tally_entry *e, int64_t seconds);

/* The day of an account, made in the place of an older one if need be; 0 if it
   is older than all that are kept. */
extern struct tally_day *tally_day(struct tally_entry *e, int64_t day);

extern uint64_t tally_weight(struct tally_figures const *f);
extern void tally_add(struct tally_figures *to, struct tally_figures const *f);

/* The heaviest first, then by name.  Nothing may be added afterwards. */
extern void tally_sort(struct tally *t);

/* After that: forget those without any figure that were never seen. */
extern void tally_trim(struct tally *t);

#endif
