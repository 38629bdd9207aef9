/* handover - the one message that brings a connection to postern-tlsd. */
#include "handover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "unit.h"

static void scanning(void)
{
  static struct {
    char const *name, *s;
    size_t n;
    int good;
    char const *session, *ip;
  } const row[] = {
      {"both", "a.b\0001.2.3.4", 12, 1, "a.b", "1.2.3.4"},
      {"neither", "\0", 2, 1, "", ""},
      {"only a session", "a\0", 3, 1, "a", ""},
      {"nothing at all", "", 0, 0, 0, 0},
      {"one NUL", "a", 2, 0, 0, 0},
      {"no NUL at the end", "a\0b", 3, 0, 0, 0},
      {"three NULs", "a\0b\0", 5, 0, 0, 0},
      {"something after it", "a\0b\0Y", 5, 0, 0, 0},
  };
  char most[HANDOVER_MAX + 1];
  struct handover h;

  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    int r = handover_scan(&h, row[i].s, row[i].n);

    ok(r == row[i].good && (!r || (!strcmp(h.session, row[i].session) &&
                                   !strcmp(h.ip, row[i].ip))),
       row[i].name);
  }
  memset(most, 'x', sizeof most);
  most[3] = most[HANDOVER_MAX - 1] = 0;
  ok(handover_scan(&h, most, HANDOVER_MAX) && strlen(h.ip) == HANDOVER_MAX - 5,
     "the longest");
  most[HANDOVER_MAX - 1] = 'x';
  most[HANDOVER_MAX] = 0;
  ok(!handover_scan(&h, most, HANDOVER_MAX + 1), "one byte too long");
}

static unsigned int count(void)
{
  DIR *d = opendir("/proc/self/fd");
  unsigned int n = 0;

  while (d && readdir(d))
    n++;
  if (d) closedir(d);
  return n;
}

static void sending(int const p[2], int const d[2])
{
  char long_text[2 * HANDOVER_MAX], c = 0;
  struct handover h;

  ok(!handover_receive(p[1], &h) && errno == EAGAIN, "nothing came yet");
  ok(handover_send(p[0], d[0], d[1], "s.1", "::1"), "send");
  ok(write(p[0], "Y", 1) == 1 && handover_receive(p[1], &h), "receive");
  ok(!strcmp(h.session, "s.1") && !strcmp(h.ip, "::1"), "the texts came");
  ok(fcntl(h.client, F_GETFD) == FD_CLOEXEC &&
         fcntl(h.data, F_GETFD) == FD_CLOEXEC,
     "close-on-exec");
  ok(write(h.client, "z", 1) == 1 && read(d[1], &c, 1) == 1 && c == 'z',
     "the first is the client's");
  ok(write(h.data, "q", 1) == 1 && read(d[0], &c, 1) == 1 && c == 'q',
     "the second the data");
  ok(read(p[1], &c, 1) == 1 && c == 'Y', "what follows stays");
  close(h.client);
  close(h.data);

  memset(long_text, 'x', sizeof long_text);
  long_text[sizeof long_text - 1] = 0;
  ok(handover_send(p[0], d[0], d[1], long_text, "::1") &&
         handover_receive(p[1], &h) && !h.session[0] && !strcmp(h.ip, "::1"),
     "a session too long is left out");
  close(h.client);
  close(h.data);
  ok(handover_send(p[0], d[0], d[1], 0, long_text) &&
         handover_receive(p[1], &h) && !h.session[0] && !h.ip[0],
     "so is an address");
  close(h.client);
  close(h.data);
}

/* n descriptors with a payload. */
static void raw(int to, int fd, unsigned int n, char const *s, size_t len)
{
  char bytes[CMSG_SPACE(8 * sizeof(int))] = {0};
  struct iovec v = {(char *)s, len};
  struct msghdr m = {.msg_iov = &v,
                     .msg_iovlen = 1,
                     .msg_control = bytes,
                     .msg_controllen = CMSG_SPACE(n * sizeof(int))};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);

  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(n * sizeof(int));
  for (unsigned int i = 0; i < n; i++)
    memcpy(CMSG_DATA(c) + i * sizeof fd, &fd, sizeof fd);
  sendmsg(to, &m, 0);
}

static void refusing(int p[2], int const d[2])
{
  struct rlimit keep, few;
  struct handover h;
  unsigned int before = count();

  raw(p[0], d[0], 1, "a\0b", 4);
  ok(!handover_receive(p[1], &h) && errno == EPROTO && count() == before,
     "one descriptor");
  raw(p[0], d[0], 3, "a\0b", 4);
  ok(!handover_receive(p[1], &h) && errno == EPROTO && count() == before,
     "three");
  raw(p[0], d[0], 2, "a", 2);
  ok(!handover_receive(p[1], &h) && errno == EPROTO && count() == before,
     "two with a bad payload");
  ok(write(p[0], "a\0b", 4) == 4 && !handover_receive(p[1], &h) &&
         errno == EPROTO,
     "none");

  getrlimit(RLIMIT_NOFILE, &keep);
  few = keep;
  few.rlim_cur = (rlim_t)dup(0);
  close((int)few.rlim_cur);
  handover_send(p[0], d[0], d[1], "a", "b");
  setrlimit(RLIMIT_NOFILE, &few);
  ok(!handover_receive(p[1], &h) && errno == EMFILE, "no room");
  few.rlim_cur++;
  setrlimit(RLIMIT_NOFILE, &keep);
  handover_send(p[0], d[0], d[1], "a", "b");
  setrlimit(RLIMIT_NOFILE, &few);
  ok(!handover_receive(p[1], &h) && errno == EMFILE, "room for one");
  setrlimit(RLIMIT_NOFILE, &keep);
  ok(count() == before, "nothing is left open");

  close(p[0]);
  ok(!handover_receive(p[1], &h) && errno == EPIPE, "the other side went");
  ok(!handover_send(p[1], d[0], d[1], "a", "b") && errno == EPIPE,
     "no signal when it went");
}

int main(void)
{
  int p[2], d[2];

  scanning();
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, d))
    return 1;
  sending(p, d);
  refusing(p, d);
  return done();
}
