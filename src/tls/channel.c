#include "channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <skalibs/uint32.h>

#define HEAD 5

int channel_make(int fd[2])
{
  struct timeval const t = {CHANNEL_SECONDS, 0};

  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd)) return 0;
  for (int i = 0; i < 2; i++) {
    setsockopt(fd[i], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(fd[i], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
  }
  return 1;
}

static int send_all(int fd, char const *s, size_t n)
{
  while (n) {
    ssize_t w = send(fd, s, n, MSG_NOSIGNAL);

    if (w < 0 && errno == EINTR) continue;
    if (w <= 0) return 0;
    s += w;
    n -= (size_t)w;
  }
  return 1;
}

static int receive_all(int fd, char *s, size_t n)
{
  while (n) {
    ssize_t r = recv(fd, s, n, 0);

    if (r < 0 && errno == EINTR) continue;
    if (!r) errno = EPIPE;
    if (r <= 0) return 0;
    s += r;
    n -= (size_t)r;
  }
  return 1;
}

int channel_send(int fd, char letter, void const *s, size_t n)
{
  char head[HEAD] = {letter};

  uint32_pack_big(head + 1, (uint32_t)n);
  return send_all(fd, head, sizeof head) && send_all(fd, s, n);
}

int channel_receive(int fd, stralloc *sa, size_t max)
{
  char head[HEAD];
  uint32_t n;

  sa->len = 0;
  if (!receive_all(fd, head, sizeof head)) return 0;
  uint32_unpack_big(head + 1, &n);
  if (n > max || !head[0]) {
    errno = EPROTO;
    return 0;
  }
  if (!stralloc_ready(sa, n + 1) || !receive_all(fd, sa->s, n)) return 0;
  sa->len = n;
  sa->s[n] = 0;
  return head[0];
}
