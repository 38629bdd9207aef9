/*
 * rate - at most so many connections in so many seconds from one address.
 *
 * The generic cell rate algorithm: an address may spend its whole allowance at
 * once and gets it back evenly, one connection each period/most.  One time per
 * address is all that is kept, in a table of fixed size; when a set of the
 * table is full, the entry that would soonest be free again makes room, so that
 * a flood of addresses can only make us forgive somebody.
 */
#ifndef POSTERN_RATE_H
#define POSTERN_RATE_H

#include <stdint.h>

#include <skalibs/ip46.h>

#define RATE_SETS 4096
#define RATE_WAYS 4

struct rate_entry {
  ip46 key;
  uint64_t until; /* when the whole allowance is back; 0: unused */
};

struct rate {
  uint64_t seed;
  uint64_t interval; /* nanoseconds that one connection costs */
  uint64_t burst;    /* nanoseconds that may be owed before one more */
  struct rate_entry *entries;
};

/* most (at least 1) in that many seconds (at least 1); 0 if there is no
   memory. */
extern int rate_init(struct rate *r, uint32_t most, uint32_t seconds,
                     uint64_t seed);
extern void rate_free(struct rate *r);

/* May key connect at now (nanoseconds, never going back)?  If so, counts it. */
extern int rate_take(struct rate *r, ip46 const *key, uint64_t now);

#endif
