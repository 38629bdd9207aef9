/*
 * distinct - how many different things were there?  Pure; a fixed size.
 *
 * Exact up to DISTINCT_EXACT; beyond that an estimate from a bitmap of their
 * hashes: m bits of which z are zero were filled, on average, by
 * m/m + m/(m-1) + ... + m/(z+1) different things.  Off by a few percent up to
 * some thousand, and never more than about 16000.
 */
#ifndef POSTERN_DISTINCT_H
#define POSTERN_DISTINCT_H

#include <stddef.h>
#include <stdint.h>

#define DISTINCT_EXACT 16
#define DISTINCT_BITS 2048

/* Zeroed: none yet. */
struct distinct {
  size_t n; /* DISTINCT_EXACT + 1: more than that */
  uint64_t hash[DISTINCT_EXACT];
  unsigned char bits[DISTINCT_BITS / 8];
};

/* 1 if it is new; beyond what is exact: if it surely is. */
extern int distinct_add(struct distinct *d, char const *s, size_t n);
extern uint64_t distinct_count(struct distinct const *d);
extern int distinct_is_exact(struct distinct const *d);

/* FNV-1a, 64 bits, its halves mixed. */
extern uint64_t distinct_hash(char const *s, size_t n);

#endif
