/* waiting - the places of connections. */
#include "waiting.h"

#include "unit.h"

int main(void)
{
  struct waiting w;
  uint32_t a, b, c;

  ok(waiting_init(&w, 3) && !w.n, "empty");
  ok(waiting_turn(&w) == WAITING_NONE && waiting_late(&w, 99) == WAITING_NONE &&
         waiting_until(&w) == UINT64_MAX,
     "nobody waits for anything");
  a = waiting_add(&w, 10, 5);
  b = waiting_add(&w, 11, 6);
  c = waiting_add(&w, 12, 7);
  ok(a != b && b != c && a != c && w.n == 3 && w.place[b].control == 11 &&
         w.place[b].state == WAITING_NEW,
     "three new ones");
  ok(waiting_add(&w, 13, 8) == WAITING_NONE && w.n == 3, "no fourth");
  ok(waiting_until(&w) == 5 && waiting_late(&w, 4) == WAITING_NONE &&
         waiting_late(&w, 5) == a,
     "the first is late first");
  waiting_move(&w, a, WAITING_PLAIN, 0);
  ok(waiting_until(&w) == 6, "a plain one has no deadline");
  waiting_move(&w, b, WAITING_FREE, 0);
  ok(w.n == 2 && waiting_until(&w) == 7, "one goes");
  waiting_move(&w, c, WAITING_PLAIN, 0);
  ok(waiting_until(&w) == UINT64_MAX, "all are plain");
  waiting_move(&w, c, WAITING_TURN, 20);
  waiting_move(&w, a, WAITING_TURN, 21);
  ok(waiting_turn(&w) == c && waiting_late(&w, 20) == c, "turns are in order");
  b = waiting_add(&w, 14, 19);
  ok(waiting_until(&w) == 19 && waiting_late(&w, 30) == b,
     "the earliest of both kinds");
  waiting_move(&w, b, WAITING_FREE, 0);
  waiting_move(&w, c, WAITING_FREE, 0);
  ok(waiting_turn(&w) == a, "the next");
  waiting_move(&w, a, WAITING_FREE, 0);
  ok(waiting_turn(&w) == WAITING_NONE && !w.n, "all have gone");
  a = waiting_add(&w, 1, 1);
  b = waiting_add(&w, 2, 2);
  c = waiting_add(&w, 3, 3);
  waiting_move(&w, b, WAITING_PLAIN, 0);
  waiting_move(&w, a, WAITING_PLAIN, 0);
  ok(waiting_late(&w, 9) == c, "from the middle of a list, and from its head");
  return done();
}
