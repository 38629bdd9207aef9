#include "handover.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "rights.h"

#define DESCRIPTORS 2

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

  n += add(payload + n, sizeof payload - n, ip);
  return rights_send(control, fd, DESCRIPTORS, payload, n);
}

int handover_receive(int control, struct handover *h)
{
  char payload[HANDOVER_MAX + 1];
  int fd[DESCRIPTORS];
  ssize_t r = rights_receive(control, fd, DESCRIPTORS, payload, sizeof payload,
                             MSG_DONTWAIT);

  if (r < 0) return 0;
  if (handover_scan(h, payload, (size_t)r)) {
    h->client = fd[0];
    h->data = fd[1];
    return 1;
  }
  close(fd[0]);
  close(fd[1]);
  errno = EPROTO;
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
