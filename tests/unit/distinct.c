/* Unit test of src/admin/distinct.c. */
#include "distinct.h"
#include "unit.h"

static int add(struct distinct *d, unsigned int i)
{
  char s[16];

  return distinct_add(d, s, (size_t)snprintf(s, sizeof s, "a%u", i));
}

/* Within five percent, or ten of what is many. */
static int is_near(unsigned int n)
{
  struct distinct d = {0};
  uint64_t got;

  for (unsigned int i = 0; i < n; i++)
    for (int twice = 0; twice < 2; twice++)
      add(&d, i);
  got = distinct_count(&d);
  if (n <= DISTINCT_EXACT) return distinct_is_exact(&d) && got == n;
  printf("# %u: %u\n", n, (unsigned int)got);
  return !distinct_is_exact(&d) && got * 100 >= n * (n > 4000 ? 90u : 94u) &&
         got * 100 <= n * (n > 4000 ? 110u : 106u);
}

int main(void)
{
  static unsigned int const sizes[] = {0,   1,   15,   16,   17,   18,
                                       100, 500, 1000, 2000, 4000, 8000};
  struct distinct d = {0};
  unsigned int fresh = 0;

  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    ok(is_near(sizes[i]), "near enough");
  for (unsigned int i = 0; i < 200000; i++)
    fresh += (unsigned int)add(&d, i);
  ok(fresh >= DISTINCT_EXACT && fresh <= DISTINCT_BITS + DISTINCT_EXACT,
     "what may be old is not called new");
  ok(distinct_count(&d) < 20000, "bounded");
  return done();
}
