/* ferry - bytes both ways, whatever the ends do. */
#include "ferry.h"

#include <string.h>

#include "unit.h"

#define MOST 100000

struct end {
  char const *in; /* what it says */
  size_t n, pos;
  size_t piece; /* bytes at a time, both ways */
  int lazy;     /* does something only every so many times */
  int turn;
  int closed; /* was told that nothing more comes */
  int deaf;   /* takes nothing */
  int broken;
  size_t len;
  char out[MOST];
};

static int sleeps(struct end *e) { return e->lazy && ++e->turn % e->lazy; }

static ssize_t rd(void *p, char *s, size_t n)
{
  struct end *e = p;

  if (e->broken) return FERRY_BROKEN;
  if (sleeps(e)) return FERRY_AWAIT_READ;
  if (n > e->piece) n = e->piece;
  if (n > e->n - e->pos) n = e->n - e->pos;
  memcpy(s, e->in + e->pos, n);
  e->pos += n;
  return (ssize_t)n;
}

static ssize_t wr(void *p, char const *s, size_t n)
{
  struct end *e = p;

  if (e->broken) return FERRY_BROKEN;
  if (e->deaf || sleeps(e)) return FERRY_AWAIT_WRITE;
  if (n > e->piece) n = e->piece;
  memcpy(e->out + e->len, s, n);
  e->len += n;
  return (ssize_t)n;
}

static ssize_t shut(void *p)
{
  struct end *e = p;

  if (sleeps(e)) return FERRY_AWAIT_WRITE;
  e->closed++;
  return 0;
}

static struct end a, b;
static struct ferry f;

static void set(char const *x, size_t xn, char const *y, size_t yn,
                size_t piece, int lazy)
{
  memset(&a, 0, sizeof a);
  memset(&b, 0, sizeof b);
  memset(&f, 0, sizeof f);
  a.in = x;
  a.n = xn;
  b.in = y;
  b.n = yn;
  a.piece = b.piece = piece;
  a.lazy = lazy;
  b.lazy = lazy ? lazy + 1 : 0;
  f.end[0] = (struct ferry_end){&a, rd, wr, shut};
  f.end[1] = (struct ferry_end){&b, rd, wr, shut};
}

/* To the end; -2 if it asks to wait for nothing for ever. */
static int run(void)
{
  int want[2], moved = 0, r = 1;

  for (long i = 0; r == 1; i++) {
    if (i > 10000000) return -2;
    r = ferry_step(&f, want, &moved);
  }
  return r;
}

static int all(char const *x, size_t xn, char const *y, size_t yn)
{
  return b.len == xn && !memcmp(b.out, x, xn) && a.len == yn &&
         !memcmp(a.out, y, yn) && a.closed == 1 && b.closed == 1;
}

int main(void)
{
  static char x[MOST], y[MOST];
  static size_t const piece[] = {
      1, 7, FERRY_ROOM - 1, FERRY_ROOM, FERRY_ROOM + 1, MOST};
  int want[2], moved = 0, good = 1;

  for (size_t i = 0; i < MOST; i++) {
    x[i] = (char)(i * 7 + i / 251);
    y[i] = (char)(i * 13 + i / 239);
  }
  for (size_t p = 0; p < sizeof piece / sizeof *piece; p++)
    for (int lazy = 0; lazy < 4; lazy++) {
      set(x, MOST, y, MOST - 1, piece[p], lazy);
      good &= run() == 0 && all(x, MOST, y, MOST - 1);
    }
  ok(good, "every byte both ways, at any pace");
  set(x, 0, y, 0, 10, 0);
  ok(run() == 0 && all(x, 0, y, 0), "nothing both ways");

  set(x, 10, y, 5, 10, 0);
  b.lazy = 1 << 30;
  ok(ferry_step(&f, want, &moved) == 1 && moved && !b.len,
     "one end does nothing");
  ok(want[0] == 0 && want[1] == (FERRY_READ | FERRY_WRITE),
     "then the other is not asked for more");
  moved = 0;
  ok(ferry_step(&f, want, &moved) == 1 && !moved, "and nothing moves");

  set(x, MOST, y, 5, 100, 0);
  b.deaf = 1;
  ok(ferry_step(&f, want, &moved) == 1 && a.pos == 100 && a.len == 5 &&
         a.closed,
     "a deaf end hears nothing, is heard, and holds up who talks to it");
  ok(want[0] == 0 && want[1] == FERRY_WRITE, "and is waited for");
  b.deaf = 0;
  ok(run() == 0 && all(x, MOST, y, 5), "until it listens");

  set(x, 10, y, 10, 10, 0);
  a.lazy = 1 << 30;
  ok(ferry_step(&f, want, &moved) == 1 && !b.closed, "one talks");
  a.broken = 1;
  ok(run() == -1, "one breaks");

  set(x, MOST, y, MOST, 1, 0);
  ok(ferry_step(&f, want, &moved) == 1 && !want[0] && !want[1],
     "others have their turn");
  return done();
}
