#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "errtext.h"
#include "setup.h"

#define CLOSE_ON_EXEC 4u /* CLOSE_RANGE_CLOEXEC, Linux 5.11 */
#define FIRST_PASSED 3   /* SD_LISTEN_FDS_START */

static _Noreturn void die(char const *what)
{
  strerr_dief(111, "unable to ", what, ": ", errtext(errno));
}

/* --- descriptors --- */

static void mark_close_on_exec(void)
{
  struct rlimit rl;

  if (!syscall(SYS_close_range, 3u, ~0u, CLOSE_ON_EXEC)) return;
  if (getrlimit(RLIMIT_NOFILE, &rl) < 0) die("get the limit of descriptors");
  for (int fd = 3; (rlim_t)fd < rl.rlim_cur; fd++)
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void setup_descriptors(struct options const *o)
{
  int fd;

  do
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd < 3 && !fcntl(fd, F_SETFD, 0));
  if (fd < 0) die("open /dev/null");
  close(fd);
  mark_close_on_exec();
  if (o->ready_fd >= 0 && fcntl(o->ready_fd, F_GETFD) < 0)
    strerr_dief(100, "-N: ", errtext(errno));
}

/* --- identity --- */

void setup_account(struct options const *o, struct account *a)
{
  char const *why, *user = o->user ? o->user : "";

  if (account_find(a, o->user, o->group, &why)) return;
  strerr_dief(100, why, strstr(why, "group") && o->group ? o->group : user);
}

void setup_identity(struct account const *a)
{
  char const *id = account_become(a);

  if (id) strerr_dief(111, "unable to set ", id, ": ", errtext(errno));
}

/* --- sockets --- */

static void open_one(struct options const *o, char const *host,
                     char const *port, struct listen_socket *l)
{
  char const *why;
  uint16_t number;
  ip46 ip;

  switch (listen_port(port, &number)) {
  case 1: break;
  case 0: strerr_dief(111, "unable to figure out port number for ", port);
  default: strerr_dief(100, "not a port number: ", port);
  }
  switch (listen_host(host, &ip, &why)) {
  case 1: break;
  case 0: strerr_dief(111, "no IP address for ", host);
  default:
    strerr_dief(111, "temporarily unable to figure out IP address for ", host,
                ": ", why);
  }
  why = listen_open(l, &ip, number, (int)o->backlog, o->no_delay);
  if (why) die(why);
}

static void adopt_one(struct options const *o, int fd, struct listen_socket *l)
{
  char s[INT_FMT];

  if (listen_adopt(l, fd, o->no_delay)) {
    /* the place of 0, 1 or 2 must not be taken by something else */
    if (fd < 3 && open("/dev/null", O_RDWR) < 0) die("open /dev/null");
    return;
  }
  s[int_fmt(s, fd)] = 0;
  strerr_dief(100, "descriptor ", s,
              " is no listening TCP socket: ", errtext(errno));
}

/* How many sockets the service manager has passed to this very process. */
static unsigned int passed(void)
{
  char const *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
  unsigned int p, n;

  if (!pid || !fds) return 0;
  if (!uint0_scan(pid, &p) || p != (unsigned int)getpid()) return 0;
  if (!uint0_scan(fds, &n) || n > LISTEN_MAX)
    strerr_dief(100, "invalid LISTEN_FDS: ", fds);
  return n;
}

unsigned int setup_listeners(struct options const *o,
                             struct listen_socket l[LISTEN_MAX])
{
  unsigned int n = passed();
  char host[LISTEN_HOST_MAX + 1];
  char const *port;

  if (n + o->nadopt > LISTEN_MAX || o->nmore >= LISTEN_MAX)
    strerr_dief(100, "too many sockets");
  for (unsigned int i = 0; i < n; i++)
    adopt_one(o, FIRST_PASSED + (int)i, l + i);
  for (unsigned int i = 0; i < o->nadopt; i++)
    adopt_one(o, o->adopt[i], l + n++);
  if (n) return n;

  open_one(o, o->host, o->port, l + n++);
  for (unsigned int i = 0; i < o->nmore; i++) {
    if (!listen_cut(o->more[i], host, &port))
      strerr_dief(100, "-a: not HOST:PORT: ", o->more[i]);
    open_one(o, host, port, l + n++);
  }
  return n;
}

static int is_used(int fd, struct options const *o,
                   struct listen_socket const *l, unsigned int n)
{
  for (unsigned int i = 0; i < n; i++)
    if (l[i].fd == fd) return 1;
  return fd == o->ready_fd;
}

static int highest_used(struct options const *o, struct listen_socket const *l,
                        unsigned int n)
{
  int highest = o->ready_fd > 2 ? o->ready_fd : 2;

  for (unsigned int i = 0; i < n; i++)
    if (l[i].fd > highest) highest = l[i].fd;
  return highest;
}

static void close_above(int fd)
{
  struct rlimit rl;

  if (!syscall(SYS_close_range, (unsigned int)fd + 1, ~0u, 0u)) return;
  if (getrlimit(RLIMIT_NOFILE, &rl) < 0) die("get the limit of descriptors");
  while ((rlim_t)++fd < rl.rlim_cur)
    close(fd);
}

void setup_close_rest(struct options const *o, struct listen_socket *l,
                      unsigned int n)
{
  int highest = highest_used(o, l, n);

  close_above(highest);
  for (int fd = 3; fd < highest; fd++)
    if (!is_used(fd, o, l, n)) close(fd);
  for (unsigned int i = 0; i < n; i++) {
    int low = fcntl(l[i].fd, F_DUPFD_CLOEXEC, 3);

    if (low < 0) die("move a descriptor");
    close(low < l[i].fd ? l[i].fd : low);
    if (low < l[i].fd) l[i].fd = low;
  }
}

/* --- signals and name servers --- */

int setup_signals(void)
{
  static int const caught[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
  sigset_t set;
  int fd;

  sigemptyset(&set);
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
    signal(caught[i], SIG_DFL);
    sigaddset(&set, caught[i]);
  }
  signal(SIGPIPE, SIG_IGN);
  sigprocmask(SIG_SETMASK, &set, 0);
  fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) die("watch signals");
  return fd;
}

char const *setup_name_servers(void)
{
  char const *x = getenv("POSTERN_DNS");
  ip46 ip;

  if (x) return x;
  x = getenv("DNSCACHEIP");
  if (x && !addr_scan(x, &ip)) strerr_dief(100, "invalid DNSCACHEIP: ", x);
  return x;
}

/* --- readiness --- */

static void print_port(struct listen_socket const *l)
{
  char s[UINT16_FMT + 1];
  size_t n = uint16_fmt(s, l->port);

  s[n++] = '\n';
  fd_write(1, s, n);
}

void setup_ready(struct options const *o, struct listen_socket const *l)
{
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0) die("open /dev/null");
  if (o->print_port) print_port(l);
  if (dup2(null, 0) < 0 || dup2(null, 1) < 0) die("open /dev/null");
  close(null);
  if (o->ready_fd < 0) return;
  fd_write(o->ready_fd, "\n", 1);
  if (o->ready_fd > 2) close(o->ready_fd);
}
