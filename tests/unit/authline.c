/* Unit test of src/lib/authline.c. */
#include <string.h>

#include "authline.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct authline l;
static char buf[AUTHLINE_MAX];

static int split(char const *s, size_t len)
{
  memcpy(buf, s, len);
  buf[len] = 'x';
  return authline_split(&l, buf, len);
}

static int word(size_t i, char const *s, size_t len)
{
  return i < l.n && l.len[i] == len && !memcmp(l.word[i], s, len) &&
         !l.word[i][len];
}

static struct {
  char const *line;
  size_t len;
  char const *word;
  size_t wlen;
} const words[] = {
    {BYTES("plain"), BYTES("plain")},
    {BYTES(""), BYTES("")},
    {BYTES("a\001tb"), BYTES("a\tb")},
    {BYTES("a\001nb"), BYTES("a\nb")},
    {BYTES("a\001rb"), BYTES("a\rb")},
    {"a\001"
     "0b",
     4, BYTES("a\0b")},
    {"a\001"
     "1b",
     4, BYTES("a\001b")},
    {BYTES("a\001lb"), BYTES("alb")},
    {BYTES("a\001\001b"), BYTES("a\001b")},
    {BYTES("a\001"), BYTES("a")},
    {BYTES("\001"), BYTES("")},
    {BYTES("\001t\001t"), BYTES("\t\t")},
    {"\001"
     "1t",
     3, BYTES("\001t")},
    {BYTES("a\0b"), BYTES("a\0b")},
    {BYTES("\377\200"), BYTES("\377\200")},
};

static struct {
  char const *line;
  char const *name;
  char const *value; /* 0: not there */
} const gets[] = {
    {"OK\t1\tuser=joe\tnologin", "user", "joe"},
    {"OK\t1\tuser=joe\tnologin", "nologin", ""},
    {"OK\t1\tuser=\tnologin", "user", ""},
    {"OK\t1\tuser=a=b", "user", "a=b"},
    {"OK\t1\tusers=joe", "user", 0},
    {"OK\t1\tUser=joe", "user", 0},
    {"OK\t1\tuse", "user", 0},
    {"OK\t1", "user", 0},
    {"OK", "user", 0},
    {"user=x\tuser=y\tz", "user", 0},
    {"OK\t1\tuser=joe\tuser=ann", "user", "joe"},
    {"OK\t1\tuser=a\001tb", "user", "a\tb"},
    {"OK\t1\tuser=a\0010b", "user", 0},
};

static struct {
  char const *line;
  unsigned int id;
} const ids[] = {
    {"OK\t1", 1},
    {"OK\t10", 10},
    {"OK\t4294967295", 4294967295u},
    {"OK\t4294967296", 0},
    {"OK\t42949672950", 0},
    {"OK\t99999999999999999999", 0},
    {"OK\t0", 0},
    {"OK\t01", 0},
    {"OK\t", 0},
    {"OK", 0},
    {"OK\t1x", 0},
    {"OK\t-1", 0},
    {"OK\t+1", 0},
    {"OK\t 1", 0},
    {"OK\t1\0010", 0},
};

static void tables(void)
{
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    ok(split(words[i].line, words[i].len) && l.n == 1 &&
           word(0, words[i].word, words[i].wlen),
       "a word");
  for (size_t i = 0; i < sizeof gets / sizeof *gets; i++) {
    char const *v;

    split(gets[i].line, strlen(gets[i].line));
    v = authline_get(&l, 2, gets[i].name);
    ok(gets[i].value ? v && !strcmp(v, gets[i].value) : !v, gets[i].line);
  }
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    split(ids[i].line, strlen(ids[i].line));
    ok(authline_id(&l, 1) == ids[i].id, ids[i].line);
  }
}

static void many(void)
{
  memset(buf, '\t', sizeof buf);
  ok(authline_split(&l, buf, AUTHLINE_WORDS - 1) && l.n == AUTHLINE_WORDS,
     "as many words as may be");
  memset(buf, '\t', sizeof buf);
  ok(!authline_split(&l, buf, AUTHLINE_WORDS), "one more");
  ok(split(BYTES("a\t\tb\t")) && l.n == 4 && word(0, BYTES("a")) &&
         word(1, BYTES("")) && word(2, BYTES("b")) && word(3, BYTES("")),
     "empty words");
}

static void writing(void)
{
  stralloc sa = STRALLOC_ZERO;
  static char const odd[] = "a\001\t\r\n\377 =";

  ok(stralloc_copys(&sa, "AUTH") && authline_add(&sa, "1") &&
         authline_param(&sa, "rip", "::1") && authline_param(&sa, "lip", 0) &&
         authline_param(&sa, "resp", "") && sa.len == 20 &&
         !memcmp(sa.s, "AUTH\t1\trip=::1\tresp=", 20),
     "parameters");
  sa.len = 0;
  authline_add(&sa, odd);
  ok(sa.len == 13 && !memcmp(sa.s, "\ta\0011\001t\001r\001n\377 =", sa.len),
     "what is escaped");
  ok(split(sa.s + 1, sa.len - 1) && l.n == 1 && word(0, BYTES(odd)),
     "and back");
  stralloc_free(&sa);
}

int main(void)
{
  tables();
  many();
  writing();
  return done();
}
