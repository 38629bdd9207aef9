/* Unit test of src/admin/tally.c. */
#include <stdlib.h>
#include <string.h>

#include "tally.h"
#include "unit.h"

static char name[300];

static struct tally_entry *get(struct tally *t, unsigned int i)
{
  return tally_get(t, name, (size_t)sprintf(name, "n%u", i));
}

/* Many that did one thing each, and five that did much all the while. */
static void crowd(void)
{
  struct tally t;
  uint64_t sum = 0, wrong = 0;

  ok(tally_init(&t, 64, 0), "a small table");
  for (unsigned int i = 0; i < 10000; i++) {
    get(&t, 100 + i)->f.rcpts++;
    get(&t, i % 5)->f.refused++;
  }
  tally_sort(&t);
  ok(t.n <= 64 && t.n + t.gone >= 10005 && t.gone < 20000, "bounded");
  for (size_t i = 0; i < 5; i++)
    wrong += t.e[i].n != 2 || t.e[i].f.refused != 2000;
  ok(!wrong, "who did much is there, with all he did");
  for (size_t i = 0; i < t.n; i++)
    sum += tally_weight(&t.e[i].f);
  ok(sum + tally_weight(&t.of_gone) == 20000, "nothing is lost");
  ok(t.short_by && t.short_by < 2000, "by how much a figure may be too small");
  tally_free(&t);
}

static void order(void)
{
  struct tally t;

  tally_init(&t, 8, 0);
  get(&t, 1);
  get(&t, 2)->f.messages = 1;
  get(&t, 3)->f.rcpts = 2;
  get(&t, 4)->f.wrong = 2;
  tally_seen(get(&t, 5), 9);
  tally_sort(&t);
  tally_trim(&t);
  ok(t.n == 4 && t.e[0].name[1] == '3' && t.e[1].name[1] == '4' &&
         t.e[2].name[1] == '2' && t.e[3].name[1] == '5',
     "the heaviest first, then by name; who did nothing is not there");
  ok(tally_look(&t, "n5", 2) == t.e + 3 && !tally_look(&t, "n1", 2) &&
         !tally_look(&t, "n", 1),
     "and found");
  tally_free(&t);
}

static void days(void)
{
  struct tally t;
  struct tally_entry *e;
  struct tally_day *d;

  tally_init(&t, 2, 1);
  e = tally_get(&t, "", 0);
  d = tally_day(e, 100);
  d->rcpts = 7;
  ok(tally_day(e, 100) == d && d->rcpts == 7, "the same day");
  ok(tally_day(e, 101) != d && d->rcpts == 7, "another");
  ok(tally_day(e, 100 + TALLY_DAYS) == d && !d->rcpts,
     "takes an older's place");
  ok(!tally_day(e, 100) && !tally_day(e, 0), "none for what is too old");
  tally_seen(e, 0);
  ok(!e->first && !e->last, "no time");
  tally_seen(e, 50);
  tally_seen(e, 40);
  ok(e->first == 40 && e->last == 50, "first and last");
  tally_free(&t);
}

int main(void)
{
  struct tally t;
  char big[400];
  struct tally_entry *e;

  crowd();
  order();
  days();
  memset(big, 'x', sizeof big);
  tally_init(&t, 4, 0);
  e = tally_get(&t, big, sizeof big);
  ok(e->n == TALLY_NAME_MAX && tally_get(&t, big, TALLY_NAME_MAX) == e &&
         tally_look(&t, big, sizeof big) == e,
     "a long name is cut");
  tally_free(&t);
  return done();
}
