#include "distinct.h"

uint64_t distinct_hash(char const *s, size_t n)
{
  uint64_t h = 14695981039346656037u;

  for (size_t i = 0; i < n; i++)
    h = (h ^ (unsigned char)s[i]) * 1099511628211u;
  h ^= h >> 32;
  h *= 0x9e3779b97f4a7c15u;
  return h ^ h >> 29;
}

int distinct_add(struct distinct *d, char const *s, size_t n)
{
  uint64_t h = distinct_hash(s, n);
  unsigned char *byte = d->bits + h % DISTINCT_BITS / 8;
  unsigned char bit = (unsigned char)(1u << h % 8);
  int set = *byte & bit;

  *byte |= bit;
  for (size_t i = 0; i < d->n && i < DISTINCT_EXACT; i++)
    if (d->hash[i] == h) return 0;
  if (d->n < DISTINCT_EXACT) {
    d->hash[d->n++] = h;
    return 1;
  }
  if (d->n == DISTINCT_EXACT) {
    d->n++;
    return 1;
  }
  return !set;
}

int distinct_is_exact(struct distinct const *d)
{
  return d->n <= DISTINCT_EXACT;
}

uint64_t distinct_count(struct distinct const *d)
{
  unsigned int zero = 0;
  double sum = 0;

  if (distinct_is_exact(d)) return d->n;
  for (unsigned int i = 0; i < DISTINCT_BITS; i++)
    zero += !(d->bits[i / 8] & 1u << i % 8);
  for (unsigned int k = zero + 1; k <= DISTINCT_BITS; k++)
    sum += (double)DISTINCT_BITS / k;
  /* some share a bit: it may even say less than is known */
  return sum < (double)d->n ? d->n : (uint64_t)(sum + 0.5);
}
