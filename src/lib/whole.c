#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "whole.h"

#define CHUNK 65536

int whole_read(int fd, stralloc *sa, size_t max)
{
  size_t start = sa->len;

  for (;;) {
    ssize_t n;

    if (sa->len - start > max) {
      errno = EFBIG;
      return 0;
    }
    if (sa->a - sa->len < CHUNK && !stralloc_readyplus(sa, sa->len + CHUNK))
      return 0; /* doubling: a large file is copied few times */
    n = read(fd, sa->s + sa->len, sa->a - sa->len);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return !n;
    sa->len += (size_t)n;
  }
}

int whole_path(char const *path, stralloc *sa, size_t max)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t start = sa->len;
  int r, e;

  if (fd < 0) return 0;
  r = whole_read(fd, sa, max);
  e = errno;
  if (!r) sa->len = start;
  close(fd);
  errno = e;
  return r;
}

int whole_same(struct stat const *a, struct stat const *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
         a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
         a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
         a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
         a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}
