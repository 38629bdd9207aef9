/* Unit test of src/admin/exam.c: facts in, the first words of findings out. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exam.h"
#include "found.h"
#include "unit.h"

/* The gate is user 801 of group 802; who owns the rest is 1000. */
static struct exam_gate const gate = {1, 1, {801}, {802}};

static struct {
  enum exam_role role;
  mode_t mode;
  uid_t uid;
  gid_t gid;
  char const *want; /* severity and command; "" nothing */
} const files[] = {
    {ROLE_SECRET, S_IFREG | 0600, 0, 0, ""},
    {ROLE_SECRET, S_IFREG | 0440, 0, 803, ""},
    {ROLE_SECRET, S_IFREG | 0440, 1000, 1000, ""},
    {ROLE_SECRET, S_IFREG | 0644, 0, 0, "danger chmod o= /x"},
    {ROLE_SECRET, S_IFREG | 0601, 0, 0, "danger chmod o= /x"},
    {ROLE_SECRET, S_IFREG | 0600, 801, 0, "danger chown root /x"},
    {ROLE_SECRET, S_IFREG | 0640, 0, 802, "danger chmod g= /x"},
    {ROLE_SECRET, S_IFREG | 0600, 0, 802, ""},
    {ROLE_SECRET, S_IFREG | 0660, 0, 803, "fault chmod g-w /x"},
    {ROLE_STORE, S_IFDIR | 0750, 804, 802, ""},
    {ROLE_STORE, S_IFDIR | 0711, 804, 804, ""},
    {ROLE_STORE, S_IFDIR | 0770, 804, 802, "danger chmod go-w /x"},
    {ROLE_STORE, S_IFDIR | 01777, 0, 0, "danger chmod go-w /x"},
    {ROLE_STORE, S_IFDIR | 0700, 801, 0, "danger "},
    {ROLE_SAY, S_IFREG | 0644, 0, 0, ""},
    {ROLE_SAY, S_IFREG | 0664, 1000, 1000, ""},
    {ROLE_SAY, S_IFREG | 0646, 0, 0, "danger chmod o-w /x"},
    {ROLE_SAY, S_IFREG | 0644, 801, 0, "danger chown root /x"},
    {ROLE_SAY, S_IFREG | 0664, 0, 802, "danger chmod g-w /x"},
    {ROLE_SAY, S_IFREG | 0644, 804, 0, "danger chown root /x"},
    {ROLE_OTHER, S_IFREG | 0644, 804, 0, ""},
    {ROLE_OTHER, S_IFREG | 0602, 804, 0, "danger chmod o-w /x"},
    {ROLE_OTHER, S_IFDIR | 0777, 0, 0, "danger chmod o-w /x"},
    {ROLE_OTHER, S_IFDIR | 01777, 0, 0, ""},
    {ROLE_OTHER, S_IFSOCK | 0666, 0, 0, ""},
    {ROLE_OTHER, S_IFLNK | 0777, 0, 0, ""},
};

static char const *const severities[] = {"danger", "fault", "advice"};

/* All findings: severity, file, what and remedy of each, as the page shows. */
static void test_files(void)
{
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct exam_file x = {"/x", files[i].mode, files[i].uid, files[i].gid,
                          1000};
    struct findings f = {.lost = 0};
    char got[128] = "", name[64];

    exam_file(&f, files[i].role, &x, &gate);
    if (findings_count(&f)) {
      struct finding const *y = genalloc_s(struct finding, &f.list);
      snprintf(got, sizeof got, "%s %s", severities[y->severity],
               y->command ? y->command : "");
    }
    snprintf(name, sizeof name, "file %zu: %s", i + 1, files[i].want);
    ok(findings_count(&f) <= 1 && !strcmp(got, files[i].want), name);
    findings_free(&f);
  }
}

/* An ordinary user's home, where he is who faces the network. */
static void test_plain(void)
{
  struct exam_gate const none = {0, 0, {0}, {0}}, same = {1, 1, {1000}, {1000}};
  struct exam_file x = {"/x", S_IFREG | 0600, 1000, 1000, 1000};
  struct findings f = {.lost = 0};

  exam_file(&f, ROLE_SECRET, &x, &none);
  exam_file(&f, ROLE_STORE, &x, &none);
  exam_file(&f, ROLE_SAY, &x, &none);
  exam_file(&f, ROLE_SECRET, &x, &same);
  ok(found(&f, ""), "one user who does it all");
}

#define DEAD ": the service does not start\n"
#define NO_INTERPRETER                                                         \
  "fault: /r:1: names no interpreter that is there" DEAD                       \
  "    begin it with #! and the whole path of one\n"
#define CR(line)                                                               \
  "fault: /r:" line ": a CR ends the line" DEAD "    $ sed -i 's/\\r$//' /r\n"

static struct {
  char const *text; /* 0: it is not there */
  mode_t mode;
  char const
      *interpreter; /* the one that is named, which is there if it is s */
  char const *want;
} const scripts[] = {
    {"#!s\n", 0755, "s", ""},
    {"#! \ts -P\nx\n", 0100, "s", ""},
    {"#!s", 0755, "s", ""},
    {"\177ELF\r\n", 0755, 0, ""},
    {0, 0, 0,
     "fault: /r: is missing" DEAD "    write it, or take the directory away\n"},
    {"#!s\n", 0644, "s",
     "fault: /r: cannot be executed" DEAD "    $ chmod a+x /r\n"},
    {"#!s\r\n", 0755, "s", CR("1")},
    {"#!s\nx\r\ny\n", 0755, "s", CR("2")},
    {"#!s\nx\ry\n", 0755, "s", ""},
    {"#!t\n", 0755, "t", NO_INTERPRETER},
    {"", 0755, 0, NO_INTERPRETER},
    {"#!", 0755, 0, NO_INTERPRETER},
    {"#! \ns", 0755, 0, NO_INTERPRETER},
    {"s\n", 0755, 0, NO_INTERPRETER},
};

static void test_scripts(void)
{
  for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
    char const *s = scripts[i].text ? scripts[i].text : "";
    char const *want = scripts[i].interpreter;
    char *name = exam_interpreter(s, strlen(s)), say[32];
    struct exam_script x = {
        "/r", !!scripts[i].text, scripts[i].mode,
        s,    strlen(s),         name && !strcmp(name, "s")};
    struct findings f = {.lost = 0};

    exam_script(&f, &x);
    snprintf(say, sizeof say, "script %zu", i + 1);
    ok(found(&f, scripts[i].want) && !name == !want &&
           (!name || !strcmp(name, want)),
       say);
    free(name);
  }
}

static void test_services(void)
{
  struct exam_service x[] = {
      {"/s/a", 1, "true true true\n", 0},
      {"/s/b", 0, 0, 0},
      {"/s/c", 1, "false false false\n", 0},
      {"/s/d", 1, "false true false\n", "/log"},
      {"/s/e", 1, "true true false\n", "/log"},
      {"/s/f", -1, "Permission denied", 0},
      {"/s/g", 1, "true", 0},
  };
  struct findings f = {.lost = 0};

  exam_services(&f, "/s", x, sizeof x / sizeof *x);
  ok(found(&f, "fault: /s/b: nobody looks after this service\n"
               "    $ s6-svscanctl -a /s\n"
               "fault: /s/c: the service was told to be down\n"
               "    $ s6-svc -u /s/c\n"
               "fault: /s/d: the service does not come up\n"
               "    $ tail -n 20 /log\n"
               "fault: /s/e: the service is up, and not ready\n"
               "    $ tail -n 20 /log\n"
               "fault: /s/f: cannot be looked at: Permission denied\n"
               "    look as root, or as the user who owns it\n"),
     "services");
  x[0] = x[1];
  f = (struct findings){.lost = 0};
  exam_services(&f, "/s", x, 2);
  ok(found(&f, "fault: /s: no service runs\n    $ s6-svscan /s &\n"),
     "none runs");
  f = (struct findings){.lost = 0};
  exam_services(&f, "/s", x, 0);
  ok(found(&f, ""), "none is there");
}

static void test_stores(void)
{
  struct exam_store const x = {"/s", 3, 2, "/s/x y"}, good = {"/s", 0, 0, 0};
  struct findings f = {.lost = 0};

  exam_store(&f, &x);
  ok(found(&f, "advice: /s: records that ended over an hour ago: 3; is there a "
               "cron line for postern-clean?\n"
               "    $ postern-clean /s\n"
               "fault: /s: entries that are no records: 2\n"
               "    $ rm -r '/s/x y'\n"),
     "a store");
  f = (struct findings){.lost = 0};
  exam_store(&f, &good);
  ok(found(&f, ""), "a good one");
}

#define WRONG                                                                  \
  "who asks for mx.a.example gets this certificate, which is not for that "    \
  "name\n    get one that names it, or say in control/me who we are\n"
#define RENEW "    renew it; postern-tlsd takes the new file by itself\n"
#define REFUSED                                                                \
  "    mend or remove it; until then the service goes on with the "            \
  "certificates it has, and does not start anew\n"

static struct {
  char const *text;
  char const *want;
} const certs[] = {
    {"", ""},
    {"good T 99 default /d mx.a.example\n", ""},
    {"good T 99 default /d other,MX.a.Example\n", ""},
    {"good T 99 default /d *.a.example\n", ""},
    {"good T 99 default /d *.example\n", "fault: /d: " WRONG},
    {"good T 99 default /d -\n", "fault: /d: " WRONG},
    {"good T 99 default /d b\ngood T 99 mx.a.example /m mx.a.example\n", ""},
    {"good T 99 *.a.example /w *.a.example\ngood T 99 default /d b\n", ""},
    {"good T 99 default /d mx.a.example\ngood T 99 mx.a.example /m b\n",
     "fault: /m: " WRONG},
    {"good T 99 other /o mx.a.example\ngood T 99 p /p b\n", ""},
    {"good T 99 default /d mx.a.example\ngood T 99 default /e b\n",
     "fault: /d: " WRONG},
    {"soon T 9 default /d mx.a.example\n",
     "advice: /d: the certificate expires on T: in 9 days\n" RENEW},
    {"expired T -9 default /d mx.a.example\n",
     "danger: /d: the certificate expired on T\n" RENEW},
    {"early T 9 default /d mx.a.example\n",
     "fault: /d: the certificate is not valid yet\n" RENEW},
    {"bad - - - /d: no key\n",
     "fault: /d: postern-tlsd refuses these certificates: no key\n" REFUSED},
    {"bad - - - /d: Permission denied\n",
     "fault: /d: cannot be looked at: Permission denied\n"
     "    look as root, or as the user who owns it\n"},
    {"what is this\n", ""},
};

static void test_certs(void)
{
  for (size_t i = 0; i < sizeof certs / sizeof *certs; i++) {
    struct findings f = {.lost = 0};
    char name[32];

    snprintf(name, sizeof name, "certificates %zu", i + 1);
    exam_certs(&f, certs[i].text, strlen(certs[i].text), "mx.a.example");
    ok(found(&f, certs[i].want), name);
  }
}

static void test_checkers(void)
{
  struct place const at = {"/r", 3};
  struct findings f = {.lost = 0};

  exam_checker(&f, at, "c", CHECKER_WRONG, "");
  ok(found(&f, ""), "a checker that rejects");
  f = (struct findings){.lost = 0};
  exam_checker(&f, at, "c", CHECKER_OK, "");
  exam_checker(&f, at, "c", CHECKER_FAILED, "exit 111");
  ok(found(&f,
           "danger: /r:3: every password is right for c: anybody may log in, "
           "and relay\n"
           "    name a program that checks passwords; what it runs afterwards "
           "stands behind it\n"
           "fault: /r:3: c cannot say whether a password is right: exit 111\n"
           "    run it by hand, and see what it says on its descriptor 2\n"),
     "others");
}

int main(void)
{
  test_files();
  test_plain();
  test_scripts();
  test_services();
  test_stores();
  test_certs();
  test_checkers();
  return done();
}
