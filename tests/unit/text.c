/* Unit test of src/lib/text.c: one row per case. */
#include <string.h>

#include "text.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *in;
  size_t len;
  size_t max;
  char const *want;
} const escape[] = {
    {BYTES("plain@example.org"), 100, "plain@example.org"},
    {BYTES(""), 100, ""},
    {BYTES("a b"), 100, "a\\x20b"},
    {BYTES("a\r\nb"), 100, "a\\x0d\\x0ab"},
    {BYTES("\\x41"), 100, "\\x5cx41"},
    {BYTES("\0\x1b\x7f\xff"), 100, "\\x00\\x1b\\x7f\\xff"},
    {BYTES("12345678"), 8, "12345678"},
    {BYTES("123456789"), 8, "12345..."},
    {BYTES("12345 789"), 8, "12345..."},
    {BYTES("1234 6789"), 8, "1234..."},
    {BYTES("    "), 3, "..."},
};

int main(void)
{
  for (size_t i = 0; i < sizeof escape / sizeof *escape; i++) {
    char got[128] = "";

    got[text_escape(got, escape[i].max, escape[i].in, escape[i].len)] = 0;
    ok(!strcmp(got, escape[i].want), escape[i].want);
  }
  {
    int good = 1;
    for (int c = 0; c < 256; c++) {
      char in = (char)c, got[4];
      size_t n = text_escape(got, sizeof got, &in, 1);
      for (size_t i = 0; i < n; i++)
        good &= got[i] > 0x20 && got[i] < 0x7f;
    }
    ok(good, "every byte comes out printable");
  }
  {
    char s[] = "ABCxyz[`{@\xc4";
    text_lower(s, sizeof s - 1);
    ok(!strcmp(s, "abcxyz[`{@\xc4"), "only ASCII letters are lowered");
  }
  ok(text_hash("", 0) == 0xcbf29ce484222325 &&
         text_hash("a", 1) == 0xaf63dc4c8601ec8c &&
         text_hash("foobar", 6) == 0x85944171f73967e8,
     "FNV-1a's own examples");
  ok(text_hash("FooBAR", 6) == text_hash("foobar", 6) &&
         text_hash("[", 1) != text_hash("{", 1),
     "equal text has equal hashes");
  ok(text_equal("Local.Example", 13, "lOCAL.eXAMPLE", 13), "case is no matter");
  ok(!text_equal("a", 1, "ab", 2), "length is");
  ok(!text_equal("[", 1, "{", 1), "[ is no upper-case {");
  return done();
}
