#include "rights.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

/* What SCM_RIGHTS needs, aligned for it. */
union rights {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(RIGHTS_MAX * sizeof(int))];
};

int rights_send(int to, int const *fd, unsigned int n, void const *s,
                size_t len)
{
  struct iovec v = {(void *)s, len};
  union rights rights = {.bytes = {0}};
  struct msghdr m = {.msg_iov = &v,
                     .msg_iovlen = 1,
                     .msg_control = rights.bytes,
                     .msg_controllen = CMSG_SPACE(n * sizeof *fd)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  ssize_t w;

  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(n * sizeof *fd);
  memcpy(CMSG_DATA(c), fd, n * sizeof *fd);
  do
    w = sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (w < 0 && errno == EINTR);
  if (w < 0) return 0;
  if ((size_t)w == len) return 1;
  errno = EAGAIN;
  return 0;
}

/* How many came; those beyond do not fit, and are closed by the kernel or, if
   alignment left them room, here. */
static unsigned int take(struct msghdr *m, int *fd, unsigned int max, int *more)
{
  unsigned int n = 0;

  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    unsigned int k;

    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    k = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof *fd);
    for (unsigned int i = 0; i < k; i++) {
      int it;

      memcpy(&it, CMSG_DATA(c) + i * sizeof it, sizeof it);
      if (n < max) {
        fd[n++] = it;
        continue;
      }
      close(it);
      *more = 1;
    }
  }
  return n;
}

/* A message cut short with room for more left: out of descriptors. */
static int judge(ssize_t r, int cut, unsigned int got, unsigned int n, int more)
{
  if (r < 0) return errno;
  if (more) return EPROTO;
  if (cut) return got < n ? EMFILE : EPROTO;
  if (!r) return EPIPE;
  return got == n ? 0 : EPROTO;
}

ssize_t rights_receive(int from, int *fd, unsigned int n, void *s, size_t max,
                       int flags)
{
  struct iovec v = {s, max};
  union rights rights = {.bytes = {0}};
  struct msghdr m = {.msg_iov = &v,
                     .msg_iovlen = 1,
                     .msg_control = rights.bytes,
                     .msg_controllen = CMSG_SPACE(n * sizeof *fd)};
  unsigned int got = 0;
  int more = 0, e;
  ssize_t r;

  do
    r = recvmsg(from, &m, flags | MSG_CMSG_CLOEXEC);
  while (r < 0 && errno == EINTR);
  e = r < 0 ? errno : 0;
  if (r >= 0) got = take(&m, fd, n, &more);
  errno = e;
  e = judge(r, m.msg_flags & MSG_CTRUNC, got, n, more);
  if (!e) return r;
  while (got)
    close(fd[--got]);
  errno = e;
  return -1;
}
