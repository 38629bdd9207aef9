/* Unit test of src/auth/becoming.c. */
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "becoming.h"
#include "unit.h"

static struct user const whole = {.name = "tim@example.org",
                                  .uid = 4294967294,
                                  .gid = 12346,
                                  .has_ids = 1,
                                  .home = "/usr",
                                  .shell = "/bin/zsh",
                                  .maildir = "/srv/tim"};
static struct user const bare = {
    .name = "x", .home = "", .shell = "", .maildir = ""};

/* Every variable with its NUL, shown as a semicolon. */
static int gives(struct user const *u, enum becoming when, char const *text)
{
  stralloc sa = STRALLOC_ZERO;
  int good = becoming_env(&sa, u, when);

  for (size_t i = 0; i < sa.len; i++)
    if (!sa.s[i]) sa.s[i] = ';';
  good = good && sa.len == strlen(text) && !memcmp(sa.s, text, sa.len);
  stralloc_free(&sa);
  return good;
}

static void environment(void)
{
  ok(gives(&whole, BECOMING_NOW,
           "USER=tim@example.org;HOME=/usr;SHELL=/bin/zsh;MAILDIR=/srv/tim;"),
     "what he has");
  ok(gives(&bare, BECOMING_NOW, "USER=x;HOME;SHELL=/bin/sh;MAILDIR;"),
     "what he has not is removed");
  ok(gives(&whole, BECOMING_LATER,
           "USER=tim@example.org;HOME=/usr;SHELL=/bin/zsh;MAILDIR=/srv/tim;"
           "UID=4294967294;GID=12346;GIDLIST=12346;"),
     "his numbers, for who takes them later");
  ok(gives(&bare, BECOMING_LATER,
           "USER=x;HOME;SHELL=/bin/sh;MAILDIR;UID;GID;GIDLIST;"),
     "numbers are never inherited");
}

/* The exit code of a child that becomes him: 0 if that holds afterwards. */
static int in_child(struct user const *u, enum becoming when,
                    int (*holds)(struct user const *))
{
  stralloc sa = STRALLOC_ZERO;
  int status;
  pid_t pid = fork();

  if (!pid) {
    int null = open("/dev/null", O_WRONLY);

    dup2(null, 2);
    becoming(&sa, u, when);
    _exit(holds(u) ? 0 : 1);
  }
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
             ? WEXITSTATUS(status)
             : -1;
}

static int is_at(char const *dir)
{
  char s[256];

  return getcwd(s, sizeof s) && !strcmp(s, dir);
}

static int is_him(struct user const *u)
{
  gid_t g[2];
  uid_t r, e, s;

  getresuid(&r, &e, &s);
  return r == u->uid && e == u->uid && s == u->uid && getgid() == u->gid &&
         getegid() == u->gid && getgroups(2, g) == 1 && g[0] == u->gid &&
         setuid(0) == -1 && is_at("/usr");
}

static int is_there(struct user const *u) { return is_at(u->home); }

static void as_root(void)
{
  struct user u = whole;
  gid_t others[] = {777, 778};

  setgroups(2, others);
  u.uid = 12345;
  ok(in_child(&u, BECOMING_NOW, is_him) == 0, "root becomes him, wholly");
  u.has_ids = 0;
  ok(in_child(&u, BECOMING_NOW, is_him) == 111, "root needs to know whom");
  ok(in_child(&u, BECOMING_LATER, is_there) == 0, "but not for later");
}

static void as_somebody(void)
{
  struct user u = whole;

  u.uid = getuid();
  ok(in_child(&u, BECOMING_NOW, is_there) == 0, "one is oneself");
  u.uid++;
  ok(in_child(&u, BECOMING_NOW, is_there) == 111, "and nobody else");
  ok(in_child(&u, BECOMING_LATER, is_there) == 0, "but may say so");
  u.has_ids = 0;
  ok(in_child(&u, BECOMING_NOW, is_there) == 0, "nobody is anybody");
}

int main(void)
{
  struct user u = whole;

  environment();
  if (getuid())
    as_somebody();
  else
    as_root();
  u.home = "/nonexistent";
  ok(in_child(&u, BECOMING_LATER, is_there) == 111, "a home that is none");
  return done();
}
