/* Unit test of src/lib/aliases.c: one row per case. */
#include <errno.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "aliases.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *text;
  size_t n;
  size_t line; /* of the error */
  char const *why;
} const refused[] = {
    {BYTES("a@x b@x\n"), 1, "no colon"},
    {BYTES("# c\n\na@x: b@x\nz@x:\n"), 4, "empty address"},
    {BYTES(": b@x\n"), 1, "empty address"},
    {BYTES("a@x: b@x,\n"), 1, "empty address"},
    {BYTES("a@x: b@x,,c@x\n"), 1, "empty address"},
    {BYTES("a@x: b@x\nA@X: c@x\n"), 2, "address that an earlier line has"},
    {BYTES("a@x: b@x\r\n"), 1, "address with a byte that is not allowed"},
    {BYTES("a@x: b\0@x\n"), 1, "address with a byte that is not allowed"},
    {BYTES("a@x: b c@x\n"), 1, "address with a byte that is not allowed"},
    {BYTES("a@x: |/bin/sh\n"), 0, 0},
    {BYTES("a@x: \"|/bin/sh\"\n"), 1,
     "address with a byte that is not allowed"},
    {BYTES("a@x: :include:/etc/passwd\n"), 1,
     "address with a byte that is not allowed"},
    {BYTES("a@: b\n"), 1, "address without a domain after @"},
    {BYTES("a@b@c: b\n"), 1, "address with two @"},
    {BYTES("a@x: @y\n"), 1, "target without a local part"},
    {BYTES("@: y\n"), 1, "address without a domain after @"},
    {BYTES("a@x:b@x"), 0, 0},
    {BYTES(" a@x\t:\tb@x , c@x \n  # comment\n"), 0, 0},
    {BYTES(""), 0, 0},
};

static char const text[] = "postmaster: alice@a.example\n"
                           "Root@a.example: Postmaster\n"
                           "both@a.example: alice@a.example, bob@A.example,\t"
                           "both@a.example\n"
                           "all@a.example: both@a.example, root@a.example\n"
                           "bob@a.example: bob@a.example, log@a.example\n"
                           "gone@a.example: nobody@else.example\n"
                           "@b.example: bob@a.example\n"
                           "@c.example: none@c.example\n"
                           "loop1@a.example: loop2@a.example\n"
                           "loop2@a.example: alice@a.example, loop1@a.example\n"
                           "fail@a.example: error\n";

/* What there is a mailbox for; "error" fails. */
static int exists(char const *s, size_t n, void *data)
{
  static char const *const mailboxes[] = {"alice@a.example", "bob@a.example",
                                          "log@a.example", "both@a.example",
                                          "carol@b.example"};

  (void)data;
  for (size_t i = 0; i < sizeof mailboxes / sizeof *mailboxes; i++)
    if (strlen(mailboxes[i]) == n && !memcmp(mailboxes[i], s, n)) return 1;
  errno = EPROTO;
  return n == 5 && !memcmp(s, "error", 5) ? -1 : 0;
}

static struct {
  char const *addr;
  enum aliases_result want;
  char const *mailboxes; /* joined by blanks */
  char const *unknown;
} const t[] = {
    {"alice@a.example", ALIASES_OK, "alice@a.example", ""},
    {"ALICE@A.EXAMPLE", ALIASES_OK, "alice@a.example", ""},
    {"postmaster", ALIASES_OK, "alice@a.example", ""},
    {"Root@a.example", ALIASES_OK, "alice@a.example", ""},
    {"root@b.example", ALIASES_OK, "bob@a.example log@a.example", ""},
    {"bob@a.example", ALIASES_OK, "bob@a.example log@a.example", ""},
    {"carol@b.example", ALIASES_OK, "carol@b.example", ""},
    {"@b.example", ALIASES_OK, "bob@a.example log@a.example", ""},
    {"both@a.example", ALIASES_OK,
     "alice@a.example bob@a.example log@a.example both@a.example", ""},
    {"all@a.example", ALIASES_OK,
     "alice@a.example bob@a.example log@a.example both@a.example", ""},
    {"gone@a.example", ALIASES_OK, "", "nobody@else.example"},
    {"x@c.example", ALIASES_OK, "", "none@c.example"},
    {"stranger@a.example", ALIASES_OK, "", "stranger@a.example"},
    {"alice@a.example.evil", ALIASES_OK, "", "alice@a.example.evil"},
    {"", ALIASES_OK, "", ""},
    {"loop1@a.example", ALIASES_LOOP, 0, 0},
    {"loop2@a.example", ALIASES_LOOP, 0, 0},
    {"fail@a.example", ALIASES_ERROR, 0, 0},
};

static int joined(stralloc *sa, char const *want)
{
  for (size_t i = 0; i < sa->len; i++)
    if (!sa->s[i]) sa->s[i] = ' ';
  return sa->len
             ? sa->len == strlen(want) + 1 && !memcmp(sa->s, want, sa->len - 1)
             : !*want;
}

static void expands(struct aliases const *a)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    stralloc m = STRALLOC_ZERO, u = STRALLOC_ZERO;
    enum aliases_result r =
        aliases_expand(a, t[i].addr, strlen(t[i].addr), exists, 0, &m, &u);

    if (!*t[i].addr) stralloc_free(&u); /* the empty name */
    ok(r == t[i].want &&
           (r || (joined(&m, t[i].mailboxes) && joined(&u, t[i].unknown))),
       t[i].addr);
    stralloc_free(&m);
    stralloc_free(&u);
  }
}

/* n1: n2, n2.  n2: n3, n3 ...: 2^depth ways without a limit. */
static void bounded(void)
{
  struct aliases a = ALIASES_ZERO;
  struct aliases_error e;
  stralloc m = STRALLOC_ZERO, u = STRALLOC_ZERO;
  char s[4096];
  size_t n = 0;

  for (int i = 1; i <= 15; i++)
    n += (size_t)sprintf(s + n, "n%d: n%d, n%d\n", i, i + 1, i + 1);
  ok(aliases_parse(&a, s, n, &e) == 1 &&
         aliases_expand(&a, "n1", 2, exists, 0, &m, &u) == ALIASES_TOO_MANY,
     "the number of steps is bounded");
  aliases_free(&a);
  n = 0;
  for (int i = 1; i <= 18; i++)
    n += (size_t)sprintf(s + n, "n%d: n%d\n", i, i + 1);
  ok(aliases_parse(&a, s, n, &e) == 1 &&
         aliases_expand(&a, "n1", 2, exists, 0, &m, &u) == ALIASES_TOO_MANY,
     "so is the depth");
  ok(aliases_expand(&a, "n3", 2, exists, 0, &m, &u) == ALIASES_OK,
     "up to the limit all is well");
  aliases_free(&a);
  stralloc_free(&m);
  stralloc_free(&u);
}

static void loads(void)
{
  struct aliases a = ALIASES_ZERO;
  struct aliases_error e;
  char const *targets;
  int fd = open("aliases", O_WRONLY | O_CREAT, 0600);

  write(fd, text, sizeof text - 1);
  close(fd);
  ok(aliases_load(&a, "aliases", &e) == 1, "load");
  ok(aliases_find(&a, "BOTH@a.example", 14, &targets) == 3 &&
         !memcmp(targets, "alice@a.example\0bob@a.example\0both@a.example", 45),
     "find");
  ok(!aliases_find(&a, "x@b.example", 11, &targets), "find does not fall back");
  ok(aliases_find_domain(&a, "x@B.example", 11, &targets) == 1 &&
         !strcmp(targets, "bob@a.example"),
     "find_domain does");
  ok(!aliases_find_domain(&a, "postmaster", 10, &targets), "no domain");
  aliases_free(&a);
  ok(aliases_load(&a, "nonexistent", &e) == -1 && errno == ENOENT, "no file");
  ok(aliases_load(&a, ".", &e) == -1 && errno == EISDIR, "a directory");
  truncate("aliases", ALIASES_FILE_MAX + 1);
  ok(!aliases_load(&a, "aliases", &e) && !e.line, "a file too long");
  aliases_free(&a);
}

int main(void)
{
  struct aliases a = ALIASES_ZERO;
  struct aliases_error e;

  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    int r = aliases_parse(&a, refused[i].text, refused[i].n, &e);

    ok(refused[i].why
           ? !r && e.line == refused[i].line && !strcmp(e.why, refused[i].why)
           : r == 1,
       refused[i].why ? refused[i].why : "well-formed");
    aliases_free(&a);
  }
  ok(aliases_parse(&a, text, sizeof text - 1, &e) == 1, "parse");
  expands(&a);
  ok(!aliases_line(&a, "nobody@nowhere.example", 22), "no line");
  aliases_free(&a);
  bounded();
  loads();
  return done();
}
