/* channel - messages between two processes. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "unit.h"

#define BIG 5000000

int main(void)
{
  stralloc sa = STRALLOC_ZERO;
  char *big = malloc(BIG);
  int p[2], good = 0;
  pid_t pid;

  if (!big || !channel_make(p)) return 1;
  ok(fcntl(p[0], F_GETFD) == FD_CLOEXEC && fcntl(p[1], F_GETFD) == FD_CLOEXEC,
     "close-on-exec");
  ok(channel_send(p[0], CHANNEL_BAD, "why", 3) &&
         channel_send(p[0], CHANNEL_DRAIN, "", 0),
     "two messages");
  ok(channel_receive(p[1], &sa, 3) == CHANNEL_BAD && sa.len == 3 &&
         !strcmp(sa.s, "why"),
     "the first, and a NUL behind it");
  ok(channel_receive(p[1], &sa, 3) == CHANNEL_DRAIN && !sa.len, "an empty one");
  channel_send(p[0], CHANNEL_BAD, "much", 4);
  ok(!channel_receive(p[1], &sa, 3) && errno == EPROTO, "one that is too long");
  recv(p[1], big, BIG, MSG_DONTWAIT);

  memset(big, 'x', BIG);
  pid = fork();
  if (!pid) _exit(!channel_send(p[0], CHANNEL_CERTS, big, BIG));
  ok(channel_receive(p[1], &sa, BIG) == CHANNEL_CERTS && sa.len == BIG &&
         !memcmp(sa.s, big, BIG),
     "one that is sent in pieces");
  waitpid(pid, &good, 0);
  ok(!good, "is sent whole");
  send(p[0], "B\0\0", 3, 0);
  close(p[0]);
  ok(!channel_receive(p[1], &sa, 3), "half a message is none");
  ok(!channel_receive(p[1], &sa, 3), "nor is the end");
  ok(!channel_send(p[1], CHANNEL_BAD, "", 0) && errno == EPIPE,
     "nobody there: no signal");
  return done();
}
