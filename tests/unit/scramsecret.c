/* Unit test of src/auth/scramsecret.c: one row per case. */
#include <errno.h>
#include <string.h>

#include "scramsecret.h"
#include "unit.h"

#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define STORED "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
#define SERVER "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define REST SALT "," STORED "," SERVER
#define SALT_64                                                                \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"   \
  "AAAAAAAAAAAAAA=="

/* The user of RFC 7677 section 3; his password is "pencil". */
static char const pencil[] = "4096," REST;

static struct {
  char const *s;
  int good;
} const t[] = {
    {"4096," REST, 1},
    {"10000000," REST, 1},
    {"4096,AA==," STORED "," SERVER, 1},
    {"4096," SALT_64 "," STORED "," SERVER, 1},
    {"", 0},
    {"4096", 0},
    {"4096,", 0},
    {"4096," SALT, 0},
    {"4096," SALT "," STORED, 0},
    {"4096," SALT "," STORED ",", 0},
    {"4096," REST ",", 0},
    {"4096," REST " ", 0},
    {" 4096," REST, 0},
    {"4095," REST, 0},
    {"10000001," REST, 0},
    {"4294971392," REST, 0},
    {"04096," REST, 0},
    {"+4096," REST, 0},
    {"-4096," REST, 0},
    {"0x1000," REST, 0},
    {"4096.," REST, 0},
    {"," REST, 0},
    {"4096,," STORED "," SERVER, 0},
    {"4096,AB==," STORED "," SERVER, 0},
    {"4096,AA," STORED "," SERVER, 0},
    {"4096,AA A," STORED "," SERVER, 0},
    {"4096,A" SALT_64 "AAA," STORED "," SERVER, 0},
    {"4096," SALT_64 SALT_64 "," STORED "," SERVER, 0},
    {"4096," SALT ",AAAA," SERVER, 0},
    {"4096," SALT "," STORED ",AAAA", 0},
    {"4096," SALT "," STORED "AAAA," SERVER, 0},
    {"4096," SALT "," STORED "," SERVER "AAAA", 0},
};

static int same(struct scram_secret const *a, struct scram_secret const *b)
{
  return a->iterations == b->iterations && a->salt_len == b->salt_len &&
         !memcmp(a->salt, b->salt, a->salt_len) &&
         !memcmp(a->stored, b->stored, SCRAM_KEY) &&
         !memcmp(a->server, b->server, SCRAM_KEY);
}

static int derives(char const *password, struct scram_secret const *want)
{
  struct scram_secret x = *want;

  memset(x.stored, 0, SCRAM_KEY);
  memset(x.server, 0, SCRAM_KEY);
  return scramsecret_derive(&x, password) && same(&x, want);
}

static void text(void)
{
  struct scram_secret x;
  stralloc sa = STRALLOC_ZERO;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    ok(scramsecret_scan(&x, t[i].s) == t[i].good, t[i].s);
    sa.len = 0;
    if (t[i].good)
      ok(scramsecret_add(&sa, &x) && sa.len == strlen(t[i].s) + 1 &&
             !strcmp(sa.s, t[i].s),
         "the same text again");
  }
  stralloc_free(&sa);
}

static void passwords(void)
{
  struct scram_secret x, y;

  scramsecret_scan(&x, pencil);
  ok(x.iterations == 4096 && x.salt_len == 16 && x.salt[0] == 0x5b, "parts");
  ok(derives("pencil", &x), "RFC 7677's user");
  ok(!derives("pencil ", &x) && !derives("Pencil", &x), "no other password");
  errno = 0;
  ok(!scramsecret_derive(&x, "") && errno == EINVAL, "no empty password");
  errno = 0;
  ok(!scramsecret_derive(&x, "p\xff") && errno == EINVAL, "only UTF-8");
  ok(scramsecret_new(&x, "pencil") && x.iterations == SCRAM_ITERATIONS &&
         x.salt_len == SCRAM_SALT && derives("pencil", &x),
     "a new one");
  ok(scramsecret_new(&y, "pencil") && memcmp(x.salt, y.salt, SCRAM_SALT) &&
         memcmp(x.stored, y.stored, SCRAM_KEY),
     "another salt each time");
  ok(scramsecret_new(&x, "\xe2\x85\xa8") && derives("IX", &x) &&
         derives("I\xc2\xadX", &x),
     "prepared");
}

static void mocks(void)
{
  unsigned char const key[] = "0123456789abcdef", other[] = "0123456789abcdeg";
  struct scram_secret x, y;

  scramsecret_mock(&x, key, 16, "nobody@example.org", 10000);
  ok(x.iterations == 10000 && x.salt_len == SCRAM_SALT, "as others have it");
  scramsecret_mock(&y, key, 16, "Nobody@Example.ORG", 10000);
  ok(same(&x, &y), "the same for the same name");
  scramsecret_mock(&y, key, 16, "nobodi@example.org", 10000);
  ok(memcmp(x.salt, y.salt, SCRAM_SALT) &&
         memcmp(x.stored, y.stored, SCRAM_KEY),
     "another for another");
  scramsecret_mock(&y, other, 16, "nobody@example.org", 10000);
  ok(memcmp(x.salt, y.salt, SCRAM_SALT) &&
         memcmp(x.stored, y.stored, SCRAM_KEY),
     "nor can who has no key make it");
  ok(memcmp(x.salt, x.stored, SCRAM_SALT) &&
         memcmp(x.stored, x.server, SCRAM_KEY),
     "its parts say nothing of each other");
  /* told from a real one by its keys alone, which nobody sees */
  ok(!derives("", &x) && !derives("nobody@example.org", &x), "no password");
}

int main(void)
{
  text();
  passwords();
  mocks();
  return done();
}
