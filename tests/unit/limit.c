/* Unit test of src/accept/limit.c. */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "limit.h"
#include "unit.h"

#define N 300

static ip46 ip(char const *s)
{
  ip46 r;

  if (!addr_scan(s, &r)) abort();
  return r;
}

static struct {
  char const *a;
  char const *b;
  int same;
} const keys[] = {
    {"192.0.2.1", "192.0.2.1", 1},
    {"192.0.2.1", "192.0.2.2", 0},
    {"192.0.2.1", "::ffff:192.0.2.1", 1},
    {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 1},
    {"2001:db8:1:2::1", "2001:db8:1:3::1", 0},
    {"::1", "::2", 1},
    {"c000:201::", "192.0.2.1", 0},
};

/* Compare with counts kept the simplest way, over random events. */
static int random_events(void)
{
  struct limit l;
  unsigned int count[N] = {0}, in_flight = 0;
  struct {
    uint32_t address;
    unsigned int who;
    pid_t pid;
  } c[64];
  int good = limit_init(&l, 64, 12345);

  srand(1);
  for (pid_t pid = 1; good && pid < 200000; pid++) {
    unsigned int who = (unsigned int)rand() % N;

    if (rand() % 2 && in_flight < 64) {
      ip46 a = ip("10.0.0.0");
      a.ip[3] = (char)(who & 255);
      a.ip[1] = (char)(who >> 8);
      c[in_flight].address = limit_enter(&l, &a);
      c[in_flight].who = who;
      c[in_flight].pid = pid * 7;
      limit_child(&l, pid * 7, c[in_flight].address);
      good &= limit_count(&l, c[in_flight++].address) == ++count[who];
    } else if (in_flight) {
      unsigned int i = (unsigned int)rand() % in_flight;
      good &= limit_end(&l, c[i].pid) && !limit_end(&l, c[i].pid);
      count[c[i].who]--;
      c[i] = c[--in_flight];
    }
    good &= l.children == in_flight;
  }
  while (in_flight)
    good &= limit_end(&l, c[--in_flight].pid);
  limit_free(&l);
  return good;
}

int main(void)
{
  struct limit l;
  ip46 a = ip("192.0.2.1"), b = ip("192.0.2.2"), c = ip("192.0.2.3");
  uint32_t h, i;

  for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
    ip46 x = ip(keys[k].a), y = ip(keys[k].b);
    x = limit_key(&x);
    y = limit_key(&y);
    ok(addr_equal(&x, &y) == keys[k].same, keys[k].b);
  }
  ok(limit_init(&l, 2, 1), "a table for two");
  h = limit_enter(&l, &a);
  ok(limit_enter(&l, &a) == h && limit_count(&l, h) == 2, "two of one address");
  i = limit_enter(&l, &b);
  ok(i != h && limit_count(&l, i) == 1, "another address");
  ok(limit_enter(&l, &c) == LIMIT_NONE, "a third has no room");
  limit_leave(&l, i);
  i = limit_enter(&l, &c);
  ok(i != LIMIT_NONE && limit_count(&l, i) == 1, "room again");
  limit_child(&l, 77, h);
  ok(l.children == 1 && !limit_end(&l, 78), "somebody else's child");
  ok(limit_end(&l, 77) && limit_count(&l, h) == 1 && !l.children,
     "the child ends");
  limit_free(&l);
  ok(random_events(), "200 000 random events");
  return done();
}
