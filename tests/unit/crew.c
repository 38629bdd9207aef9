/* crew - the places of workers. */
#include "crew.h"

#include "unit.h"

int main(void)
{
  struct crew c;
  uint32_t i, k, j;

  ok(crew_init(&c, 3) && !crew_count(&c) && !crew_working(&c), "nobody");
  ok(crew_newest(&c, CREW_IDLE) == CREW_NONE &&
         crew_oldest(&c, CREW_IDLE) == CREW_NONE &&
         crew_find(&c, 100) == CREW_NONE && crew_find(&c, 0) == CREW_NONE,
     "to be found");
  i = crew_add(&c, 100, 10, 1);
  k = crew_add(&c, 101, 11, 2);
  j = crew_add(&c, 102, 12, 3);
  ok(i != k && k != j && i != j && crew_count(&c) == 3 && c.n[CREW_IDLE] == 3 &&
         !crew_working(&c),
     "three");
  ok(c.place[k].pid == 101 && c.place[k].fd == 11 && !c.place[k].served &&
         c.place[k].since == 2,
     "what is known of one");
  ok(crew_add(&c, 103, 13, 4) == CREW_NONE && crew_count(&c) == 3, "no fourth");
  ok(crew_newest(&c, CREW_IDLE) == j && crew_oldest(&c, CREW_IDLE) == i,
     "who came first and last");
  crew_move(&c, j, CREW_SHAKING, 5);
  ok(crew_newest(&c, CREW_IDLE) == k && crew_working(&c) == 1 &&
         c.place[j].since == 5,
     "the last is taken");
  crew_move(&c, k, CREW_SHAKING, 6);
  crew_move(&c, k, CREW_BUSY, 7);
  ok(crew_working(&c) == 2 && c.n[CREW_SHAKING] == 1 && c.n[CREW_BUSY] == 1,
     "one is through");
  crew_move(&c, j, CREW_IDLE, 8);
  ok(crew_newest(&c, CREW_IDLE) == j && crew_oldest(&c, CREW_IDLE) == i &&
         crew_working(&c) == 1,
     "who is free again is the next");
  crew_move(&c, i, CREW_ENDING, 9);
  ok(crew_oldest(&c, CREW_IDLE) == j && crew_count(&c) == 3 &&
         crew_working(&c) == 1,
     "who ends does not work, but is there");
  ok(crew_find(&c, 100) == i && crew_find(&c, 101) == k &&
         crew_find(&c, 102) == j,
     "all are found");
  crew_move(&c, i, CREW_FREE, 10);
  ok(crew_find(&c, 100) == CREW_NONE && crew_count(&c) == 2, "one is buried");
  ok(crew_add(&c, 104, 14, 11) == i && crew_find(&c, 104) == i &&
         !c.place[i].served,
     "another has the place");
  crew_move(&c, j, CREW_ENDING, 12);
  crew_move(&c, k, CREW_ENDING, 12);
  crew_move(&c, i, CREW_ENDING, 12);
  crew_move(&c, k, CREW_FREE, 13);
  crew_move(&c, i, CREW_FREE, 13);
  crew_move(&c, j, CREW_FREE, 13);
  ok(!crew_count(&c) && crew_newest(&c, CREW_ENDING) == CREW_NONE,
     "from the middle, from the end, and the last");
  return done();
}
