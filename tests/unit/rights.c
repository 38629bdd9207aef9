/* rights - descriptors on their way (tests/unit/handover.c has more). */
#include "rights.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "unit.h"

static unsigned int count(void)
{
  DIR *d = opendir("/proc/self/fd");
  unsigned int n = 0;

  while (d && readdir(d))
    n++;
  if (d) closedir(d);
  return n;
}

static ssize_t receive(int from, int *fd, unsigned int n, char *s, size_t max)
{
  return rights_receive(from, fd, n, s, max, MSG_DONTWAIT);
}

static void passing(int const p[2], int const d[2])
{
  int const three[] = {d[0], d[1], d[0]};
  char s[8], c = 0;
  int fd[3];

  ok(receive(p[1], fd, 3, s, sizeof s) < 0 && errno == EAGAIN,
     "nothing came yet");
  ok(rights_send(p[0], three, 3, "text", 4) &&
         receive(p[1], fd, 3, s, sizeof s) == 4 && !memcmp(s, "text", 4),
     "three and a text");
  ok(fcntl(fd[0], F_GETFD) == FD_CLOEXEC && fcntl(fd[2], F_GETFD) == FD_CLOEXEC,
     "close-on-exec");
  ok(write(fd[0], "z", 1) == 1 && read(fd[1], &c, 1) == 1 && c == 'z',
     "in order");
  for (int i = 0; i < 3; i++)
    close(fd[i]);
}

static void refusing(int const p[2], int const d[2])
{
  int const three[] = {d[0], d[1], d[0]};
  unsigned int before = count();
  struct rlimit keep, few;
  char s[8];
  int fd[3];

  for (unsigned int n = 1; n <= 3; n++)
    for (unsigned int want = 1; want <= 3; want++) {
      if (n == want) continue;
      rights_send(p[0], three, n, "x", 1);
      ok(receive(p[1], fd, want, s, sizeof s) < 0 && errno == EPROTO &&
             count() == before,
         n < want ? "too few" : "too many");
    }
  ok(send(p[0], "x", 1, 0) == 1 && receive(p[1], fd, 3, s, sizeof s) < 0 &&
         errno == EPROTO,
     "none");
  getrlimit(RLIMIT_NOFILE, &keep);
  few = keep;
  few.rlim_cur = (rlim_t)dup(0) + 2;
  close((int)few.rlim_cur - 2);
  rights_send(p[0], three, 3, "x", 1);
  setrlimit(RLIMIT_NOFILE, &few);
  ok(receive(p[1], fd, 3, s, sizeof s) < 0 && errno == EMFILE, "room for two");
  setrlimit(RLIMIT_NOFILE, &keep);
  ok(count() == before, "nothing is left open");
}

int main(void)
{
  int p[2], d[2], fd[3];
  char s[8];

  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p) ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, d))
    return 1;
  passing(p, d);
  refusing(p, d);
  rights_send(p[0], d, 2, "last", 4);
  close(p[0]);
  ok(receive(p[1], fd, 2, s, sizeof s) == 4, "what was sent before the end");
  ok(receive(p[1], fd, 2, s, sizeof s) < 0 && errno == EPIPE, "the end");
  ok(!rights_send(p[1], d, 2, "x", 1) && errno == EPIPE, "nobody there");
  return done();
}
