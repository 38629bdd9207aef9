/* Unit test of src/accept/rate.c: one row per attempt. */
#include <stdlib.h>

#include "addr.h"
#include "rate.h"
#include "unit.h"

#define SEC UINT64_C(1000000000)

static ip46 ip(char const *s)
{
  ip46 r;

  if (!addr_scan(s, &r)) abort();
  return r;
}

static struct {
  char const *ip;
  uint64_t ms; /* since the start */
  int want;
  char const *name;
} const t[] = {
    /* three in six seconds: three at once, then one each two seconds */
    {"192.0.2.1", 0, 1, "first"},
    {"192.0.2.1", 0, 1, "second"},
    {"192.0.2.1", 1, 1, "third"},
    {"192.0.2.1", 2, 0, "fourth"},
    {"192.0.2.2", 2, 1, "another address"},
    {"192.0.2.1", 1999, 0, "just too early"},
    {"192.0.2.1", 2000, 1, "one comes back"},
    {"192.0.2.1", 2001, 0, "only one"},
    {"192.0.2.1", 4000, 1, "and another"},
    {"192.0.2.1", 90000, 1, "after a rest: first"},
    {"192.0.2.1", 90000, 1, "after a rest: second"},
    {"192.0.2.1", 90000, 1, "after a rest: third"},
    {"192.0.2.1", 90000, 0, "after a rest: fourth"},
};

/* More addresses than entries: nobody within his rate is refused. */
static int flood(void)
{
  struct rate r;
  int good = rate_init(&r, 1, 3600, 7);

  for (uint32_t i = 0; good && i < 100000; i++) {
    ip46 a = ip("2001:db8::");
    a.ip[4] = (char)(i >> 16);
    a.ip[5] = (char)(i >> 8);
    a.ip[6] = (char)i;
    good &= rate_take(&r, &a, 1000 * SEC + i);
  }
  rate_free(&r);
  return good;
}

int main(void)
{
  struct rate r;
  ip46 a;

  ok(rate_init(&r, 3, 6, 99), "three in six seconds");
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    a = ip(t[i].ip);
    ok(rate_take(&r, &a, 500 * SEC + t[i].ms * 1000000) == t[i].want,
       t[i].name);
  }
  rate_free(&r);
  ok(flood(), "100 000 addresses");
  return done();
}
