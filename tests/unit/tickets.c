/* tickets - which keys are kept. */
#include "tickets.h"

#include <string.h>

#include "unit.h"

static struct tickets_key key(int i)
{
  struct tickets_key k;

  memset(&k, i, sizeof k);
  return k;
}

int main(void)
{
  struct tickets t = {0, {{{0}, {0}, {0}}}};
  struct tickets_key k;

  k = key(0);
  ok(!tickets_find(&t, k.name), "none yet, not even of zeros");
  for (int i = 1; i <= 5; i++) {
    k = key(i);
    tickets_rotate(&t, &k);
    ok(!memcmp(t.key, &k, sizeof k), "the newest is the first");
    ok(t.n == (i < TICKETS_KEYS ? (size_t)i : TICKETS_KEYS), "so many");
  }
  for (int i = 1; i <= 5; i++) {
    struct tickets_key const *f;

    k = key(i);
    f = tickets_find(&t, k.name);
    ok(i <= 5 - TICKETS_KEYS ? !f : f && !memcmp(f, &k, sizeof k),
       "only the last are kept");
  }
  return done();
}
