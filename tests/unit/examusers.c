/* Unit test of src/admin/examusers.c: users, aliases and domains that do not
   agree. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "examusers.h"
#include "found.h"
#include "unit.h"
#include "users.h"

/* "KEY DATA\n" ... */
static int make(cdbmap *m, char const *text)
{
  int fd = memfd_create("users", MFD_CLOEXEC), good = 1;
  cdbmap_make *mk = cdbmap_make_start(fd);

  for (char const *nl; good && (nl = strchr(text, '\n')); text = nl + 1) {
    char const *blank = strchr(text, ' ');
    good = cdbmap_make_add(mk, text, (size_t)(blank - text), blank + 1,
                           (size_t)(nl - blank) - 1);
  }
  good = good && cdbmap_make_finish(mk) && !lseek(fd, 0, SEEK_SET) &&
         cdbmap_load(m, fd);
  cdbmap_make_free(mk);
  close(fd);
  return good;
}

static struct exam_text text(char const *path, char const *s)
{
  return s ? (struct exam_text){path, s, strlen(s)}
           : (struct exam_text){0, 0, 0};
}

#define COMPILE "    $ postern-passwd compile /u /u.cdb /m.cdb\n"
#define U1 "a@x P:1:1::/h::"
#define M1 "a@x :1:1::/h::"

static struct {
  char const *source, *users, *mailboxes;
  char const *want;
} const u[] = {
    {"a@x:P:1:1::/h::\n", U1 "\n", M1 "\n", ""},
    {"# c\n\nA@x:P:1:1::/h::\n", U1 "\n: a@x\n:scram 4\n", M1 "\n", ""},
    {"a@x:Q:1:1::/h::\n", U1 "\n", M1 "\n",
     "fault: /u:1: not what was compiled, which is in force\n" COMPILE},
    {"a@x:P:1:1::/h::nologin\n", U1 "\n", M1 "\n",
     "fault: /u:1: not what was compiled, which is in force\n" COMPILE},
    {"\na@x:P:1:1::/h::\nb@x:P\n", U1 "\n", M1 "\n",
     "fault: /u:3: not what was compiled, which is in force\n" COMPILE},
    {"a@x:P:1:1::/h::\n", U1 "\n", "b@x :1:1::/h::\n",
     "fault: /u:1: not what was compiled, which is in force\n" COMPILE},
    {"", U1 "\n", M1 "\n",
     "fault: /u.cdb: has users who are not in /u\n" COMPILE
     "fault: /m.cdb: has users who are not in /u\n" COMPILE},
    {"a@x\n", U1 "\n", M1 "\n",
     "fault: /u:1: the users cannot be compiled: there is no colon\n"
     "    mend the line, and compile with postern-passwd\n"},
    {"a@x:P:0:0::/h::\n", U1 "\n", M1 "\n",
     "fault: /u:1: the users cannot be compiled: uid is not a number from 1\n"
     "    mend the line, and compile with postern-passwd\n"},
    {"a@x:P:1:1::/h::\n", U1 "\n", U1 "\n",
     "danger: /m.cdb: holds passwords, and is for everybody\n" COMPILE},
    {0, U1 "\n", M1 "\n", ""},
    {0, U1 "\n", U1 "\n",
     "danger: /m.cdb: holds passwords, and is for everybody\n"
     "    compile the users with postern-passwd\n"},
    {"a@x:P:1:1::/h::\n", 0, 0, ""},
};

static void test_users(void)
{
  for (size_t i = 0; i < sizeof u / sizeof *u; i++) {
    cdbmap a = CDBMAP_ZERO, b = CDBMAP_ZERO;
    struct exam_users x = {.source = text("/u", u[i].source),
                           .users = {"/u.cdb", 0},
                           .mailboxes = {"/m.cdb", 0}};
    struct findings f = {.lost = 0};
    char name[32];

    if (u[i].users && make(&a, u[i].users)) x.users.m = &a;
    if (u[i].mailboxes && make(&b, u[i].mailboxes)) x.mailboxes.m = &b;
    exam_users(&f, &x);
    snprintf(name, sizeof name, "users %zu", i + 1);
    ok(found(&f, u[i].want), name);
    cdbmap_close(&a);
    cdbmap_close(&b);
  }
}

#define PM "postmaster@x.org: a@x.org\n"
#define NOBODY "    name somebody who has a mailbox\n"
#define CIRCLE "an alias of itself, by way of another\n    break the circle\n"

static struct {
  char const *hosts, *more, *more_source, *mailboxes, *aliases;
  char const *want;
} const d[] = {
    {"x.org\n", 0, 0, "a@x.org :1\n", PM, ""},
    {"x.org\n", 0, 0, 0, 0, ""},
    {"X.Org \n", 0, 0, "a@x.org :1\n", PM, ""},
    {".x.org\nx.org\n", 0, 0, "a@b.x.org :1\na@x.org :1\n", PM, ""},
    {"x.org\n", "y.org \n", 0, "a@x.org :1\na@y.org :1\n", PM, ""},
    {"x.org\n", 0, 0, "a@x.org :1\nb@y.org :1\nc@y.org :1\n", PM,
     "fault: /c/rcpthosts: mail for y.org is refused, though there is "
     "b@y.org\n    $ echo y.org >>/c/rcpthosts\n"},
    {"x.org\n", 0, 0, "a@x.org :1\n", PM "@z.org: a@x.org\n",
     "fault: /c/rcpthosts: mail for z.org is refused, though there is @z.org\n"
     "    $ echo z.org >>/c/rcpthosts\n"},
    {"# ours\nx.org\ny.org\n", 0, 0, "a@x.org :1\n", PM,
     "advice: /c/rcpthosts:3: nobody has a mailbox or an alias in y.org\n"
     "    add a user or an alias, or take the line out\n"},
    {"x.org\n", 0, 0, "a@x.org :1\n", "",
     "advice: /c/rcpthosts:1: nobody gets mail for postmaster@x.org, which RFC "
     "5321 wants\n    $ echo 'postmaster@x.org: a@x.org' >>/a\n"},
    {"x.org\n", 0, 0, "a@x.org :1\n", 0,
     "advice: /c/rcpthosts:1: nobody gets mail for postmaster@x.org, which RFC "
     "5321 wants\n    give it to somebody with an alias\n"},
    {"x.org\n", 0, 0, "a@x.org :1\n", "@x.org: a@x.org\n", ""},
    {"x.org\n.com\n", 0, 0, 0, 0,
     "danger: /c/rcpthosts:2: anybody may send through here to everybody in "
     ".com\n    name the domains whose mail is taken here\n"},
    {0, 0, 0, "a@x.org :1\n", PM,
     "fault: /c/rcpthosts: is missing: mail for nobody is taken\n"
     "    $ echo x.org >>/c/rcpthosts\n"},
    {0, 0, 0, 0, 0,
     "fault: /c/rcpthosts: is missing: mail for nobody is taken\n"
     "    $ echo mx.x.org >>/c/rcpthosts\n"},
    {"# none\n", 0, 0, 0, 0,
     "fault: /c/rcpthosts: is empty: mail for nobody is taken\n"
     "    $ echo mx.x.org >>/c/rcpthosts\n"},
    {"# none\n", "x.org \n", 0, "a@x.org :1\n", PM, ""},
    {"x.org\n", "y.org \n", "y.org\n", 0, 0, ""},
    {"x.org\n", "y.org \n", "# more\ny.org\nz.org\n", 0, 0,
     "fault: /c/morercpthosts:3: not in morercpthosts.cdb, which is in force\n"
     "    compile it anew, with qmail-newmrh\n"},
    {"x.org\n", 0, "y.org\n", 0, 0,
     "fault: /c/morercpthosts:1: not in morercpthosts.cdb, which is in force\n"
     "    compile it anew, with qmail-newmrh\n"},
    {"x.org\n", 0, 0, "a@x.org :1\n", PM "b@x.org: c@x.org\n",
     "fault: /a:2: leads to c@x.org, and there is nobody\n" NOBODY},
    {"x.org\n", 0, 0, "a@x.org :1\n", PM "b@x.org: far@away.org\n", ""},
    {"x.org\n", 0, 0, "a@x.org :1\n", PM "b@x.org: c@x.org\nc@x.org: b@x.org\n",
     "fault: /a:2: " CIRCLE "fault: /a:3: " CIRCLE},
};

static void test_domains(void)
{
  for (size_t i = 0; i < sizeof d / sizeof *d; i++) {
    cdbmap a = CDBMAP_ZERO, b = CDBMAP_ZERO;
    struct exam_domains x = {.control = "/c",
                             .me = "mx.x.org",
                             .rcpthosts = text("/c/rcpthosts", d[i].hosts),
                             .more_source =
                                 text("/c/morercpthosts", d[i].more_source),
                             .more = {"/c/morercpthosts.cdb", 0},
                             .mailboxes = {"/m.cdb", 0},
                             .aliases = text("/a", d[i].aliases)};
    struct findings f = {.lost = 0};
    char name[32];

    if (d[i].more && make(&a, d[i].more)) x.more.m = &a;
    if (d[i].mailboxes && make(&b, d[i].mailboxes)) x.mailboxes.m = &b;
    exam_domains(&f, &x);
    snprintf(name, sizeof name, "domains %zu", i + 1);
    ok(found(&f, d[i].want), name);
    cdbmap_close(&a);
    cdbmap_close(&b);
  }
}

static int see(struct user const *x, void *data)
{
  char *s = data;

  strcat(strcat(s, x->maildir), " ");
  return strcmp(x->maildir, "/b/Maildir");
}

static void test_maildirs(void)
{
  cdbmap m = CDBMAP_ZERO;
  char s[256] = "";

  make(&m, "a :1:1::/a::\n: a\nn :::::\nb :1:1::/b::\nc :1:1::/c::\n");
  exam_maildirs(&m, see, s);
  ok(!strcmp(s, "/a/Maildir /b/Maildir "), "Maildirs, until told to stop");
  cdbmap_close(&m);
}

static void test_control(void)
{
  struct findings f = {.lost = 0};

  exam_control(&f, "/a: b/c:12: bad: very");
  exam_control(&f, "/a/c: Permission denied");
  ok(found(&f, "fault: /a: not understood, so that every client is refused: "
               "b/c:12: bad: very\n    see postern-control(5)\n"
               "fault: /a/c: cannot be looked at: Permission denied\n"
               "    look as root, or as the user who owns it\n"),
     "a path with a colon and a blank is cut there");
  f = (struct findings){.lost = 0};
  exam_control(&f, "/c:12: not a number");
  ok(found(&f, "fault: /c:12: not understood, so that every client is refused: "
               "not a number\n    see postern-control(5)\n"),
     "file and line");
}

int main(void)
{
  test_users();
  test_domains();
  test_maildirs();
  test_control();
  return done();
}
