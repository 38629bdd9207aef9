/* Unit test of src/auth/saslprep.c: one row per case. */
#include <errno.h>
#include <string.h>

#include "saslprep.h"
#include "unit.h"

/* RFC 4013 section 3, and what it leaves to its tables. */
static struct {
  char const *s;
  char const *query;  /* 0: refused */
  char const *stored; /* likewise */
} const t[] = {
    {"user", "user", "user"},
    {"USER", "USER", "USER"},
    {"us er", "us er", "us er"},
    {"I\xc2\xadX", "IX", "IX"},
    {"\xc2\xaa", "a", "a"},
    {"\xe2\x85\xa8", "IX", "IX"},
    {"a\xc2\xa0"
     "b",
     "a b", "a b"},
    {"u\xcc\x88", "\xc3\xbc", "\xc3\xbc"},
    {"\xef\xac\x80", "ff", "ff"},
    {"\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 0}, /* not in Unicode 3.2 */
    {"", 0, 0},
    {"\xc2\xad", 0, 0},
    {"\x07", 0, 0},
    {"a\tb", 0, 0},
    {"a\x7f", 0, 0},
    {"\xd8\xa7\x31", 0, 0},
    {"\xc2\x85", 0, 0},
    {"\xee\x80\x80", 0, 0},
    {"\xff", 0, 0},
    {"\xc3", 0, 0},
};

static struct {
  char const *s;
  size_t n;
  int good;
} const utf8[] = {
    {"", 0, 1},
    {"a\x7f", 2, 1},
    {"\xc2\x80", 2, 1},
    {"\xdf\xbf", 2, 1},
    {"\xe0\xa0\x80", 3, 1},
    {"\xed\x9f\xbf", 3, 1},
    {"\xee\x80\x80", 3, 1},
    {"\xf0\x90\x80\x80", 4, 1},
    {"\xf4\x8f\xbf\xbf", 4, 1},
    {"\0", 1, 0},
    {"a\0b", 3, 0},
    {"\x80", 1, 0},
    {"\xc0\x80", 2, 0},
    {"\xc1\xbf", 2, 0},
    {"\xc2", 1, 0},
    {"\xc2"
     "a",
     2, 0},
    {"\xe0\x9f\xbf", 3, 0},
    {"\xed\xa0\x80", 3, 0},
    {"\xed\xbf\xbf", 3, 0},
    {"\xe2\x82", 2, 0},
    {"\xf0\x8f\xbf\xbf", 4, 0},
    {"\xf4\x90\x80\x80", 4, 0},
    {"\xf5\x80\x80\x80", 4, 0},
    {"\xf8\x88\x80\x80\x80", 5, 0},
    {"\xf0\x90\x80", 3, 0},
};

static int is(char const *s, enum saslprep_kind kind, char const *want)
{
  stralloc sa = STRALLOC_ZERO;
  int r = saslprep(&sa, s, kind);
  int good = want ? r && sa.len == strlen(want) && !strcmp(sa.s, want)
                  : !r && errno == EINVAL;

  stralloc_free(&sa);
  return good;
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    ok(is(t[i].s, SASLPREP_QUERY, t[i].query), "looked up");
    ok(is(t[i].s, SASLPREP_STORED, t[i].stored), "kept");
  }
  for (size_t i = 0; i < sizeof utf8 / sizeof *utf8; i++)
    ok(saslprep_utf8(utf8[i].s, utf8[i].n) == utf8[i].good,
       utf8[i].good ? "UTF-8" : "not UTF-8");
  return done();
}
