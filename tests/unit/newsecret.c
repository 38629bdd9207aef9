/* Unit test of src/auth/newsecret.c: one row per case. */
#include <errno.h>
#include <string.h>

#include <crypt.h>

#include "newsecret.h"
#include "unit.h"

/* Cheap costs: the default ones are the library's business. */
static struct {
  char const *scheme;
  unsigned long cost;
  char const *prefix; /* of the field; 0: EINVAL */
  int crypt;          /* bytes before the hash; 0: it is none */
} const t[] = {
    {"yescrypt", 1, "{CRYPT}$y$", 7},
    {"bcrypt", 4, "{BLF-CRYPT}$2b$04$", 11},
    {"sha512crypt", 1000, "{SHA512-CRYPT}$6$rounds=1000$", 14},
    {"scram-sha-256", 0, "{SCRAM-SHA-256}10000,", 0},
    {"cram-md5", 0, "{CRAM-MD5}", 0},
    {"plain", 0, "{PLAIN}p w", 0},
    {"yescrypt", 99, 0, 0},
    {"bcrypt", 32, 0, 0},
    {"des", 0, 0, 0},
    {"", 0, 0, 0},
};

static int verifies(char const *hash, char const *password)
{
  struct crypt_data data = {0};
  char const *got = crypt_r(password, hash, &data);

  return got && !strcmp(got, hash);
}

static char const *unfit(char const *s, size_t n)
{
  return newsecret_unfit(s, n, 8);
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    stralloc a = STRALLOC_ZERO, b = STRALLOC_ZERO;
    int r = newsecret_make(&a, t[i].scheme, t[i].cost, "p w");

    ok(r == !!t[i].prefix && (r || errno == EINVAL), t[i].scheme);
    if (r) {
      ok(!strncmp(a.s, t[i].prefix, strlen(t[i].prefix)) && !a.s[a.len - 1],
         t[i].prefix);
      newsecret_make(&b, t[i].scheme, t[i].cost, "p w");
      ok(!t[i].crypt || strcmp(a.s, b.s), "another salt each time");
      ok(!t[i].crypt || (verifies(a.s + t[i].crypt, "p w") &&
                         !verifies(a.s + t[i].crypt, "p W")),
         "crypt(3) takes it");
    }
    stralloc_free(&a);
    stralloc_free(&b);
  }
  {
    stralloc a = STRALLOC_ZERO;
    ok(!newsecret_make(&a, "plain", 0, "a:b") && errno == EINVAL,
       "a colon in plain");
    stralloc_free(&a);
  }
  ok(newsecret_known("bcrypt") && !newsecret_known("BCRYPT"), "known");
  ok(!unfit("x", 1) && !unfit("12345678", 8) && !unfit("\xc3\xa4 ", 3), "fit");
  ok(unfit("", 0) && unfit("123456789", 9), "lengths");
  ok(unfit("a\n", 2) && unfit("a\0b", 3) && unfit("\x7f", 1), "control bytes");
  return done();
}
