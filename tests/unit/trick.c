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
    .to = "me@own.example",
    .date = "Sun, 22 Nov 2026 00:19:19 +0000",
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
  size_t n = 0, twice = 0, data = 0, endless = 0, early = 0;

  for (struct trick const *d = tricks; d->name; d++, n++) {
    for (struct trick const *e = tricks; e < d; e++)
      twice += !strcmp(e->name, d->name);
    endless += !d->line[0];
    if (trick_sends_message(d->kind)) continue;
    early += d > tricks && trick_sends_message(d[-1].kind);
    for (size_t i = 0; i < TRICK_LINES && d->line[i]; i++)
      data += strstr(d->line[i], "DATA") || strstr(d->line[i], "%B");
  }
  ok(n >= 60, "at least 60");
  ok(!twice, "each has a name of its own");
  ok(!endless, "each says something");
  ok(!data, "none begins a message");
  ok(!early, "but those at the end");
}

static char const *last_line(struct trick const *d)
{
  char const *s = 0;

  for (size_t i = 0; i < TRICK_LINES && d->line[i]; i++)
    s = d->line[i];
  return s;
}

/* Where s first stands in the n bytes at text; n if nowhere. */
static size_t find(char const *text, size_t n, char const *s)
{
  size_t l = strlen(s), i = 0;

  while (i + l <= n && memcmp(text + i, s, l))
    i++;
  return i + l <= n ? i : n;
}

/* As the server gets them: DATA ends where it should and not before, and the
   hidden commands do nothing. */
static void messages(void)
{
  static char const *const harmful[] = {"MAIL", "RCPT", "DATA",
                                        "BDAT", "QUIT", "else.example"};
  size_t n = 0, astray = 0, open = 0, harm = 0, overt = 0;

  for (struct trick const *d = tricks; d->name; d++) {
    stralloc sa = STRALLOC_ZERO;

    if (!trick_sends_message(d->kind)) continue;
    for (size_t i = 0; i < TRICK_LINES && d->line[i]; i++)
      astray += !!strstr(d->line[i], "%U") || !!strstr(d->line[i], "%F");
    if (!trick_line(&sa, last_line(d), &names)) continue;
    n++;
    if (d->kind == TRICK_MESSAGE)
      open += find(sa.s, sa.len, "\r\n.\r\n") != sa.len - 5;
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++)
      harm += find(sa.s + 4, sa.len - 4, harmful[i]) < sa.len - 4;
    overt += find(sa.s, sa.len, "NOOP\r\nRSET\r\n") == sa.len;
    stralloc_free(&sa);
  }
  ok(n >= 25, "at least 25 messages");
  ok(!astray, "none for a stranger");
  ok(!open, "each ends at CR LF . CR LF, and there only");
  ok(!harm, "what they hide sends nothing");
  ok(!overt, "and hides in each");
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
    {"message taken", TRICK_MESSAGE, 250, 1, 550, TRICK_CLOSED},
    {"message refused", TRICK_MESSAGE, 550, 1, 550, TRICK_CLOSED},
    {"message, later", TRICK_MESSAGE, 451, 1, 550, TRICK_CLOSED},
    {"message taken, and then", TRICK_MESSAGE, 250, 2, 550, TRICK_OPEN},
    {"message, and 5xx", TRICK_MESSAGE, 500, 2, 250, TRICK_OPEN},
    {"message, and 4xx", TRICK_MESSAGE, 451, 2, 250, TRICK_OPEN},
    {"message, many", TRICK_MESSAGE, 250, 4, 250, TRICK_OPEN},
    {"message, not begun", TRICK_MESSAGE, 550, 0, 550, TRICK_UNTOLD},
    {"message, hung up", TRICK_MESSAGE, 0, 0, 550, TRICK_UNTOLD},
    {"chunk taken", TRICK_CHUNK, 250, 1, 550, TRICK_CLOSED},
    {"chunk, not offered", TRICK_CHUNK, 0, 1, 550, TRICK_CLOSED},
    {"chunk, and then", TRICK_CHUNK, 250, 2, 550, TRICK_OPEN},
    {"chunk, not begun", TRICK_CHUNK, 550, 0, 550, TRICK_UNTOLD},
};

int main(void)
{
  table();
  messages();
  EXPANDS("MAIL FROM:<%S>", "MAIL FROM:<s@sender.example>\r\n");
  EXPANDS("EHLO %H", "EHLO me.example\r\n");
  EXPANDS("<@%L:%U@%F>%%%I", "<@mx.example:u@else.example>%[192.0.2.1]\r\n");
  EXPANDS("%R%0%n%r", "xyzzy\0\n\r\r\n");
  EXPANDS("AUTH PLAIN %A", "AUTH PLAIN AHh5enp5AHh5enp5\r\n");
  EXPANDS("<%T> %D", "<me@own.example> Sun, 22 Nov 2026 00:19:19 +0000\r\n");
  EXPANDS("%(3).%(12)", "xxx.xxxxxxxxxxxx\r\n");
  EXPANDS("%Ba%r%n.%0", "BDAT 7 LAST\r\na\r\n.\0\r\n");
  EXPANDS("%r%n%Bab%(6)", "\r\nBDAT 10 LAST\r\nabxxxxxx\r\n");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    ok(trick_judge(rows[i].kind, rows[i].code, rows[i].good,
                   rows[i].stranger) == rows[i].want,
       rows[i].name);
  return done();
}
