/* Unit test of src/admin/template.c: one row per case. */
#include <string.h>

#include "template.h"
#include "unit.h"

static struct template_value const values[] = {
    {"home", "/srv/%{me}"}, {"me", "mx"}, {"empty", ""}, {0, 0}};

static struct {
  char const *text;
  char const *want; /* 0: refused */
} const t[] = {
    {"", ""},
    {"plain 100% {} %", "plain 100% {} %"},
    {"%{me}", "mx"},
    {"a %{me}%{empty}%{me} b", "a mxmx b"},
    {"%{home}", "/srv/%{me}"}, /* a value is not looked at again */
    {"%{mee}", 0},
    {"%{m}", 0},
    {"%{}", 0},
    {"x %{me", 0},
};

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    stralloc sa = STRALLOC_ZERO;
    int r = template_fill(&sa, t[i].text, values);

    ok(t[i].want ? r == 1 && stralloc_0(&sa) && !strcmp(sa.s, t[i].want) : !r,
       t[i].text);
    stralloc_free(&sa);
  }
  return done();
}
