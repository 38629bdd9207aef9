#include "ferry.h"

/* How often round before others (the clock, a signal to end) have their turn.
 */
#define ROUNDS 16

/* What an end said: 1, it went on; 0, wait; -1, broken. */
static int outcome(ssize_t r, int *want)
{
  switch (r) {
  case FERRY_BROKEN: return -1;
  case FERRY_AWAIT_READ: *want |= FERRY_READ; return 0;
  case FERRY_AWAIT_WRITE: *want |= FERRY_WRITE; return 0;
  default: return 1;
  }
}

static int load(struct ferry_way *w, struct ferry_end const *from, int *want)
{
  ssize_t r = from->read(from->context, w->s, sizeof w->s);
  int o = outcome(r, want);

  if (o <= 0) return o;
  w->ended = !r;
  w->pos = 0;
  w->len = (size_t)r;
  return 1;
}

static int unload(struct ferry_way *w, struct ferry_end const *to, int *want)
{
  ssize_t r = to->write(to->context, w->s + w->pos, w->len - w->pos);
  int o = outcome(r, want);

  if (o <= 0) return o;
  w->pos += (size_t)r;
  w->total += (size_t)r;
  return 1;
}

static int close_way(struct ferry_way *w, struct ferry_end const *to, int *want)
{
  int o = outcome(to->shut(to->context), want);

  if (o > 0) w->shut = 1;
  return o;
}

/* One move of one way. */
static int move(struct ferry *f, int i, int want[2])
{
  struct ferry_way *w = f->way + i;

  if (w->pos < w->len) return unload(w, f->end + !i, want + !i);
  if (!w->ended) return load(w, f->end + i, want + i);
  if (!w->shut) return close_way(w, f->end + !i, want + !i);
  return 0;
}

int ferry_step(struct ferry *f, int want[2], int *moved)
{
  for (int round = 0; round < ROUNDS; round++) {
    int a, b;

    want[0] = want[1] = 0;
    a = move(f, 0, want);
    b = move(f, 1, want);
    if (a < 0 || b < 0) return -1;
    if (f->way[0].shut && f->way[1].shut) return 0;
    if (!a && !b) return 1;
    *moved = 1;
  }
  want[0] = want[1] = 0;
  return 1;
}
