/* Unit test of src/lib/users.c: one row per line of a users file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "users.h"

#define HEX16 "0123456789abcdef"
#define CRAM HEX16 HEX16 HEX16 HEX16

static struct {
  char const *line; /* without the name */
  char const *password, *home, *shell, *maildir;
  long uid, gid; /* -1: not given */
  int disabled;
} const good[] = {
    {"{CRYPT}$y$x:1000:1001:Tim:/home/tim:/bin/sh:", "{CRYPT}$y$x", "/home/tim",
     "/bin/sh", "/home/tim/Maildir", 1000, 1001, 0},
    {"", "", "", "", "", -1, -1, 0},
    {"{PLAIN}pw", "{PLAIN}pw", "", "", "", -1, -1, 0},
    {":::::", "", "", "", "", -1, -1, 0},
    {"::::/h", "", "/h", "", "/h/Maildir", -1, -1, 0},
    {"::::/h::mail=maildir:~/Mail", "", "/h", "", "/h/Mail", -1, -1, 0},
    {"::::/h::mail=maildir:~", "", "/h", "", "/h", -1, -1, 0},
    {"::::/h::userdb_mail=maildir:/m/tim:INDEX=/x", "", "/h", "", "/m/tim", -1,
     -1, 0},
    {"::::::mail=maildir:/m/tim", "", "", "", "/m/tim", -1, -1, 0},
    {"::::/h::nologin", "", "/h", "", "/h/Maildir", -1, -1, 1},
    {"::::/h::nologin=", "", "/h", "", "/h/Maildir", -1, -1, 1},
    {"::::/h::a=b  nologin=yes c=d:e", "", "/h", "", "/h/Maildir", -1, -1, 1},
    {"::::/h::nologins=y xnologin", "", "/h", "", "/h/Maildir", -1, -1, 0},
    {"x:4294967294:1::::", "x", "", "", "", 4294967294, 1, 0},
};

static struct {
  char const *line;
  char const *why;
} const bad[] = {
    {"x:0:1::::", "uid is not a number from 1"},
    {"x:1:0::::", "gid is not a number from 1"},
    {"x:1:::::", "gid is not a number from 1"},
    {"x::1::::", "uid is not a number from 1"},
    {"x:mail:mail::::", "uid is not a number from 1"},
    {"x:4294967295:1::::", "uid is not a number from 1"},
    {"x:4294967297:1::::", "uid is not a number from 1"},
    {"x:1:99999999999999999999::::", "gid is not a number from 1"},
    {"x:+1:1::::", "uid is not a number from 1"},
    {"x: 1:1::::", "uid is not a number from 1"},
    {"x:01:1::::", "uid is not a number from 1"},
    {"x:-1:1::::", "uid is not a number from 1"},
    {"x:1:1x::::", "gid is not a number from 1"},
    {"x:1:1::home::", "home is not absolute"},
    {"x:1:1::/h::mail=mbox:~/mail", "mail is not maildir:PATH"},
    {"x:1:1::/h::mail=maildir:Maildir",
     "mail is neither an absolute path nor below ~"},
    {"x:1:1::/h::mail=maildir:~tim/Maildir",
     "mail is neither an absolute path nor below ~"},
    {"x:1:1::/h::mail=maildir:",
     "mail is neither an absolute path nor below ~"},
    {"x:1:1::/h::mail", "mail is not maildir:PATH"},
    {"x:1:1::/h::mail=maildir:~/%u", "mail holds a % variable"},
    {"x:1:1::::mail=maildir:~/M", "mail is below ~, and there is no home"},
    {"x:1:1::/h::mail=maildir:/a mail=maildir:/b", "mail is given twice"},
    {"::::::cram_md5=", "cram_md5 is not 64 lower-case hexadecimal digits"},
    {"::::::cram_md5=" CRAM "0",
     "cram_md5 is not 64 lower-case hexadecimal digits"},
    {"::::::cram_md5=" HEX16 HEX16 HEX16 "0123456789ABCDEF",
     "cram_md5 is not 64 lower-case hexadecimal digits"},
    {"::::::cram_md5=" CRAM " cram_md5=" CRAM, "cram_md5 is given twice"},
    {"::::::scram_sha_256", "scram_sha_256 is empty"},
    {"::::::scram_sha_256=", "scram_sha_256 is empty"},
    {"::::::scram_sha_256=a scram_sha_256=a", "scram_sha_256 is given twice"},
    {"::::::allow_nets=10.0.0.0/8",
     "allow_nets, allow_real_nets, nopassword and proxy are not honoured here"},
    {"::::::nopassword",
     "allow_nets, allow_real_nets, nopassword and proxy are not honoured here"},
    {"x:1:1\r", "a control byte in the line"},
    {"x\t:1:1", "a control byte in the line"},
    {"x:1:1::\x7f", "a control byte in the line"},
};

static struct {
  char const *name;
  char const *why;
} const bad_names[] = {
    {"", "there is no user name"},
    {"#tim", "the user name begins with #"},
    {"t im", "a blank, a colon or a control byte in the user name"},
    {"t\tm", "a blank, a colon or a control byte in the user name"},
    {"t:m", "a blank, a colon or a control byte in the user name"},
    {"\x7f", "a blank, a colon or a control byte in the user name"},
};

static stralloc sa = STRALLOC_ZERO;
static struct user u;

static int parse(char const *name, char const *line, char const **why)
{
  return users_parse(name, strlen(name), line, strlen(line), &sa, &u, why);
}

static void names(void)
{
  char const *why;
  char big[USERS_LINE_MAX + 2];

  for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
    ok(!parse(bad_names[i].name, "x", &why) && !strcmp(why, bad_names[i].why),
       bad_names[i].why);
  ok(parse("Tim@Example.ORG", "x", &why) == 1 &&
         !strcmp(u.name, "tim@example.org"),
     "the name is in lower case");
  ok(parse("t\xc3\xa4", "x", &why) == 1, "UTF-8");
  ok(!users_parse("a\0b", 3, "x", 1, &sa, &u, &why) &&
         !users_parse("a", 1, "x\0y", 3, &sa, &u, &why),
     "NUL");
  memset(big, 'x', sizeof big);
  ok(users_parse(big, USERS_NAME_MAX, "x", 1, &sa, &u, &why) == 1 &&
         !users_parse(big, USERS_NAME_MAX + 1, "x", 1, &sa, &u, &why) &&
         !strcmp(why, "the user name is too long"),
     "the longest name");
  ok(users_parse("a", 1, big, USERS_LINE_MAX, &sa, &u, &why) == 1 &&
         !users_parse("a", 1, big, USERS_LINE_MAX + 1, &sa, &u, &why) &&
         !strcmp(why, "the line is too long"),
     "the longest line");
}

static void find(void)
{
  cdbmap m = CDBMAP_ZERO;
  int fd = open("users.cdb", O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);

  cdbmap_make_add(mk, "tim", 3, "pw:1:2::/h::", 12);
  cdbmap_make_add(mk, "bad", 3, "pw:0:2::/h::", 12);
  cdbmap_make_add(mk, ":", 1, "tim", 3);
  cdbmap_make_add(mk, "", 0, "pw:1:2::/h::", 12);
  cdbmap_make_finish(mk);
  cdbmap_make_free(mk);
  close(fd);
  ok(cdbmap_open(&m, "users.cdb"), "open");
  ok(users_find(&m, "tim", 3, &sa, &u) == 1 && u.uid == 1 && u.gid == 2,
     "found");
  ok(users_find(&m, "TiM", 3, &sa, &u) == 1 && !strcmp(u.name, "tim"),
     "in any letter case");
  ok(!users_find(&m, "ti", 2, &sa, &u), "nobody");
  ok(!users_find(&m, "tim\0", 4, &sa, &u), "a NUL is a byte");
  ok(!users_find(&m, "", 0, &sa, &u), "the empty name is nobody");
  ok(!users_find(&m, ":", 1, &sa, &u), "a colon is nobody");
  {
    char big[USERS_NAME_MAX + 1] = {0};
    ok(!users_find(&m, big, sizeof big, &sa, &u), "too long a name is nobody");
  }
  errno = 0;
  ok(users_find(&m, "bad", 3, &sa, &u) == -1 && errno == EPROTO,
     "a bad record is not the same as none");
  cdbmap_close(&m);
}

int main(void)
{
  char const *why;

  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    ok(parse("tim", good[i].line, &why) == 1, good[i].line);
    ok(!strcmp(u.password, good[i].password) && !strcmp(u.home, good[i].home) &&
           !strcmp(u.shell, good[i].shell) && !*u.cram_md5 &&
           !*u.scram_sha_256 && !strcmp(u.maildir, good[i].maildir),
       "strings");
    ok(u.has_ids == (good[i].uid >= 0) &&
           (!u.has_ids ||
            ((long)u.uid == good[i].uid && (long)u.gid == good[i].gid)) &&
           u.disabled == good[i].disabled,
       "numbers");
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ok(!parse("tim", bad[i].line, &why) && !strcmp(why, bad[i].why),
       bad[i].why);
  ok(parse("tim", "::::::cram_md5=" CRAM " nologin", &why) == 1 &&
         !strcmp(u.cram_md5, CRAM) && u.disabled,
     "cram_md5");
  ok(parse("tim", "::::::scram_sha_256=1,a==,b/+=,c= scram_sha_2567=x", &why) ==
             1 &&
         !strcmp(u.scram_sha_256, "1,a==,b/+=,c="),
     "scram_sha_256");
  names();
  find();
  stralloc_free(&sa);
  return done();
}
