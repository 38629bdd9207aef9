#include <errno.h>
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
