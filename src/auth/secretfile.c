#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "secretfile.h"

static char const *untrusted(struct stat const *st)
{
  if (!S_ISREG(st->st_mode)) return "not a regular file";
  if (st->st_uid && st->st_uid != geteuid()) return "owned by somebody else";
  if (st->st_mode & 0027) return "others may read or write it";
  return 0;
}

int secretfile_open(char const *path, struct stat *st, char const **why)
{
  /* a pipe must not make us wait before we see that it is one */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int e;

  *why = 0;
  if (fd < 0) return -1;
  if (fstat(fd, st) == 0) {
    *why = untrusted(st);
    if (!*why) return fd;
  }
  e = errno;
  close(fd);
  errno = e;
  return -1;
}
