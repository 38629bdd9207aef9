#include <stdlib.h>
#include <string.h>

#include "tally.h"

int tally_init(struct tally *t, size_t most, int accounts)
{
  memset(t, 0, sizeof *t);
  t->most = most;
  t->accounts = accounts;
  t->e = calloc(most, sizeof *t->e);
  t->slot = calloc(2 * most, sizeof *t->slot);
  return t->e && t->slot;
}

static void free_entry(struct tally_entry *e)
{
  free(e->name);
  free(e->habit);
}

void tally_free(struct tally *t)
{
  for (size_t i = 0; i < t->n; i++)
    free_entry(t->e + i);
  free(t->e);
  free(t->slot);
  memset(t, 0, sizeof *t);
}

uint64_t tally_weight(struct tally_figures const *f)
{
  return f->rcpts + f->refused + f->wrong;
}

void tally_add(struct tally_figures *to, struct tally_figures const *f)
{
  to->messages += f->messages;
  to->rcpts += f->rcpts;
  to->bytes += f->bytes;
  to->refused += f->refused;
  to->wrong += f->wrong;
}

/* ---- the table ---- */

static uint32_t *slot_of(struct tally const *t, char const *s, size_t n,
                         uint64_t hash)
{
  size_t i = (size_t)(hash % (2 * t->most));

  for (; t->slot[i]; i = (i + 1) % (2 * t->most)) {
    struct tally_entry const *e = t->e + t->slot[i] - 1;

    if (e->hash == hash && e->n == n && !memcmp(e->name, s, n)) break;
  }
  return t->slot + i;
}

static void index_entries(struct tally *t)
{
  memset(t->slot, 0, 2 * t->most * sizeof *t->slot);
  for (size_t i = 0; i < t->n; i++) {
    struct tally_entry const *e = t->e + i;

    *slot_of(t, e->name, e->n, e->hash) = (uint32_t)i + 1;
  }
}

static int heavier(void const *a, void const *b)
{
  struct tally_entry const *x = a, *y = b;
  uint64_t wx = tally_weight(&x->f), wy = tally_weight(&y->f);

  if (wx != wy) return wx > wy ? -1 : 1;
  if (x->f.messages != y->f.messages)
    return x->f.messages > y->f.messages ? -1 : 1;
  if (!x->first != !y->first) return x->first ? -1 : 1;
  return strcmp(x->name, y->name);
}

void tally_sort(struct tally *t)
{
  if (t->n) qsort(t->e, t->n, sizeof *t->e, heavier);
  index_entries(t);
}

void tally_trim(struct tally *t)
{
  while (t->n) {
    struct tally_entry *e = t->e + t->n - 1;

    if (e->first || e->f.messages || tally_weight(&e->f)) break;
    free_entry(e);
    t->n--;
  }
  index_entries(t);
}

static void let_go(struct tally *t)
{
  size_t keep = t->most / 2;

  tally_sort(t);
  t->short_by += tally_weight(&t->e[keep].f);
  for (size_t i = keep; i < t->n; i++) {
    tally_add(&t->of_gone, &t->e[i].f);
    free_entry(t->e + i);
  }
  t->gone += t->n - keep;
  t->n = keep;
  index_entries(t);
}

struct tally_entry *tally_look(struct tally const *t, char const *s, size_t n)
{
  uint32_t i;

  if (n > TALLY_NAME_MAX) n = TALLY_NAME_MAX;
  i = *slot_of(t, s, n, distinct_hash(s, n));
  return i ? t->e + i - 1 : 0;
}

struct tally_entry *tally_get(struct tally *t, char const *s, size_t n)
{
  struct tally_entry *e = tally_look(t, s, n);

  if (e) return e;
  if (n > TALLY_NAME_MAX) n = TALLY_NAME_MAX;
  if (t->n == t->most) let_go(t);
  e = t->e + t->n;
  memset(e, 0, sizeof *e);
  e->name = malloc(n + 1);
  if (t->accounts) e->habit = calloc(1, sizeof *e->habit);
  if (!e->name || (t->accounts && !e->habit)) {
    free_entry(e);
    return 0;
  }
  memcpy(e->name, s, n);
  e->name[n] = 0;
  e->n = n;
  e->hash = distinct_hash(s, n);
  *slot_of(t, s, n, e->hash) = (uint32_t)++t->n;
  return e;
}

/* ---- an entry ---- */

void tally_seen(struct tally_entry *e, int64_t seconds)
{
  if (!seconds) return;
  if (!e->first || seconds < e->first) e->first = seconds;
  if (seconds > e->last) e->last = seconds;
}

struct tally_day *tally_day(struct tally_entry *e, int64_t day)
{
  struct tally_day *d;

  if (!e->habit || day <= 0) return 0;
  d = e->habit->day + day % TALLY_DAYS;
  if (d->day > day) return 0;
  if (d->day < day) *d = (struct tally_day){.day = day};
  return d;
}
