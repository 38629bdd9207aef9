/* Unit test of src/lib/json.c. */
#include <string.h>

#include "json.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *name;
  char const *s;
  size_t n;
  char const *want;
} const rows[] = {
    {"nothing", BYTES(""), "\"\""},
    {"plain", BYTES("a b"), "\"a b\""},
    {"quote and backslash", BYTES("\"\\"), "\"\\\"\\\\\""},
    {"control bytes", BYTES("\0\r\n\x1f\x7f"),
     "\"\\u0000\\u000d\\u000a\\u001f\\u007f\""},
    {"two, three and four bytes", BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"a byte of its own", BYTES("a\xe9z"), "\"a\\ufffdz\""},
    {"cut short", BYTES("\xe2\x82"), "\"\\ufffd\\ufffd\""},
    {"overlong slash", BYTES("\xc0\xaf"), "\"\\ufffd\\ufffd\""},
    {"overlong in three", BYTES("\xe0\x80\xaf"), "\"\\ufffd\\ufffd\\ufffd\""},
    {"overlong in four", BYTES("\xf0\x80\x80\xaf"),
     "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
    {"a surrogate", BYTES("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\""},
    {"beyond the last", BYTES("\xf4\x90\x80\x80"),
     "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
};

int main(void)
{
  stralloc sa = STRALLOC_ZERO;

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    sa.len = 0;
    ok(json_string(&sa, rows[i].s, rows[i].n) &&
           sa.len == strlen(rows[i].want) &&
           !memcmp(sa.s, rows[i].want, sa.len),
       rows[i].name);
  }
  sa.len = 0;
  ok(stralloc_append(&sa, '{') && json_member(&sa, "a", "x", 1) &&
         json_member_number(&sa, "b", 7) && json_member(&sa, "c", "", 0) &&
         stralloc_append(&sa, '}') && stralloc_0(&sa) &&
         !strcmp(sa.s, "{\"a\":\"x\",\"b\":7,\"c\":\"\"}"),
     "members");
  stralloc_free(&sa);
  return done();
}
