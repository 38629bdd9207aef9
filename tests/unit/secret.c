/* Unit test of src/lib/secret.c. */
#include "secret.h"

#include <malloc.h>
#include <string.h>

#include "unit.h"

#define SIZE 4000

/* Read where nobody should: what the allocator marks as its own is not ours. */
static int is_there(char const volatile *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (p[i] == 'x') return 1;
  return 0;
}

int main(void)
{
  stralloc sa = STRALLOC_ZERO;
  char const volatile *at;

  secret_free(&sa);
  ok(!sa.s, "nothing");
  stralloc_ready(&sa, SIZE);
  memset(sa.s, 'x', SIZE);
  sa.len = 1;
  at = sa.s;
  secret_free(&sa);
  ok(!sa.s && !sa.len && !sa.a, "freed");
  ok(!is_there(at, SIZE), "all of it is gone, not only what was in use");
  return done();
}
