/* Unit test of src/auth/replace.c. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "replace.h"
#include "unit.h"

static void put(char const *path, char const *s, mode_t mode)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  write(fd, s, strlen(s));
  fchmod(fd, mode);
  close(fd);
}

static int is(char const *path, char const *want, mode_t mode)
{
  char got[64];
  struct stat st;
  int fd = open(path, O_RDONLY);
  ssize_t n = read(fd, got, sizeof got);

  fstat(fd, &st);
  close(fd);
  return n == (ssize_t)strlen(want) && !memcmp(got, want, (size_t)n) &&
         (st.st_mode & 07777) == mode;
}

static int files(void)
{
  DIR *d = opendir(".");
  int n = 0;

  while (readdir(d))
    n++;
  closedir(d);
  return n - 2;
}

static int replaces(char const *path, char const *s, mode_t mode, mode_t most)
{
  struct replace r;

  return replace_start(&r, path, mode, most) &&
         write(r.fd, s, strlen(s)) == (ssize_t)strlen(s) && replace_commit(&r);
}

int main(void)
{
  struct replace r = {0};

  umask(077);
  ok(replaces("a", "one", 0644, 07777) && is("a", "one", 0644),
     "a new file has the mode asked for, whatever the umask");
  ok(replaces("a", "two", 0600, 07777) && is("a", "two", 0644),
     "an old one keeps its own");
  ok(replaces("./a", "three", 0600, 0640) && is("a", "three", 0640),
     "of which only so much");
  ok(files() == 1, "nothing else is left");

  replace_start(&r, "a", 0600, 0640);
  write(r.fd, "x", 1);
  ok(files() == 2 && is("a", "three", 0640), "nothing is seen before the end");
  replace_sync(&r);
  replace_cancel(&r);
  ok(files() == 1 && is("a", "three", 0640), "cancelled");
  replace_cancel(&r);

  ok(!replace_start(&r, "none/a", 0600, 0640) && errno == ENOENT,
     "no directory");
  replace_cancel(&r);
  mkdir("d", 0700);
  ok(!replace_start(&r, "d", 0600, 0640) && errno == EINVAL && files() == 2,
     "a directory is no file");
  put("b", "old", 0400);
  ok(replaces("b", "new", 0600, 0640) && is("b", "new", 0400),
     "a file that nobody can write");
  return done();
}
