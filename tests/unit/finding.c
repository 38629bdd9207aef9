/* Unit test of src/admin/finding.c: what is kept, in which order, and how it is
   shown. */
#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "unit.h"

static struct place const here = {"/a b/c\n", 7};
static struct place const there = {"/x", 0};

static int is(int (*show)(struct findings const *, stralloc *),
              struct findings const *f, char const *want)
{
  stralloc sa = STRALLOC_ZERO;
  int good = show(f, &sa) && stralloc_0(&sa) && !strcmp(sa.s, want);

  if (!good) printf("# is: %s\n", sa.s ? sa.s : "nothing");
  stralloc_free(&sa);
  return good;
}

static void order(void)
{
  struct findings f = {.lost = 0};

  ok(is(findings_text, &f, "") && is(findings_json, &f, ""), "nothing");
  FINDING(&f, ADVICE, there, "first");
  FINDING(&f, DANGER, there, "second");
  FINDING(&f, FAULT, there, "third");
  FINDING(&f, DANGER, there, "fourth");
  findings_sort(&f);
  ok(is(findings_text, &f,
        "danger: /x: second\ndanger: /x: fourth\nfault: /x: third\n"
        "advice: /x: first\n"),
     "the worst first, and else as they came");
  ok(findings_count(&f) == 4 && !findings_unseen(&f), "how many");
  findings_free(&f);
}

static void escapes(void)
{
  struct findings f = {.lost = 0};

  FINDING(&f, FAULT, here, "of \\ ", "a b\n\\\"", "");
  COMMAND(&f, "rm % % % '%'", "/plain", "it's", "");
  ok(is(findings_text, &f,
        "fault: /a b/c\\x0a:7: of \\ a b\\x0a\\x5c\"\n"
        "    $ rm /plain 'it'\\''s' '' '%'\n"),
     "what is not ours is escaped, and paths are words of a shell");
  ok(is(findings_json, &f,
        "{\"severity\":\"fault\",\"file\":\"/a b/c\\\\x0a\",\"line\":7,"
        "\"what\":\"of \\\\ a b\\\\x0a\\\\x5c\\\"\","
        "\"command\":\"rm /plain 'it'\\\\''s' '' '%'\"}\n"),
     "as JSON");
  findings_free(&f);
}

static void odd(void)
{
  static char const *const names[] = {"a\nb", "\033[2J", "\xc2\x9b", "\x7f"};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct findings f = {.lost = 0};

    FINDING(&f, FAULT, there, "x");
    COMMAND(&f, "rm %", names[i]);
    ok(is(findings_text, &f,
          "fault: /x: x\n    a name has bytes that cannot be typed: see ls "
          "-b\n"),
       "a name that no command can have");
    findings_free(&f);
  }
}

static void unseen(void)
{
  struct findings f = {.lost = 0};

  finding_unseen(&f, there, "No\tsuch");
  ok(is(findings_text, &f,
        "fault: /x: cannot be looked at: No\\x09such\n"
        "    mend that, and look again\n"),
     "not seen");
  ok(is(findings_json, &f,
        "{\"severity\":\"fault\",\"file\":\"/x\",\"what\":\"cannot be looked "
        "at: No\\\\x09such\",\"hint\":\"mend that, and look again\","
        "\"unseen\":1}\n"),
     "as JSON");
  ok(findings_unseen(&f), "is told");
  findings_free(&f);
  f = (struct findings){.lost = 0};
  finding_unseen(&f, there, "key: Permission denied");
  finding_unseen(&f, there, "No such file or directory");
  finding_hint(&f, "another");
  finding_unseen(&f, there, "No such file or directory");
  COMMAND(&f, "touch %", "/x");
  ok(is(findings_text, &f,
        "fault: /x: cannot be looked at: key: Permission denied\n"
        "    look as root, or as the user who owns it\n"
        "fault: /x: cannot be looked at: No such file or directory\n"
        "    another\n"
        "fault: /x: cannot be looked at: No such file or directory\n"
        "    $ touch /x\n"),
     "what helps, and what helps better");
  findings_free(&f);
}

static void bound(void)
{
  struct findings f = {.lost = 0};
  stralloc sa = STRALLOC_ZERO;

  for (int i = 0; i < FINDINGS_MAX + 5; i++) {
    FINDING(&f, FAULT, there, "x");
    finding_hint(&f, "y");
  }
  ok(findings_count(&f) == FINDINGS_MAX + 5, "all are counted");
  ok(findings_text(&f, &sa) && sa.len > 11 &&
         !memcmp(sa.s + sa.len - 11, "and 5 more\n", 11),
     "and no more are kept than may be");
  stralloc_free(&sa);
  findings_free(&f);
}

int main(void)
{
  order();
  escapes();
  odd();
  unseen();
  bound();
  return done();
}
