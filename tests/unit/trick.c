/* Unit test of src/admin/trick.c: the table, the templates, the verdicts. */
#include <string.h>

#include "trick.h"
#include "unit.h"

static struct trick_names const names = {
    .foreign = "else.example",
    .user = "u",
    .sender = "s@sender.example",
    .helo = "me.example",
    .own = "mx.example",
    .literal = "[192.0.2.1]",
    .word = "xyzzy",
};

static int expands(char const *template, char const *want, size_t n)
{
  stralloc sa = STRALLOC_ZERO;
  int good = trick_line(&sa, template, &names) && sa.len == n &&
             !memcmp(sa.s, want, n);

  stralloc_free(&sa);
  return good;
}
#define EXPANDS(t, want) ok(expands(t, want, sizeof want - 1), t)

static void table(void)
{
  size_t n = 0, twice = 0, data = 0, endless = 0;

  for (struct trick const *d = tricks; d->name; d++, n++) {
    for (struct trick const *e = tricks; e < d; e++)
      twice += !strcmp(e->name, d->name);
    endless += !d->line[0];
    for (size_t i = 0; i < TRICK_LINES && d->line[i]; i++)
      data += strstr(d->line[i], "DATA") || strstr(d->line[i], "BDAT");
  }
  ok(n >= 60, "at least 60");
  ok(!twice, "each has a name of its own");
  ok(!endless, "each says something");
  ok(!data, "none begins a message");
}

static struct {
  char const *name;
  enum trick_kind kind;
  unsigned int code, good, stranger;
  enum trick_verdict want;
} const rows[] = {
    {"refused", TRICK_FOREIGN, 553, 0, 550, TRICK_CLOSED},
    {"accepted", TRICK_FOREIGN, 250, 1, 550, TRICK_OPEN},
    {"251 too", TRICK_FOREIGN, 251, 1, 250, TRICK_OPEN},
    {"later", TRICK_FOREIGN, 450, 0, 550, TRICK_UNTOLD},
    {"good bye", TRICK_FOREIGN, 421, 0, 550, TRICK_CLOSED},
    {"hung up", TRICK_FOREIGN, 0, 0, 550, TRICK_CLOSED},
    {"a strange challenge", TRICK_FOREIGN, 334, 0, 550, TRICK_CLOSED},
    {"local, users known", TRICK_LOCAL, 250, 1, 550, TRICK_OPEN},
    {"local, any user", TRICK_LOCAL, 250, 1, 250, TRICK_UNTOLD},
    {"local, later", TRICK_LOCAL, 250, 1, 450, TRICK_UNTOLD},
    {"local, nobody knows", TRICK_LOCAL, 250, 1, 0, TRICK_UNTOLD},
    {"local, refused", TRICK_LOCAL, 550, 0, 250, TRICK_CLOSED},
    {"odd, users known", TRICK_ODD, 250, 1, 550, TRICK_OPEN},
    {"odd, any user", TRICK_ODD, 250, 1, 250, TRICK_CLOSED},
    {"literal, users known", TRICK_LITERAL, 250, 1, 553, TRICK_OPEN},
    {"literal, any user", TRICK_LITERAL, 250, 1, 250, TRICK_UNTOLD},
    {"batch", TRICK_BATCH, 250, 3, 250, TRICK_OPEN},
    {"batch, refused", TRICK_BATCH, 553, 2, 250, TRICK_CLOSED},
    {"glued, one taken", TRICK_GLUED, 250, 1, 250, TRICK_CLOSED},
    {"glued, two taken", TRICK_GLUED, 250, 2, 250, TRICK_OPEN},
    {"glued, hung up", TRICK_GLUED, 0, 0, 250, TRICK_CLOSED},
};

int main(void)
{
  table();
  EXPANDS("MAIL FROM:<%S>", "MAIL FROM:<s@sender.example>\r\n");
  EXPANDS("EHLO %H", "EHLO me.example\r\n");
  EXPANDS("<@%L:%U@%F>%%%I", "<@mx.example:u@else.example>%[192.0.2.1]\r\n");
  EXPANDS("%R%0%n%r", "xyzzy\0\n\r\r\n");
  EXPANDS("AUTH PLAIN %A", "AUTH PLAIN AHh5enp5AHh5enp5\r\n");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    ok(trick_judge(rows[i].kind, rows[i].code, rows[i].good,
                   rows[i].stranger) == rows[i].want,
       rows[i].name);
  return done();
}
