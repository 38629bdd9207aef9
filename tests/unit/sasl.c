/* Unit test of src/lib/sasl.c: one row per dialogue. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "sasl.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1
#define NONE 0, 0

/* One decoded answer; the test encodes it. */
static struct {
  char const *name;
  enum sasl_mechanism m;
  char const *msg;
  size_t len;
  enum sasl_step want;
  char const *user;
  char const *secret;
} const one[] = {
    /* RFC 4616 section 4 */
    {"PLAIN", SASL_PLAIN, BYTES("\0tim\0tanstaaftanstaaf"), SASL_DONE, "tim",
     "tanstaaftanstaaf"},
    {"PLAIN for somebody else", SASL_PLAIN, BYTES("Ursel\0Kurt\0xipj3plmq"),
     SASL_BAD, 0, 0},
    {"PLAIN for oneself", SASL_PLAIN, BYTES("tim\0tim\0pw"), SASL_DONE, "tim",
     "pw"},
    {"the other's name begins alike", SASL_PLAIN, BYTES("tim\0timo\0pw"),
     SASL_BAD, 0, 0},
    {"one byte each", SASL_PLAIN, BYTES("\0u\0p"), SASL_DONE, "u", "p"},
    {"blanks and high bytes stay", SASL_PLAIN, BYTES("\0a b\0p\xc3\xa4 \n"),
     SASL_DONE, "a b", "p\xc3\xa4 \n"},
    {"no user", SASL_PLAIN, BYTES("\0\0pw"), SASL_BAD, 0, 0},
    {"no password", SASL_PLAIN, BYTES("\0tim\0"), SASL_BAD, 0, 0},
    {"only authzid", SASL_PLAIN, BYTES("tim\0\0"), SASL_BAD, 0, 0},
    {"one NUL", SASL_PLAIN, BYTES("\0timpw"), SASL_BAD, 0, 0},
    {"no NUL", SASL_PLAIN, BYTES("timpw"), SASL_BAD, 0, 0},
    {"three NULs", SASL_PLAIN, BYTES("\0tim\0pw\0x"), SASL_BAD, 0, 0},
    {"NUL at the end", SASL_PLAIN, BYTES("\0tim\0pw\0"), SASL_BAD, 0, 0},
    {"nothing", SASL_PLAIN, BYTES(""), SASL_BAD, 0, 0},
    {"two NULs", SASL_PLAIN, BYTES("\0\0"), SASL_BAD, 0, 0},
    /* the user and key of RFC 2195 section 2 */
    {"CRAM-MD5", SASL_CRAM_MD5, BYTES("tim b913a602c7eda7a495b4e6e7334d3890"),
     SASL_DONE, "tim", "b913a602c7eda7a495b4e6e7334d3890"},
    {"a user with a blank", SASL_CRAM_MD5,
     BYTES("t m b913a602c7eda7a495b4e6e7334d3890"), SASL_DONE, "t m",
     "b913a602c7eda7a495b4e6e7334d3890"},
    {"upper-case digest", SASL_CRAM_MD5,
     BYTES("tim B913A602C7EDA7A495B4E6E7334D3890"), SASL_BAD, 0, 0},
    {"short digest", SASL_CRAM_MD5,
     BYTES("tim b913a602c7eda7a495b4e6e7334d389"), SASL_BAD, 0, 0},
    {"long digest", SASL_CRAM_MD5,
     BYTES("tim b913a602c7eda7a495b4e6e7334d38900"), SASL_BAD, 0, 0},
    {"no user", SASL_CRAM_MD5, BYTES(" b913a602c7eda7a495b4e6e7334d3890"),
     SASL_BAD, 0, 0},
    {"only a digest", SASL_CRAM_MD5, BYTES("b913a602c7eda7a495b4e6e7334d3890"),
     SASL_BAD, 0, 0},
    {"NUL in the user", SASL_CRAM_MD5,
     BYTES("t\0m b913a602c7eda7a495b4e6e7334d3890"), SASL_BAD, 0, 0},
    {"no digits", SASL_CRAM_MD5, BYTES("tim b913a602c7eda7a495b4e6e7334d389g"),
     SASL_BAD, 0, 0},
    {"nothing", SASL_CRAM_MD5, BYTES(""), SASL_BAD, 0, 0},
};

/* LOGIN: two decoded answers. */
static struct {
  char const *name;
  char const *user;
  size_t ulen;
  char const *secret;
  size_t slen;
  enum sasl_step want_user;
  enum sasl_step want;
} const login[] = {
    {"LOGIN", BYTES("tim"), BYTES("pw"), SASL_CHALLENGE, SASL_DONE},
    {"empty user", BYTES(""), NONE, SASL_BAD, SASL_BAD},
    {"NUL in the user", BYTES("t\0m"), NONE, SASL_BAD, SASL_BAD},
    {"empty password", BYTES("tim"), BYTES(""), SASL_CHALLENGE, SASL_BAD},
    {"NUL in the password", BYTES("tim"), BYTES("p\0w"), SASL_CHALLENGE,
     SASL_BAD},
    {"NUL after the password", BYTES("tim"), BYTES("pw\0"), SASL_CHALLENGE,
     SASL_BAD},
};

/* Answers as the client sends them that end every mechanism. */
static struct {
  char const *line;
  enum sasl_step want;
} const raw[] = {
    {"*", SASL_CANCELLED},
    {"=", SASL_BAD},
    {"", SASL_BAD},
    {"**", SASL_BAD},
    {"AHRpbQBwdw", SASL_BAD},
    {"AHRpbQBwdx==", SASL_BAD},
    {" AHRpbQBwdw==", SASL_BAD},
    {"AHRpbQBwdw== ", SASL_BAD},
};

static stralloc out = STRALLOC_ZERO;

static int is(stralloc const *sa, char const *want)
{
  return sa->len == strlen(want) && !sa->s[sa->len] && !strcmp(sa->s, want);
}

static int empty(struct sasl const *s)
{
  return !s->user.s && !s->secret.s && !s->challenge.s;
}

static enum sasl_step start(struct sasl *s, enum sasl_mechanism m)
{
  return sasl_start(s, m, "mx.example.org", 0, 0, &out);
}

static enum sasl_step feed(struct sasl *s, char const *msg, size_t len)
{
  char line[256];
  base64_encode(line, msg, len);
  return sasl_feed(s, line, BASE64_ENCODED(len), &out);
}

static void ask_once(void)
{
  for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
    struct sasl s = {0};

    ok(start(&s, one[i].m) == SASL_CHALLENGE, one[i].name);
    ok(feed(&s, one[i].msg, one[i].len) == one[i].want, "is judged");
    if (one[i].want == SASL_DONE)
      ok(is(&s.user, one[i].user) && is(&s.secret, one[i].secret),
         "user and secret");
    else
      ok(empty(&s), "nothing is kept");
    ok(feed(&s, one[i].msg, one[i].len) == SASL_BAD, "there is no more");
    sasl_free(&s);
    if (one[i].m == SASL_PLAIN) {
      char line[256];
      size_t n = BASE64_ENCODED(one[i].len);

      base64_encode(line, one[i].msg, one[i].len);
      if (!n) line[n++] = '=';
      ok(sasl_start(&s, SASL_PLAIN, "h", line, n, &out) == one[i].want,
         "and as the initial response");
      sasl_free(&s);
    }
  }
}

static void ask_twice(void)
{
  for (size_t i = 0; i < sizeof login / sizeof *login; i++) {
    for (int initial = 0; initial < 2; initial++) {
      struct sasl s = {0};
      enum sasl_step r;

      if (initial) {
        char line[64];
        size_t n = BASE64_ENCODED(login[i].ulen);
        base64_encode(line, login[i].user, login[i].ulen);
        if (!n) line[n++] = '=';
        r = sasl_start(&s, SASL_LOGIN, "h", line, n, &out);
      } else {
        ok(start(&s, SASL_LOGIN) == SASL_CHALLENGE && out.len == 12 &&
               !memcmp(out.s, "VXNlcm5hbWU6", 12),
           "LOGIN asks for the user");
        r = feed(&s, login[i].user, login[i].ulen);
      }
      ok(r == login[i].want_user, login[i].name);
      if (r == SASL_CHALLENGE) {
        ok(out.len == 12 && !memcmp(out.s, "UGFzc3dvcmQ6", 12),
           "then for the password");
        r = feed(&s, login[i].secret, login[i].slen);
        ok(r == login[i].want, "is judged");
      }
      if (r == SASL_DONE)
        ok(is(&s.user, login[i].user) && is(&s.secret, login[i].secret),
           "user and secret");
      else
        ok(empty(&s), "nothing is kept");
      sasl_free(&s);
    }
  }
}

static void raw_lines(void)
{
  for (enum sasl_mechanism m = SASL_PLAIN; m <= SASL_CRAM_MD5; m++) {
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
      struct sasl s = {0};

      start(&s, m);
      ok(sasl_feed(&s, raw[i].line, strlen(raw[i].line), &out) == raw[i].want &&
             empty(&s),
         raw[i].line);
    }
  }
}

static void challenges(void)
{
  char a[SASL_CHALLENGE_MAX + 1], b[SASL_CHALLENGE_MAX + 1];
  struct sasl s = {0};
  size_t n = 0;

  ok(start(&s, SASL_CRAM_MD5) == SASL_CHALLENGE &&
         base64_decode(a, &n, out.s, out.len) && n == s.challenge.len &&
         !memcmp(a, s.challenge.s, n) && !s.challenge.s[n],
     "the challenge sent is the challenge kept");
  ok(n == 33 && a[0] == '<' && !memcmp(a + 17, "@mx.example.org>", 16) &&
         strspn(a + 1, "0123456789abcdef") == 16,
     "<unique@host>");
  sasl_free(&s);
  ok(sasl_start(&s, SASL_CRAM_MD5, "h", "=", 1, &out) == SASL_BAD,
     "CRAM-MD5 has no initial response");
  sasl_challenge(a, "h");
  sasl_challenge(b, "h");
  ok(strcmp(a, b), "no two are equal");
  n = sasl_challenge(a, "a-host-with-a-very-long.name.example.org");
  ok(n == SASL_CHALLENGE_MAX && !a[n] && !strchr(a, '\n') && a[n - 1] == '>',
     "a long host is cut");
  n = sasl_challenge(a, "");
  ok(!strcmp(a + 17, "@localhost>"), "no host");
  n = sasl_challenge(a, "h>\r\nx");
  ok(!strcmp(a + 17, "@h>") && n == 20, "odd bytes end the host");
}

int main(void)
{
  struct sasl s = {0};
  char *big = malloc(SASL_LINE_MAX + 4);

  memset(big, 'A', SASL_LINE_MAX + 4);
  ok(sasl_find(BYTES("plain")) == SASL_PLAIN &&
         sasl_find(BYTES("LoGiN")) == SASL_LOGIN &&
         sasl_find(BYTES("CRAM-MD5")) == SASL_CRAM_MD5,
     "names in any case");
  ok(!sasl_find(BYTES("CRAM-MD")) && !sasl_find(BYTES("PLAINX")) &&
         !sasl_find(BYTES("")) && !sasl_find(BYTES("DIGEST-MD5")),
     "no other name");
  ok(!strcmp(sasl_name(SASL_CRAM_MD5), "CRAM-MD5"), "and back");
  ok(start(&s, SASL_NONE) == SASL_BAD, "no mechanism");
  ok(start(&s, SASL_PLAIN) == SASL_CHALLENGE && !out.len,
     "PLAIN asks with an empty challenge");
  ok(sasl_feed(&s, big, SASL_LINE_MAX, &out) == SASL_BAD, "a long line");
  start(&s, SASL_PLAIN);
  ok(sasl_feed(&s, big, SASL_LINE_MAX + 4, &out) == SASL_BAD,
     "too long a line");
  ok(sasl_start(&s, SASL_PLAIN, "h", "*", 1, &out) == SASL_BAD,
     "* is no initial response");
  ok(feed(&s, BYTES("\0u\0p")) == SASL_BAD, "nothing begun, nothing taken");
  ask_once();
  ask_twice();
  raw_lines();
  challenges();
  stralloc_free(&out);
  free(big);
  {
    unsigned int set;
    char const *bad;

    ok(sasl_list(" plain  CRAM-MD5 ", &set, &bad) &&
           set == (SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_CRAM_MD5)),
       "a list of names");
    ok(sasl_list("", &set, &bad) && !set, "an empty list");
    ok(!sasl_list("plain scram", &set, &bad) && !strcmp(bad, "scram"),
       "a name that is none");
  }
  return done();
}
