#include "handover.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#define DESCRIPTORS 2

/* What SCM_RIGHTS needs, aligned for it. */
union rights {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
};

static size_t add(char *to, size_t room, char const *s)
{
  size_t n = s ? strlen(s) : 0;

  if (n >= room) n = 0;
  if (n) memcpy(to, s, n);
  to[n] = 0;
  return n + 1;
}

int handover_send(int control, int client, int data, char const *session,
                  char const *ip)
{
  int const fd[DESCRIPTORS] = {client, data};
  char payload[HANDOVER_MAX];
  size_t n = add(payload, sizeof payload - 1, session);
  struct iovec v = {payload, 0};
  union rights rights = {.bytes = {0}};
  struct msghdr m = {.msg_iov = &v,
                     .msg_iovlen = 1,
                     .msg_control = rights.bytes,
                     .msg_controllen = sizeof rights.bytes};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  ssize_t w;

  v.iov_len = n + add(payload + n, sizeof payload - n, ip);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(c), fd, sizeof fd);
  do
    w = sendmsg(control, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (w < 0 && errno == EINTR);
  if (w < 0) return 0;
  if ((size_t)w == v.iov_len) return 1;
  errno = EAGAIN;
  return 0;
}

/* How many came; those beyond two do not fit, and the kernel closes them. */
static unsigned int take(struct msghdr *m, int fd[DESCRIPTORS])
{
  unsigned int n = 0;

  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    unsigned int k;

    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    k = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof *fd);
    if (k > DESCRIPTORS - n) k = DESCRIPTORS - n;
    memcpy(fd + n, CMSG_DATA(c), k * sizeof *fd);
    n += k;
  }
  return n;
}

/* A message cut short with room for more left: out of descriptors. */
static int judge(ssize_t r, int flags, unsigned int n)
{
  if (r < 0) return errno;
  if (flags & MSG_CTRUNC) return n < DESCRIPTORS ? EMFILE : EPROTO;
  if (!r) return EPIPE;
  return n == DESCRIPTORS ? 0 : EPROTO;
}

int handover_receive(int control, struct handover *h)
{
  int fd[DESCRIPTORS] = {-1, -1}, e;
  char payload[HANDOVER_MAX + 1];
  struct iovec v = {payload, sizeof payload};
  union rights rights = {.bytes = {0}};
  struct msghdr m = {.msg_iov = &v,
                     .msg_iovlen = 1,
                     .msg_control = rights.bytes,
                     .msg_controllen = sizeof rights.bytes};
  unsigned int n = 0;
  ssize_t r;

  do
    r = recvmsg(control, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (r < 0 && errno == EINTR);
  if (r >= 0) n = take(&m, fd);
  e = judge(r, m.msg_flags, n);
  if (!e && !handover_scan(h, payload, (size_t)r)) e = EPROTO;
  if (!e) {
    h->client = fd[0];
    h->data = fd[1];
    return 1;
  }
  while (n)
    close(fd[--n]);
  errno = e;
  return 0;
}

int handover_scan(struct handover *h, char const *s, size_t n)
{
  char const *nul = n && n <= HANDOVER_MAX ? memchr(s, 0, n) : 0;
  size_t first = nul ? (size_t)(nul - s) + 1 : 0;

  if (!nul || memchr(s + first, 0, n - first) != s + n - 1) return 0;
  memcpy(h->session, s, first);
  memcpy(h->ip, s + first, n - first);
  return 1;
}
