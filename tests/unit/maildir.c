/* Unit test of src/lib/maildir.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "maildir.h"
#include "unit.h"

static struct {
  long sec;
  long nsec;
  pid_t pid;
  unsigned int sequence;
  char const *host;
  char const *want;
} const t[] = {
    {1, 999, 2, 3, "h", "1.M000000P2Q3.h"},
    {1732233600, 999999999, 4194304, 0, "mx.a.example",
     "1732233600.M999999P4194304Q0.mx.a.example"},
    {1, 0, 2, 0, "a/b:c", "1.M000000P2Q0.a\\057b\\072c"},
    {1, 0, 2, 0, "", "1.M000000P2Q0."},
};

static int is_file(char const *path, char const *want)
{
  char buf[64];
  int fd = open(path, O_RDONLY);
  ssize_t n = read(fd, buf, sizeof buf);
  struct stat st;

  fstat(fd, &st);
  close(fd);
  return n == (ssize_t)strlen(want) && !memcmp(buf, want, (size_t)n) &&
         (st.st_mode & 07777) == 0600;
}

static void names(void)
{
  char s[MAILDIR_NAME_FMT], host[200];

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct timespec now = {t[i].sec, t[i].nsec};
    size_t n = maildir_name(s, &now, t[i].pid, t[i].sequence, t[i].host);

    ok(n == strlen(t[i].want) && !strcmp(s, t[i].want), t[i].want);
  }
  memset(host, '/', sizeof host);
  host[sizeof host - 1] = 0;
  {
    struct timespec now = {INT64_MAX, 999999999};
    ok(maildir_name(s, &now, 2147483647, 4294967295u, host) < MAILDIR_NAME_FMT,
       "the longest name");
  }
}

int main(void)
{
  struct maildir_message m;
  struct stat st;

  umask(0);
  names();

  ok(!maildir_check("box") && errno == ENOENT, "no Maildir");
  ok(!maildir_make("a/box") && errno == ENOENT, "no directory for it");
  ok(maildir_make("box") && maildir_check("box"), "make one");
  ok(!stat("box/new", &st) && (st.st_mode & 07777) == 0700, "for us alone");
  ok(maildir_make("box"), "make it again");
  rmdir("box/new");
  ok(!maildir_check("box") && errno == ENOENT, "a part is missing");
  ok(maildir_make("box") && maildir_check("box"), "make that part");

  ok(maildir_begin(&m, "box", "x"), "begin");
  write(m.fd, "hello", 5);
  ok(maildir_keep(&m) && m.fd == -1, "keep");
  ok(is_file("box/tmp/x", "hello"), "it is in tmp");
  ok(maildir_publish(&m) && maildir_sync("box"), "publish");
  ok(access("box/tmp/x", F_OK) && is_file("box/new/x", "hello"),
     "it is in new, and no more in tmp");
  maildir_undo(&m);
  ok(access("box/new/x", F_OK), "undo takes it from new");
  maildir_undo(&m);

  ok(maildir_begin(&m, "box", "x"), "begin another one");
  maildir_undo(&m);
  ok(m.fd == -1 && access("box/tmp/x", F_OK), "undo takes it from tmp");

  symlink("../../victim", "box/tmp/y");
  ok(!maildir_begin(&m, "box", "y") && errno == EEXIST, "a name that exists");
  maildir_undo(&m);
  ok(!lstat("box/tmp/y", &st) && access("victim", F_OK),
     "is neither followed nor taken back");
  {
    static char dir[MAILDIR_PATH_MAX];
    memset(dir, 'd', sizeof dir - 1);
    ok(!maildir_begin(&m, dir, "x") && errno == ENAMETOOLONG, "a long path");
    ok(!maildir_make(dir) && errno == ENAMETOOLONG, "no Maildir there");
  }
  if (!geteuid()) {
    chown("box/cur", 1, 1);
    ok(!maildir_check("box") && errno == EPERM, "somebody else's");
  }
  return done();
}
