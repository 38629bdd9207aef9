/* Unit test of src/auth/secretfile.c: which files are trusted. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "secretfile.h"
#include "unit.h"

static struct {
  mode_t mode;
  char const *why;
} const t[] = {
    {0600, 0},
    {0640, 0},
    {0400, 0},
    {0660, "others may read or write it"},
    {0644, "others may read or write it"},
    {0604, "others may read or write it"},
    {0602, "others may read or write it"},
    {0601, "others may read or write it"},
};

static int trusted(char const *path, char const *want)
{
  struct stat st;
  char const *why;
  int fd = secretfile_open(path, &st, &why);

  if (fd >= 0) close(fd);
  if (!want) return fd >= 0 && !why;
  return fd == -1 && why && !strcmp(why, want);
}

int main(void)
{
  struct stat st;
  char const *why = "";
  int fd;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    char name[32];

    snprintf(name, sizeof name, "mode %03o", (unsigned int)t[i].mode);
    close(open("file", O_WRONLY | O_CREAT, 0600));
    chmod("file", t[i].mode);
    ok(trusted("file", t[i].why), name);
    unlink("file");
  }
  ok(secretfile_open("file", &st, &why) == -1 && !why && errno == ENOENT,
     "none");
  mkdir("dir", 0700);
  ok(trusted("dir", "not a regular file"), "a directory");
  mkfifo("fifo", 0600);
  ok(trusted("fifo", "not a regular file"), "a pipe is not waited for");

  fd = open("file", O_WRONLY | O_CREAT, 0600);
  ok(write(fd, "12345", 5) == 5 && !close(fd), "five bytes");
  fd = secretfile_open("file", &st, &why);
  ok(fd >= 0 && st.st_size == 5 && fcntl(fd, F_GETFD) == FD_CLOEXEC,
     "what is known of it; close-on-exec");
  close(fd);
  if (geteuid() == 0 && !chown("file", 12345, 0))
    ok(trusted("file", "owned by somebody else"), "somebody else's");
  return done();
}
