#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "addr.h"
#include "rate.h"

int rate_init(struct rate *r, uint32_t most, uint32_t seconds, uint64_t seed)
{
  uint64_t period = UINT64_C(1000000000) * seconds;

  r->seed = seed;
  r->interval = period / most;
  r->burst = period - r->interval;
  r->entries = apart_alloc(RATE_SETS * RATE_WAYS * sizeof *r->entries);
  return !!r->entries;
}

void rate_free(struct rate *r) { apart_free(r->entries); }

static struct rate_entry *set_of(struct rate *r, ip46 const *key)
{
  uint64_t h = r->seed, a;

  for (unsigned int i = 0; i < addr_bits(key) / 8; i += 8) {
    memcpy(&a, key->ip + i, 8);
    h = (h ^ a) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
  }
  return r->entries + h % RATE_SETS * RATE_WAYS;
}

static struct rate_entry *find(struct rate *r, ip46 const *key)
{
  struct rate_entry *set = set_of(r, key), *oldest = set;

  for (struct rate_entry *e = set; e < set + RATE_WAYS; e++) {
    if (e->until && addr_equal(&e->key, key)) return e;
    if (e->until < oldest->until) oldest = e;
  }
  oldest->key = *key;
  oldest->until = 0;
  return oldest;
}

int rate_take(struct rate *r, ip46 const *key, uint64_t now)
{
  struct rate_entry *e = find(r, key);
  uint64_t from = e->until > now ? e->until : now;

  if (from - now > r->burst) return 0;
  e->until = from + r->interval;
  return 1;
}
