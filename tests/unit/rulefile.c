/* Unit test of src/lib/rulefile.c: one row per source. */
#include <errno.h>
#include <string.h>

#include "rulefile.h"
#include "unit.h"

/* Records as "KEY DATA;", problems as "LINE reason OTHER;" with ! if fatal. */
static struct {
  char const *name;
  char const *source;
  char const *records;
  char const *problems;
} const t[] = {
    {"nothing", "", "", ""},
    {"no final newline", "1.2.3.4:allow", "1.2.3.4 ;", ""},
    {"the order of the file", ":deny\n1.:allow\n1.2.3.4:allow\n",
     " D;1. ;1.2.3.4 ;", ""},
    {"a network after the plain lines", "1.2.3.4/31:deny\n1.2.3.7:allow\n",
     "1.2.3.7 ;1.2.3.4 D;1.2.3.5 D;", ""},
    {"networks, longest first",
     "1.2.3.4/30:deny\n1.2.3.4/31:allow\n1.2.3.4/32:allow,A=\"b\"\n",
     "1.2.3.4 +A=b;1.2.3.5 ;1.2.3.6 D;1.2.3.7 D;", ""},
    {"a plain line before a network", "1.2.2.0/23:deny\n1.2.3.:allow\n",
     "1.2.3. ;1.2.2. D;", ""},
    {"IPv6 lengths, longest first, each once",
     "::/0:deny\n2001:db8::/32:allow\n2001:db9::/32:allow\n::1:allow\n",
     "::/0 D;2001:db8::/32 ;2001:db9::/32 ;::1 ;/ /32/0;", ""},
    {"the same address", "1.2.3.4:allow\n\n1.2.3.4:deny\n",
     "1.2.3.4 ;1.2.3.4 D;", "!3 its address is taken by line 1;"},
    {"the same address in other words",
     "2001:db8::1:allow\n"
     "2001:DB8:0::1:deny\n",
     "2001:db8::1 ;2001:db8::1 D;", "!2 its address is taken by line 1;"},
    {"a range swallowed", "1-3.:allow\n2-3.:deny\n", "1. ;2. ;3. ;2. D;3. D;",
     "!2 all its addresses are taken, the last by line 1;"},
    {"a range half taken, as in 0.88", "1-2.:allow\n2-3.:deny\n",
     "1. ;2. ;2. D;3. D;", ""},
    {"a network swallowed by its halves",
     "1.2.3.4/31:deny\n1.2.3.4:allow\n1.2.3.5:allow\n", "1.2.3.4 ;1.2.3.5 ;",
     "!1 all its addresses are taken, the last by line 3;"},
    {"all problems, in order",
     "1.2.3.0/24:allow,RELAYCLIENT=\"\"\nx\n1.2.3.:deny\n:allow,RELAYCLIENT="
     "\"\"\n1.2.3.300:deny\n",
     "1.2.3. D; +RELAYCLIENT=;",
     "!1 its address is taken by line 3;!2 no colon: write ADDRESS:allow;"
     "4 lets everybody relay: an open relay;!5 an octet is over 255;"},
    {"a CR in each line", "1.:deny\r\n2.:deny\r\n", "",
     "!1 a CR ends the line;!2 a CR ends the line;"},
};

struct out {
  char s[65536];
  size_t n;
  unsigned int room; /* records that still fit */
};

static int add(void *arg, char const *key, size_t klen, char const *data,
               size_t dlen)
{
  struct out *o = arg;

  if (!o->room--) {
    errno = ENOSPC;
    return 0;
  }
  while (dlen && !data[dlen - 1])
    dlen--;
  if (o->n + klen + dlen + 4 > sizeof o->s) return 1;
  o->n += (size_t)snprintf(o->s + o->n, sizeof o->s - o->n, "%.*s %.*s;",
                           (int)klen, key, (int)dlen, data);
  return 1;
}

static void show_problems(rulefile const *f, char *out)
{
  struct rulefile_problem const *p =
      genalloc_s(struct rulefile_problem, &f->problems);

  for (size_t i = 0; i < genalloc_len(struct rulefile_problem, &f->problems);
       i++) {
    out += sprintf(out, "%s%u %s", p[i].fatal ? "!" : "", p[i].line, p[i].why);
    if (p[i].other) out += sprintf(out, " %u", p[i].other);
    out += sprintf(out, ";");
  }
}

static void table(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct out o = {.room = 1000};
    char problems[4096] = "";
    rulefile f;

    rulefile_init(&f, add, &o);
    ok(rulefile_compile(&f, t[i].source, strlen(t[i].source)) &&
           rulefile_finish(&f),
       t[i].name);
    show_problems(&f, problems);
    ok(!strcmp(o.s, t[i].records), t[i].records);
    ok(!strcmp(problems, t[i].problems), t[i].problems);
    rulefile_free(&f);
  }
}

/* More keys than any of the tables' first sizes. */
static void many(void)
{
  struct out o = {.room = 200000};
  char const *key;
  char line[64];
  size_t klen, pos = 0;
  uint32_t n = 0, number, right = 0;
  rulefile f;
  int good = 1;

  rulefile_init(&f, add, &o);
  for (uint32_t i = 0; i < 100000; i++)
    good &= rulefile_line(&f, line,
                          (size_t)sprintf(line, "10.%u.%u.%u:deny", i >> 16,
                                          i >> 8 & 255, i & 255));
  good &= rulefile_line(&f, "10.0.3.232:allow", 16); /* line 1001 */
  ok(good && rulefile_end(&f) && f.fatal == 1, "one duplicate among many");
  ok(genalloc_s(struct rulefile_problem, &f.problems)->other == 1001,
     "and it is found");
  while (rulefile_next(&f, &pos, &number, &key, &klen)) {
    sprintf(line, "10.%u.%u.%u", n >> 16, n >> 8 & 255, n & 255);
    right +=
        number == n + 1 && klen == strlen(line) && !memcmp(key, line, klen);
    n++;
  }
  ok(n == 100000 && right == n, "every key with its line");
  rulefile_free(&f);
}

static void append(void)
{
  struct out o = {.room = 1000};
  rulefile f;

  rulefile_init(&f, add, &o);
  ok(rulefile_compile(&f, "1.2.3.4:deny\n1.2.3.8/30:deny\n", 29), "base");
  ok(rulefile_append(&f, "1.2.3.4:allow", 13) == RULEFILE_TAKEN,
     "a static rule beats a live one");
  ok(rulefile_append(&f, "1.2.3.9:allow", 13) == RULEFILE_TAKEN,
     "a network's address too");
  ok(rulefile_append(&f, "1.2.3.5:allow", 13) == RULEFILE_ADDED, "a new one");
  ok(rulefile_append(&f, "1.2.3.5:allow", 13) == RULEFILE_TAKEN, "twice");
  ok(rulefile_append(&f, "1.2.3.500:allow", 15) == RULEFILE_REFUSED, "bad");
  ok(rulefile_append(&f, "::1/128:allow", 13) == RULEFILE_ADDED, "IPv6");
  ok(rulefile_append(&f, "::/64:allow", 11) == RULEFILE_ADDED, "IPv6 network");
  ok(rulefile_finish(&f), "finish");
  ok(!strcmp(o.s, "1.2.3.4 D;1.2.3.8 D;1.2.3.9 D;1.2.3.10 D;1.2.3.11 D;"
                  "1.2.3.5 ;::1 ;::/64 ;/ /64;"),
     "the records");
  rulefile_free(&f);
}

static void failures(void)
{
  char const *const source = "1.2.3.4:deny\n1.:deny\n1.2.3.8/30:deny\n";

  for (unsigned int room = 0; room < 6; room++) {
    struct out o = {.room = room};
    rulefile f;

    rulefile_init(&f, add, &o);
    errno = 0;
    ok(!rulefile_compile(&f, source, strlen(source)) && errno == ENOSPC,
       "a record that cannot be written ends it");
    rulefile_free(&f);
  }
}

static void exact(void)
{
  struct out o = {.room = 1000};
  rulefile f;

  rulefile_init(&f, add, &o);
  ok(rulefile_exact(&f, "nocolon", 7) == 1 && !o.n, "0.88 skips it");
  ok(rulefile_exact(&f, "1.2-3:deny", 10) == 1 && !strcmp(o.s, "1.2 D;1.3 D;"),
     "0.88 takes it");
  ok(rulefile_exact(&f, "::1:allow", 9) == -1, "0.88 refuses it");
  o.room = 0;
  errno = 0;
  ok(!rulefile_exact(&f, "1.2-3:deny", 10) && errno == ENOSPC, "no room");
  rulefile_free(&f);
}

int main(void)
{
  table();
  many();
  append();
  failures();
  exact();
  return done();
}
