/* Unit test of src/accept/setup.c: what does not end the process; the rest is
   in tests/accept. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "setup.h"
#include "unit.h"

int main(void)
{
  struct options o;
  struct account a;
  struct listen_socket l[LISTEN_MAX], m[LISTEN_MAX];
  int fd = dup(1), ready[2];
  char s[INT_FMT], c;

  memset(&o, 0, sizeof o);
  o.ready_fd = -1;
  o.backlog = 20;
  o.host = "127.0.0.1";
  o.port = "0";
  setup_descriptors(&o);
  ok(fcntl(fd, F_GETFD) == FD_CLOEXEC && !fcntl(1, F_GETFD),
     "nothing leaks but 0, 1, 2");
  setup_account(&o, &a);
  ok(!a.has_uid && !a.has_gid, "nobody asked for");
  setup_identity(&a);
  o.nmore = 2;
  o.more[0] = "[::1]:0";
  o.more[1] = "127.0.0.2:0";
  ok(setup_listeners(&o, l) == 3 && l[0].port && l[1].ip6 && l[2].port,
     "three sockets");
  o.nadopt = 1;
  o.adopt[0] = l[2].fd;
  ok(setup_listeners(&o, m) == 1 && m[0].port == l[2].port,
     "one that is given instead");
  o.nadopt = 0;
  o.nmore = 0;
  setenv("LISTEN_FDS", "5", 1);
  s[uint_fmt(s, (unsigned int)getpid() + 1)] = 0;
  setenv("LISTEN_PID", s, 1);
  ok(setup_listeners(&o, m) == 1 && m[0].port != l[2].port,
     "LISTEN_FDS for somebody else");
  ok(!setup_name_servers(), "no name servers are named");
  setenv("DNSCACHEIP", "127.0.0.1", 1);
  ok(!strcmp(setup_name_servers(), "127.0.0.1"), "DNSCACHEIP");
  setenv("POSTERN_DNS", "127.0.0.2:53", 1);
  ok(!strcmp(setup_name_servers(), "127.0.0.2:53"), "POSTERN_DNS before it");
  pipe(ready);
  o.ready_fd = ready[1];
  fd = dup(1);
  setup_ready(&o, l);
  dup2(fd, 1);
  ok(read(ready[0], &c, 1) == 1 && c == '\n' && read(ready[0], &c, 1) == 0,
     "readiness");
  {
    int far = fcntl(1, F_DUPFD, 300), high = fcntl(l[0].fd, F_DUPFD, 400);

    o.ready_fd = -1;
    l[0].fd = high;
    setup_close_rest(&o, l, 1);
    ok(fcntl(far, F_GETFD) < 0 && fcntl(high, F_GETFD) < 0,
       "what was inherited is closed");
    ok(l[0].fd == 3 && fcntl(3, F_GETFD) == FD_CLOEXEC, "a socket lies low");
  }
  return done();
}
