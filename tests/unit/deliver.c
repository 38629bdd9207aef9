/* Unit test of src/queue/deliver.c: all or none. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>

#include "deliver.h"
#include "unit.h"

static int count(char const *path)
{
  DIR *dir = opendir(path);
  struct dirent *d;
  int n = 0;

  while ((d = readdir(dir)))
    n += d->d_name[0] != '.';
  closedir(dir);
  return n;
}

static int holds(char const *dir, char const *name, char const *want)
{
  char path[512], buf[512];
  int fd;
  ssize_t n;

  sprintf(path, "%s/new/%s", dir, name);
  fd = open(path, O_RDONLY);
  n = read(fd, buf, sizeof buf);
  close(fd);
  return n == (ssize_t)strlen(want) && !memcmp(buf, want, (size_t)n);
}

static int is_empty(void)
{
  return !count("a/tmp") && !count("a/new") && !count("b/tmp") &&
         !count("b/new");
}

int main(void)
{
  char text[] = "Subject: x\n\nbody\n";
  struct message m = {text, sizeof text - 1, -1, 0};
  struct delivery d[3] = {{.address = "a@x", .maildir = "a"},
                          {.address = "b@x", .maildir = "b"},
                          {.address = "c@x", .maildir = "a"}};
  size_t failed = 9;

  maildir_make("a");
  maildir_make("b");
  ok(!deliver(d, 3, &m, "s@y", &failed), "three deliveries, two Maildirs");
  ok(count("a/new") == 2 && count("b/new") == 1 && !count("a/tmp"),
     "all are there");
  ok(holds("b", d[1].name,
           "Return-Path: <s@y>\nDelivered-To: b@x\nSubject: x\n\nbody\n"),
     "with their header fields");
  for (int i = 0; i < 3; i++)
    maildir_undo(&d[i].file);
  ok(is_empty(), "clean");

  rmdir("b/new");
  ok(deliver(d, 3, &m, "", &failed) == DELIVER_PUBLISH && failed == 1 &&
         errno == ENOENT,
     "the second cannot be published");
  mkdir("b/new", 0700);
  ok(is_empty(), "the first is taken back");

  rmdir("b/tmp");
  ok(deliver(d, 3, &m, "", &failed) == DELIVER_CREATE && failed == 1,
     "the second cannot be created");
  mkdir("b/tmp", 0700);
  ok(is_empty(), "nothing is left");
  {
    struct rlimit l = {40, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &l);
    ok(deliver(d, 3, &m, "", &failed) == DELIVER_WRITE && !failed &&
           errno == EFBIG,
       "the first cannot be written");
    l.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &l);
  }
  ok(is_empty(), "nothing is left");
  return done();
}
