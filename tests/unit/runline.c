/* Unit test of src/admin/runline.c: one row per script. */
#include <stdlib.h>
#include <string.h>

#include "runline.h"
#include "unit.h"

static struct {
  char const *text;
  char const *want; /* words, each with its line before; 0: refused */
} const t[] = {
    {"", ""},
    {" \n\t", ""},
    {"a b\nc", "1a 1b 2c "},
    {"#!/bin/execlineb -P\na", "2a "},
    {"a # b\nc#d", "1a 2c#d "},
    {"a \\\n b", "1a 2b "},
    {"a\\\nb c", "1ab 2c "},
    {"\"a b\" \"\" c", "1a b 1 1c "},
    {"-q\"a\\\"b\\\\\"c d", "1-qa\"b\\c 1d "},
    {"\"a\nb\" c", "1a\nb 2c "},
    {"'a \"b\\' c", "1a \"b\\ 1c "},
    {"a\\ b \\\"c", "1a b 1\"c "},
    {"{ a $b }", "1{ 1a 1$b 1} "},
    {"a\r\nb", "1a 2b "},
    {"\"a", 0},
    {"'a", 0},
    {"a\\", 0},
    {"\"a\\", 0},
};

static int is(struct runline const *r, char const *want)
{
  char got[256] = "";
  size_t n = 0;

  for (size_t i = 0; i < r->n; i++)
    n += (size_t)snprintf(got + n, sizeof got - n, "%zu%s ", r->line[i],
                          r->word[i]);
  return !strcmp(got, want) && !r->word[r->n];
}

int main(void)
{
  static char many[RUNLINE_MAX + 1];
  struct runline r = {0};

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct runline x = {0};
    char name[32];
    int good = runline_parse(&x, t[i].text, strlen(t[i].text), 1);

    snprintf(name, sizeof name, "script %zu", i + 1);
    ok(t[i].want ? good && is(&x, t[i].want) : !good, name);
    runline_free(&x);
  }
  ok(runline_parse(&r, "a\nb", 3, 7) && is(&r, "7a 8b "), "from a line on");
  runline_free(&r);
  r = (struct runline){0};
  ok(!runline_parse(&r, "a\0b", 3, 1), "a NUL");
  runline_free(&r);
  memset(many, 'x', sizeof many);
  r = (struct runline){0};
  ok(!runline_parse(&r, many, sizeof many, 1), "too long");
  runline_free(&r);
  for (size_t i = 0; i < sizeof many; i += 2)
    many[i] = ' ';
  r = (struct runline){0};
  ok(!runline_parse(&r, many, RUNLINE_MAX, 1), "too many words");
  runline_free(&r);
  return done();
}
