/* unit - the whole unit-test framework.  Output is TAP; see doc/testing.md. */
#ifndef POSTERN_UNIT_H
#define POSTERN_UNIT_H

#include <stdio.h>

static int unit_n, unit_bad;

#define ok(cond, name)                                                         \
  do {                                                                         \
    int ok_ = !!(cond);                                                        \
    unit_bad += !ok_;                                                          \
    printf("%sok %d - %s\n", ok_ ? "" : "not ", ++unit_n, name);               \
    if (!ok_) printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);              \
  } while (0)

static inline int done(void)
{
  printf("1..%d\n", unit_n);
  return unit_bad ? 1 : 0;
}

#endif
