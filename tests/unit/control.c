/* Unit test of src/lib/control.c, over files in a directory. */
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "control.h"
#include "unit.h"

static struct control c = {.dir = "control"};

static void put(char const *name, char const *s, size_t n)
{
  char path[64];
  FILE *f;

  snprintf(path, sizeof path, "control/%s", name);
  f = fopen(path, "w");
  if (!f) return;
  fwrite(s, 1, n, f);
  fclose(f);
}

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *in;
  size_t n;
  char const *want; /* 0: refused */
  char const *why;
} const lines[] = {
    {BYTES("mx.example.org\n"), "mx.example.org", 0},
    {BYTES("mx.example.org"), "mx.example.org", 0},
    {BYTES("two words \t\r\nand an explanation\n"), "two words", 0},
    {BYTES(""), 0, "control/x:1: empty"},
    {BYTES("  \nme\n"), 0, "control/x:1: empty"},
    {BYTES("a\0b\n"), 0, "control/x:1: control byte in the line"},
    {BYTES("a\tb\n"), 0, "control/x:1: control byte in the line"},
};

static struct {
  char const *in;
  uint64_t want;
  char const *why;
} const numbers[] = {
    {"0\n", 0, 0},
    {"18446744073709551615\n", 18446744073709551615u, 0},
    {"12 \nbytes\n", 12, 0},
    {"18446744073709551616\n", 0, "control/x:1: not a number"},
    {"12k\n", 0, "control/x:1: not a number"},
    {"-1\n", 0, "control/x:1: not a number"},
    {" 1\n", 0, "control/x:1: not a number"},
    {"0x10\n", 0, "control/x:1: not a number"},
};

static char const *no_x(char const *s, size_t n)
{
  return memchr(s, 'x', n) ? "an x" : 0;
}

static struct {
  char const *in;
  size_t n;
  char const *want;
  size_t wlen;
  char const *why;
} const lists[] = {
    {BYTES("a\nb\n"), BYTES("a\0b\0"), 0},
    {BYTES("a\n\n# no\nb c \t\r\nd"), BYTES("a\0b c\0d\0"), 0},
    {BYTES(""), BYTES(""), 0},
    {BYTES("\n\n#\n"), BYTES(""), 0},
    {BYTES("a\n\nx\n"), 0, 0, "control/x:3: an x"},
    {BYTES("a\nb\0\n"), 0, 0, "control/x:2: control byte in the line"},
};

/* Does what stands there in the list stand in that line?  0: nowhere. */
static int item_at(char const *name, stralloc const *list, size_t at,
                   char const *line)
{
  stralloc where = STRALLOC_ZERO;
  int r = control_item_where(&c, name, list, list->s + at, &where);
  int good =
      line ? r && strchr(where.s, ':') && !strcmp(strchr(where.s, ':'), line)
           : !r;

  stralloc_free(&where);
  return good;
}

int main(void)
{
  stralloc sa = STRALLOC_ZERO;
  uint64_t u = 7;

  mkdir("control", 0700);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    put("x", lines[i].in, lines[i].n);
    if (lines[i].want)
      ok(control_line(&c, "x", &sa) == 1 && !strcmp(sa.s, lines[i].want) &&
             sa.len == strlen(lines[i].want),
         lines[i].want);
    else
      ok(control_line(&c, "x", &sa) == -1 && !strcmp(c.why.s, lines[i].why),
         lines[i].why);
  }
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    put("x", numbers[i].in, strlen(numbers[i].in));
    if (!numbers[i].why)
      ok(control_number(&c, "x", &u) == 1 && u == numbers[i].want, "a number");
    else
      ok(control_number(&c, "x", &u) == -1 && !strcmp(c.why.s, numbers[i].why),
         "not a number");
  }
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    put("x", lists[i].in, lists[i].n);
    if (!lists[i].why)
      ok(control_list(&c, "x", no_x, &sa) == 1 && sa.len == lists[i].wlen &&
             !memcmp(sa.s, lists[i].want, sa.len),
         "a list");
    else
      ok(control_list(&c, "x", no_x, &sa) == -1 &&
             !strcmp(c.why.s, lists[i].why),
         lists[i].why);
  }

  put("x", "# no\n\na\n #b\n\n# c\nd e", 20);
  ok(control_list(&c, "x", 0, &sa) == 1 && item_at("x", &sa, 0, ":3") &&
         item_at("x", &sa, 2, ":4") && item_at("x", &sa, 6, ":7"),
     "the lines of a list's items");
  ok(item_at("x", &sa, 8, ":7"), "and of what is within one");
  ok(item_at("absent", &sa, 0, 0), "of a list that is gone");
  put("x", "a\n", 2);
  ok(item_at("x", &sa, 0, ":1") && item_at("x", &sa, 2, 0),
     "and of items that are");
  ok(!control_line(&c, "absent", &sa) && !control_number(&c, "absent", &u) &&
         !control_list(&c, "absent", 0, &sa),
     "an absent file is no error");
  mkdir("control/dir", 0700);
  ok(control_line(&c, "dir", &sa) == -1 &&
         !strcmp(c.why.s, "control/dir: Is a directory"),
     "a directory is one");
  ok(control_line(&c, "x/y", &sa) == -1 &&
         !strcmp(c.why.s, "control/x/y: Not a directory"),
     "so is a path that leads nowhere");
  {
    static char big[CONTROL_MAX + 1];

    memset(big, 'a', sizeof big);
    put("x", big, sizeof big);
    ok(control_list(&c, "x", 0, &sa) == -1, "too large");
    put("x", big, CONTROL_LINE_MAX + 1);
    ok(control_line(&c, "x", &sa) == -1 &&
           !strcmp(c.why.s, "control/x:1: line too long"),
       "line too long");
  }
  stralloc_free(&sa);
  control_free(&c);
  return done();
}
