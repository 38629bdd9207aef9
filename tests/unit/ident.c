/* Unit test of src/accept/ident.c: one row per case. */
#include <string.h>

#include "ident.h"
#include "unit.h"

static struct {
  char const *line;
  char const *want; /* 0: unknown */
} const t[] = {
    {"6193, 23 : USERID : UNIX : stjohns", "stjohns"},
    {"6193,23:USERID:UNIX:stjohns\r", "stjohns"},
    {"6193 , 23 : USERID :UNIX , US-ASCII: a:b", "a:b"},
    {"6193, 23 : USERID : OTHER : ^@!", "^@!"},
    {"6193, 23 : ERROR : NO-USER", 0},
    {"6194, 23 : USERID : UNIX : stjohns", 0}, /* another's port */
    {"6193, 24 : USERID : UNIX : stjohns", 0},
    {"6193, 23 : USERID : UNIX :", 0},
    {"6193, 23 : USERID : UNIX : a b", 0},
    {"6193, 23 : USERID : UNIX : a\tb", 0},
    {"6193, 23 : USERID : UNIX : b\xfc", 0},
    {"6193, 23 : USERID : UNIX", 0},
    {"6193, 23 : USERIDX : UNIX : x", 0},
    {"6193, 23", 0},
    {"66193, 23 : USERID : UNIX : x", 0},
    {"-6193, 23 : USERID : UNIX : x", 0},
    {"", 0},
    {"\r", 0},
};

int main(void)
{
  char info[IDENT_INFO_MAX + 1], line[IDENT_LINE_MAX + 2];
  char const start[] = "6193,23:USERID:UNIX:";
  size_t n = strlen(start);

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    int r;

    strcpy(info, "untouched");
    r = ident_parse(t[i].line, strlen(t[i].line), 6193, 23, info);
    ok(t[i].want ? r && !strcmp(info, t[i].want) : !r, t[i].line);
  }
  memset(line, 'x', sizeof line);
  memcpy(line, start, n);
  ok(ident_parse(line, n + 255, 6193, 23, info) && strlen(info) == 255,
     "255 bytes are the most");
  ok(!ident_parse(line, n + 256, 6193, 23, info), "256 are too many");
  ok(!ident_parse(line, sizeof line, 6193, 23, info), "an endless line");
  ok(!ident_parse("6193,23:USERID:UNIX:a\0b", 23, 6193, 23, info), "a NUL");
  {
    char q[IDENT_QUERY_FMT];
    ok(ident_query(q, 65535, 65535) == 15 &&
           !memcmp(q, "65535 , 65535\r\n", 15),
       "the question");
  }
  return done();
}
