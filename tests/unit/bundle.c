/* bundle - records of certificate files. */
#include "bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static int is(struct bundle_file const *f, char const *path, char const *s)
{
  return !strcmp(f->path, path) && f->n == strlen(s) && !memcmp(f->s, s, f->n);
}

int main(void)
{
  struct bundle_entry const a = {"a.example",
                                 {"c", "cert", 4},
                                 {"k", "key", 3}},
                            b = {"b.example", {"both", "x\0y", 3}, {"", 0, 0}};
  struct bundle_entry e, big = {"a", {"c", 0, 0}, {"", "", 0}};
  stralloc sa = STRALLOC_ZERO;
  size_t pos = 0, whole, good = 0;
  char *copy;

  ok(bundle_next("", 0, &pos, &e) == 0, "nothing");
  ok(bundle_add(&sa, &a) && bundle_add(&sa, &b), "two records");
  ok(bundle_next(sa.s, sa.len, &pos, &e) == 1 && !strcmp(e.name, "a.example") &&
         is(&e.cert, "c", "cert") && is(&e.key, "k", "key"),
     "the first");
  whole = pos;
  ok(bundle_next(sa.s, sa.len, &pos, &e) == 1 && !strcmp(e.name, "b.example") &&
         e.cert.n == 3 && !memcmp(e.cert.s, "x\0y", 3) && is(&e.key, "", ""),
     "the second");
  ok(bundle_next(sa.s, sa.len, &pos, &e) == 0, "the end");

  copy = malloc(sa.len);
  if (!copy) return 1;
  for (size_t n = 1; n < whole; n++) {
    char *cut = memcpy(copy + sa.len - n, sa.s, n);

    pos = 0;
    good += bundle_next(cut, n, &pos, &e) != -1;
  }
  ok(!good, "no beginning of a record is one");
  memcpy(copy, sa.s, sa.len);
  copy[4] = 0;
  pos = 0;
  ok(bundle_next(copy, sa.len, &pos, &e) == -1, "a NUL in a name");
  copy[0] = (char)0xff;
  pos = 0;
  ok(bundle_next(copy, sa.len, &pos, &e) == -1, "a length beyond the end");

  big.cert.n = BUNDLE_FILE_MAX + 1;
  big.cert.s = calloc(1, big.cert.n);
  whole = sa.len;
  ok(!bundle_add(&sa, &big) && errno == EFBIG && sa.len == whole,
     "a file that is too long");
  big.cert.n--;
  sa.len = 0;
  for (good = 0; good < 100 && bundle_add(&sa, &big); good++)
    ;
  ok(good == BUNDLE_MAX / BUNDLE_FILE_MAX - 1 && errno == EFBIG,
     "too many of them");
  return done();
}
