/*
 * postern-tcpserver: run a program for each TCP connection.
 *
 * reads   the rule file (-x); PATH, UID, GID, LISTEN_FDS, LISTEN_PID,
 *         POSTERN_DNS, DNSCACHEIP
 * writes  for the program: PROTO, TCPLOCAL*, TCPREMOTE*, POSTERN_SESSION,
 *         POSTERN_RULE, RELAYREASON and what the rule says; log lines on stderr
 * exits   0 on SIGTERM or SIGINT, 100 wrong usage or configuration,
 *         111 a socket, an identity or memory could not be had
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>

#include "account.h"
#include "addr.h"
#include "admit.h"
#include "apart.h"
#include "errtext.h"
#include "listen.h"
#include "log.h"
#include "options.h"
#include "pending.h"
#include "resolver.h"
#include "setup.h"

#define SECOND UINT64_C(1000000000)
#define BACK_OFF (SECOND / 2) /* after accept(2) ran out of something */
#define EVENTS 16
#define ACCEPT_ONCE 8

/* What an event is for: the top byte of its data. */
#define TAG(n) ((uint64_t)(n) << 56)
enum { FOR_SIGNALS, FOR_LISTENER, FOR_PENDING, FOR_RESOLVER };

struct server {
  struct options o;
  struct admit admit;
  struct pending pending;
  struct resolver *resolver; /* 0: no names are looked up */
  unsigned int nlisteners;
  struct listen_socket listeners[LISTEN_MAX];
  int epfd;
  int signals;
  int reserve; /* a descriptor to give up when there are no others */
  int listening;
  int exhausted; /* it was said already */
  int stopping;
  uint64_t stop_at;
  uint64_t pause_until;
  uint64_t now;
};

static uint64_t monotonic(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static _Noreturn void die(char const *what)
{
  strerr_dief(111, "unable to ", what, ": ", errtext(errno));
}

static void watch(struct server *s, int fd, uint64_t data)
{
  struct epoll_event ev = {.events = EPOLLIN, .data.u64 = data};

  if (epoll_ctl(s->epfd, EPOLL_CTL_ADD, fd, &ev) < 0) die("watch a descriptor");
}

/* --- one connection --- */

static int wants_lookup(struct pending const *p)
{
  return p->wish.hosts || p->wish.local_host || p->wish.info;
}

/* Its real address is known. */
static void on_known(struct server *s, struct client *c)
{
  int wait = wants_lookup(&s->pending);

  if (!admit_enter(&s->admit, c, s->now, wait)) return;
  if (wait)
    pending_lookup(&s->pending, c, s->now);
  else
    admit_judge(&s->admit, c, s->now);
}

LOG_ASIDE static void on_header(void *context, struct client *c,
                                enum pending_header result)
{
  static char const *const why[] = {
      [PENDING_HEADER_BAD] = "malformed",
      [PENDING_HEADER_LATE] = "timeout",
      [PENDING_HEADER_EOF] = "closed",
  };
  struct server *s = context;
  char ip[ADDR_FMT];
  struct log l;

  if (result == PENDING_HEADER_GOOD) {
    on_known(s, c);
    return;
  }
  close(c->fd);
  /* a health check connects and closes, all day long */
  if (s->o.verbosity < (result == PENDING_HEADER_EOF ? 2u : 1u)) return;
  addr_fmt(ip, &c->remote);
  log_start(&l, s->o.prog, "proxy", 0);
  log_string(&l, "ip", ip);
  log_string(&l, "refused", why[result]);
  log_end(&l);
}

static int has_room(struct server const *s)
{
  return s->admit.limit.children < s->o.limit;
}

static int on_names(void *context, struct client *c)
{
  struct server *s = context;

  if (!has_room(s)) return 0;
  admit_judge(&s->admit, c, s->now);
  return 1;
}

/* 0 if the connection is gone already. */
static int find_local(struct listen_socket const *l, struct client *c)
{
  struct sockaddr_storage ss;
  socklen_t len = sizeof ss;

  if (!l->any) {
    c->local = l->ip;
    c->local_port = l->port;
    return 1;
  }
  return !getsockname(c->fd, (struct sockaddr *)&ss, &len) &&
         addr_from_sockaddr(&ss, &c->local, &c->local_port);
}

static void on_connection(struct server *s, struct listen_socket const *l,
                          int fd, struct sockaddr_storage const *ss)
{
  struct client c;

  c.fd = fd;
  c.address = LIMIT_NONE;
  c.remote_host[0] = c.remote_info[0] = c.session[0] = 0;
  strcpy(c.local_host, s->o.local_host ? s->o.local_host : "");
  if (!addr_from_sockaddr(ss, &c.remote, &c.remote_port) ||
      !find_local(l, &c)) {
    close(fd);
    return;
  }
  if (s->o.kill_options && !l->ip6)
    setsockopt(fd, IPPROTO_IP, IP_OPTIONS, 0, 0);
  if (s->o.nnets && options_trusts(&s->o, &c.remote))
    pending_header(&s->pending, &c, s->now);
  else
    on_known(s, &c);
}

/* Nothing to accept with.  Give one client an answer, then leave the others in
   the kernel's queue for a while. */
static void on_exhausted(struct server *s, struct listen_socket const *l, int e)
{
  int fd;

  if (!s->exhausted && s->o.verbosity)
    strerr_warnwu2x("accept a connection: ", errtext(e));
  s->exhausted = 1;
  s->pause_until = s->now + BACK_OFF;
  if (s->reserve < 0) return;
  close(s->reserve);
  fd = accept4(l->fd, 0, 0, SOCK_CLOEXEC);
  if (fd >= 0) admit_turn_away(&s->admit, fd, VERDICT_RESOURCES);
  s->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* 0 if there was no connection to accept, or it could not be had. */
static int on_listener(struct server *s, struct listen_socket const *l)
{
  struct sockaddr_storage ss;
  socklen_t len = sizeof ss;
  int fd = accept4(l->fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);

  if (fd >= 0) {
    s->exhausted = 0;
    on_connection(s, l, fd, &ss);
    return 1;
  }
  switch (errno) {
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM: on_exhausted(s, l, errno); break;
  /* anything else is about one connection that is gone */
  default: break;
  }
  return 0;
}

/* Some of those that wait, and then the children and the clock again. */
static void on_listeners(struct server *s, struct listen_socket const *l)
{
  for (int i = 0; i < ACCEPT_ONCE; i++) {
    if (s->stopping || !has_room(s) || pending_full(&s->pending)) return;
    if (!on_listener(s, l)) return;
  }
}

/* --- signals --- */

LOG_ASIDE static void stop(struct server *s)
{
  struct log l;

  if (s->stopping || !s->o.drain) _exit(0);
  s->stopping = 1;
  s->stop_at = s->now + s->o.drain * SECOND;
  for (unsigned int i = 0; i < s->nlisteners; i++)
    close(s->listeners[i].fd);
  if (s->o.verbosity < 2) return;
  log_start(&l, s->o.prog, "drain", 0);
  log_number(&l, "children", s->admit.limit.children);
  log_number(&l, "seconds", s->o.drain);
  log_end(&l);
}

static void on_signals(struct server *s)
{
  struct signalfd_siginfo info[8];
  ssize_t n = read(s->signals, info, sizeof info);

  for (size_t i = 0; n > 0 && i < (size_t)n / sizeof *info; i++)
    switch (info[i].ssi_signo) {
    case SIGCHLD: break;
    case SIGHUP:
      s->admit.crashed = 0;
      admit_refresh(&s->admit, s->now, 1);
      break;
    default: stop(s);
    }
  admit_reap(&s->admit);
  pending_retry(&s->pending);
}

/* --- the loop --- */

static void listen_or_not(struct server *s)
{
  int yes = !s->stopping && has_room(s) && !s->pending.ready &&
            !pending_full(&s->pending) && s->now >= s->pause_until;

  if (s->stopping || yes == s->listening) return;
  for (unsigned int i = 0; i < s->nlisteners; i++) {
    struct epoll_event ev = {.events = yes ? EPOLLIN : 0,
                             .data.u64 = TAG(FOR_LISTENER) | i};
    epoll_ctl(s->epfd, EPOLL_CTL_MOD, s->listeners[i].fd, &ev);
  }
  s->listening = yes;
}

static int until(struct server const *s, uint64_t when, int most)
{
  uint64_t ms = when > s->now ? (when - s->now + 999999) / 1000000 : 0;
  return most < 0 || ms < (uint64_t)most ? (int)ms : most;
}

static int how_long(struct server *s)
{
  int ms = -1;

  if (s->pause_until > s->now) ms = until(s, s->pause_until, ms);
  if (s->stopping) ms = until(s, s->stop_at, ms);
  ms = pending_wait(&s->pending, s->now, ms);
  return s->resolver ? resolver_wait(s->resolver, ms) : ms;
}

static void on_event(struct server *s, struct epoll_event const *ev)
{
  uint64_t data = ev->data.u64 & (TAG(1) - 1);

  switch (ev->data.u64 >> 56) {
  case FOR_SIGNALS: on_signals(s); break;
  case FOR_LISTENER: on_listeners(s, s->listeners + data); break;
  case FOR_PENDING: pending_event(&s->pending, data, ev->events); break;
  case FOR_RESOLVER: resolver_event(s->resolver, (int)data, ev->events); break;
  }
}

static void end_if_done(struct server *s)
{
  if (!s->stopping) return;
  if (!s->admit.limit.children && !s->pending.n) _exit(0);
  if (s->now < s->stop_at) return;
  limit_signal(&s->admit.limit, SIGTERM);
  _exit(0);
}

static _Noreturn void serve(struct server *s)
{
  struct epoll_event ev[EVENTS];

  for (;;) {
    int n;

    listen_or_not(s);
    end_if_done(s);
    n = epoll_wait(s->epfd, ev, EVENTS, how_long(s));
    if (n < 0 && errno != EINTR) die("wait for events");
    s->now = monotonic();
    for (int i = 0; i < n; i++)
      on_event(s, ev + i);
    pending_expire(&s->pending, s->now);
    if (s->resolver && s->resolver->under_way)
      resolver_event(s->resolver, -1, 0);
  }
}

/* --- the start --- */

static void prepare_lookups(struct server *s)
{
  struct options const *o = &s->o;
  struct pending_wish wish = {
      .hosts = o->hosts,
      .paranoid = o->paranoid,
      /* 0.88 looks for its own name unless -l says it, -H or not */
      .local_host = !o->local_host && (o->hosts || o->classic),
      .info = o->info,
      .seconds = o->timeout,
  };
  struct pending_calls const calls = {on_header, on_names};
  char const *why;

  if (wish.hosts || wish.local_host) {
    s->resolver = apart_alloc(sizeof *s->resolver);
    if (!s->resolver) die("start");
    why = resolver_init(s->resolver, s->epfd, TAG(FOR_RESOLVER), o->timeout,
                        setup_name_servers(), pending_answer, &s->pending);
    if (why) strerr_dief(111, "unable to use the DNS: ", why);
  }
  if (!pending_init(&s->pending, s->epfd, TAG(FOR_PENDING), &wish, s->resolver,
                    &calls, s))
    die("start");
}

static void prepare_admit(struct server *s)
{
  stralloc dropped = STRALLOC_ZERO;

  if (!admit_init(&s->admit, &s->o, (char const *const *)environ, &dropped))
    die("start");
  if (dropped.len && stralloc_0(&dropped))
    strerr_warnw2x("removed from the environment (-k keeps them):", dropped.s);
  stralloc_free(&dropped);
}

int main(int argc, char const *const *argv)
{
  struct server *s = apart_alloc(sizeof *s);
  struct account account;

  PROG = "postern-tcpserver";
  if (!s) die("start");
  options_parse(&s->o, argc, argv);
  setup_descriptors(&s->o);
  setup_account(&s->o, &account);
  s->nlisteners = setup_listeners(&s->o, s->listeners);
  setup_close_rest(&s->o, s->listeners, s->nlisteners);
  setup_identity(&account);

  s->epfd = epoll_create1(EPOLL_CLOEXEC);
  s->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (s->epfd < 0) die("start");
  s->signals = setup_signals();
  watch(s, s->signals, TAG(FOR_SIGNALS));
  prepare_admit(s);
  prepare_lookups(s);
  for (unsigned int i = 0; i < s->nlisteners; i++)
    watch(s, s->listeners[i].fd, TAG(FOR_LISTENER) | i);
  s->listening = 1;
  s->now = monotonic();
  admit_refresh(&s->admit, s->now, 0);
  report_status(&s->admit.report, 0, s->o.limit);
  report_flush(&s->admit.report);
  setup_ready(&s->o, s->listeners);
  serve(s);
}
