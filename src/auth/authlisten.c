#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <skalibs/types.h>

#include "authlisten.h"

#define BACKLOG 1024
#define PEEK 256 /* bytes; a greeting is shorter */
#define EVENTS 64
#define OTHERS 1024 /* descriptors that are not clients */
#define FIRST_FREE 3

/* A client that nobody serves yet.  The index is its descriptor. */
struct waiting {
  int used;
  int ready; /* has something to ask, but no process could be made */
};

struct state {
  struct authlisten const *l;
  int epoll;
  int signals;
  sigset_t old;
  pid_t self;
  unsigned int waiting;
  unsigned int ready;
  unsigned int children;
  unsigned int connection;
  int accepting; /* is the listening socket watched? */
  int64_t again; /* when to try again what the system refused; 0: nothing */
  int over;
  int n;             /* descriptors in w */
  struct waiting *w; /* of every descriptor */
  pid_t *child;      /* the first children are used */
};

static int64_t clock_ms(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void trouble(struct state *s, char const *what)
{
  s->l->trouble(s->l->data, what, errno);
  if (!s->again) s->again = clock_ms() + AUTHLISTEN_RETRY;
}

int authlisten_quiet(char const *s, size_t n)
{
  static char const *const greeting[] = {"VERSION\t1\t", "CPID\t"};

  for (size_t i = 0; i < 2 && n; i++) {
    size_t len = strlen(greeting[i]);
    char const *lf = memchr(s, '\n', n);

    if (memcmp(s, greeting[i], len < n ? len : n)) return 0;
    if (!lf) return n < PEEK;
    n -= (size_t)(lf + 1 - s);
    s = lf + 1;
  }
  return !n;
}

static int watch(struct state *s, int fd, uint32_t events)
{
  struct epoll_event e = {.events = events, .data.fd = fd};

  return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static void unwatch(struct state *s, int fd)
{
  epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, 0);
}

static void accept_or_not(struct state *s)
{
  int want = !s->again && s->waiting + s->children < s->l->n;

  if (want == s->accepting) return;
  if (!want)
    unwatch(s, s->l->fd);
  else if (!watch(s, s->l->fd, EPOLLIN)) {
    trouble(s, "watch");
    return;
  }
  s->accepting = want;
}

static void drop(struct state *s, int fd)
{
  s->waiting--;
  s->ready -= (unsigned int)s->w[fd].ready;
  s->w[fd] = (struct waiting){0};
  /* while a child has it open it would stay watched, and its end be taken for
     that of the next client with this number */
  unwatch(s, fd);
  close(fd);
}

static _Noreturn void be_child(struct state *s, int fd)
{
  int keep = s->l->keep;

  /* nobody is left to end it if the parent is killed */
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != s->self) _exit(111);
  sigprocmask(SIG_SETMASK, &s->old, 0);
  if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0) _exit(111);
  if (keep >= 0 && keep != AUTHLISTEN_KEPT && dup2(keep, AUTHLISTEN_KEPT) < 0)
    _exit(111);
  close_range(keep >= 0 ? AUTHLISTEN_KEPT + 1 : FIRST_FREE, ~0U, 0);
  _exit(s->l->serve(s->l->data));
}

/* 0: not now. */
static int give_process(struct state *s, int fd)
{
  pid_t pid = fork();

  if (!pid) be_child(s, fd);
  if (pid < 0) {
    trouble(s, "fork");
    if (!s->w[fd].ready) s->ready++;
    s->w[fd].ready = 1;
    return 0;
  }
  s->child[s->children++] = pid;
  drop(s, fd);
  return 1;
}

/* A client sent something, or went away. */
static void look(struct state *s, int fd, int gone)
{
  char buf[PEEK];
  ssize_t n = recv(fd, buf, sizeof buf, MSG_PEEK | MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0 && !authlisten_quiet(buf, (size_t)n))
    give_process(s, fd);
  else if (n <= 0 || gone)
    drop(s, fd);
}

/* What was said in time is whole, or the client is gone. */
static int greet(struct state *s, int fd)
{
  stralloc out = STRALLOC_ZERO;
  int r =
      s->l->greet(s->l->data, &out, ++s->connection) &&
      send(fd, out.s, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)out.len;

  stralloc_free(&out);
  return r;
}

static void take_client(struct state *s, int fd)
{
  if (fd >= s->n || !greet(s, fd)) {
    close(fd);
    return;
  }
  s->w[fd] = (struct waiting){.used = 1};
  s->waiting++;
  /* edge-triggered: what a client has said wakes us once */
  if (!watch(s, fd, EPOLLIN | EPOLLRDHUP | EPOLLET)) {
    trouble(s, "watch");
    drop(s, fd);
  }
}

static void take_clients(struct state *s)
{
  while (s->waiting + s->children < s->l->n) {
    int fd = accept4(s->l->fd, 0, 0, SOCK_CLOEXEC);

    if (fd >= 0) {
      take_client(s, fd);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
        errno == ENOBUFS)
      trouble(s, "accept");
    if (errno != EINTR && errno != ECONNABORTED) return;
  }
}

static void bury(struct state *s)
{
  pid_t pid;

  while ((pid = waitpid(-1, 0, WNOHANG)) > 0) {
    for (unsigned int i = 0; i < s->children; i++) {
      if (s->child[i] != pid) continue;
      s->child[i] = s->child[--s->children];
      break;
    }
  }
}

static void take_signal(struct state *s)
{
  struct signalfd_siginfo si;

  if (read(s->signals, &si, sizeof si) != sizeof si) return;
  switch (si.ssi_signo) {
  case SIGCHLD: bury(s); break;
  case SIGHUP: s->l->reload(s->l->data); break;
  default: s->over = 1;
  }
}

/* The time for a second try has come. */
static void try_again(struct state *s)
{
  s->again = 0;
  for (int fd = 0; fd < s->n && s->ready; fd++)
    if (s->w[fd].ready && !give_process(s, fd)) return;
}

static void handle(struct state *s, struct epoll_event const *e)
{
  int fd = e->data.fd;

  if (fd == s->signals)
    take_signal(s);
  else if (fd == s->l->fd)
    take_clients(s);
  else if (s->w[fd].used && !s->w[fd].ready)
    look(s, fd, !!(e->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)));
}

static void serve(struct state *s)
{
  struct epoll_event e[EVENTS];

  while (!s->over) {
    int64_t now = clock_ms();
    int n;

    if (s->again && s->again <= now) try_again(s);
    accept_or_not(s);
    n = epoll_wait(s->epoll, e, EVENTS,
                   !s->again        ? -1
                   : s->again > now ? (int)(s->again - now)
                                    : 0);
    for (int i = 0; i < n && !s->over; i++)
      handle(s, e + i);
  }
}

static void end_children(struct state *s)
{
  for (unsigned int i = 0; i < s->children; i++)
    kill(s->child[i], SIGTERM);
  while (waitpid(-1, 0, 0) > 0 || errno == EINTR)
    ;
}

static int begin(struct state *s)
{
  static int const caught[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
  sigset_t set;

  sigemptyset(&set);
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
    sigaddset(&set, caught[i]);
  s->n = (int)s->l->n + OTHERS;
  s->w = calloc((size_t)s->n, sizeof *s->w);
  s->child = calloc(s->l->n, sizeof *s->child);
  s->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (!s->w || !s->child || s->epoll < 0) return 0;
  if (sigprocmask(SIG_BLOCK, &set, &s->old) < 0) return 0;
  s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return s->signals >= 0 && watch(s, s->signals, EPOLLIN);
}

int authlisten(struct authlisten const *l)
{
  struct state s = {.l = l, .self = getpid(), .epoll = -1, .signals = -1};
  int r = begin(&s) ? 0 : -1;

  if (!r) serve(&s);
  if (!r) end_children(&s);
  free(s.w);
  free(s.child);
  close(s.epoll);
  close(s.signals);
  return r;
}

/* PATH.NUMBER, which nobody else uses. */
static int bind_beside(int fd, char const *path, struct sockaddr_un *sa)
{
  sa->sun_family = AF_UNIX;
  for (unsigned int i = 0; i < 100; i++) {
    int n = snprintf(sa->sun_path, sizeof sa->sun_path, "%s.%u.%u", path,
                     (unsigned int)getpid(), i);

    if (n < 0 || (size_t)n >= sizeof sa->sun_path) {
      errno = ENAMETOOLONG;
      return 0;
    }
    if (bind(fd, (struct sockaddr *)sa, sizeof *sa) == 0) return 1;
    if (errno != EADDRINUSE) return 0;
  }
  return 0;
}

static int may_replace(char const *path)
{
  struct stat st;

  if (lstat(path, &st) < 0) return errno == ENOENT;
  if (S_ISSOCK(st.st_mode)) return 1;
  errno = EEXIST;
  return 0;
}

int authlisten_bind(char const *path)
{
  struct sockaddr_un sa = {0};
  int fd, e;

  if (!may_replace(path)) return -1;
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (bind_beside(fd, path, &sa)) {
    if (chmod(sa.sun_path, 0666) == 0 && listen(fd, BACKLOG) == 0 &&
        rename(sa.sun_path, path) == 0)
      return fd;
    e = errno;
    unlink(sa.sun_path);
    errno = e;
  }
  e = errno;
  close(fd);
  errno = e;
  return -1;
}
