#include "master.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <skalibs/strerr.h>

#include "channel.h"
#include "confine.h"
#include "crew.h"
#include "log.h"
#include "tlsctx.h"
#include "waiting.h"
#include "worker.h"

#define PROGRAM "postern-tlsd"
#define BACK_OFF 500 /* milliseconds, after something ran out */
#define EVENTS 64
#define ACCEPT_ONCE 16

/* Handshakes that may be done before somebody looks (struct worker_through in
   a pipe, which has room for 4096 at least). */
#define LOOK_EVERY 1024

/* What an event is for; from PLACE on, a place in the table of connections, and
   behind these, one in that of workers. */
enum { LISTENER, CHANNEL, SIGNALS, THROUGH, PLACE };

struct master {
  struct master_config const *config;
  struct confine confine;
  struct waiting waiting;
  struct tickets tickets;
  struct tlsctx *tls; /* 0: none yet */
  stralloc message;
  struct crew crew;
  uint32_t turn; /* of the last connection that a worker got */
  int epfd;
  int signals;
  int through[2]; /* of whom the handshake is done */
  int listening;
  int looking; /* for who is through */
  int draining;
  int exhausted; /* it was said already */
  uint64_t pause_until;
  uint64_t now;
};

static _Noreturn void die(char const *what) { strerr_diefu1sys(111, what); }

/* --- the log --- */

static void say(char const *event, char const *key, char const *value,
                struct handover const *h)
{
  worker_say(event, h ? h->session : 0, h ? h->ip : 0, key, value);
}

LOG_ASIDE static void say_crash(pid_t pid, int sig)
{
  struct log l;

  log_start(&l, PROGRAM, "crash", 0);
  log_number(&l, "pid", (uint64_t)pid);
  log_number(&l, "signal", (uint64_t)sig);
  log_end(&l);
}

static void exhausted(struct master *m, char const *what)
{
  if (!m->exhausted) say("exhausted", what, strerror(errno), 0);
  m->exhausted = 1;
  m->pause_until = m->now + BACK_OFF;
}

/* --- places --- */

static int watch(struct master *m, int op, int fd, uint64_t what,
                 uint32_t events)
{
  struct epoll_event ev = {.events = events, .data.u64 = what};

  if (!epoll_ctl(m->epfd, op, fd, &ev)) return 1;
  if (op == EPOLL_CTL_ADD && what < PLACE) die("watch a descriptor");
  return 0;
}

/* A worker may share the file: it must be said that we look no more. */
static void leave(struct master *m, uint32_t i)
{
  struct waiting_place const *p = m->waiting.place + i;

  watch(m, EPOLL_CTL_DEL, p->control, 0, 0);
  close(p->control);
  if (p->state != WAITING_NEW) {
    close(p->handover.client);
    close(p->handover.data);
  }
  waiting_move(&m->waiting, i, WAITING_FREE, 0);
}

static int has_room(struct master const *m)
{
  return m->waiting.n + crew_working(&m->crew) < m->config->sessions;
}

/* --- workers --- */

static _Noreturn void be_worker(struct master *m, int pair, uint32_t place)
{
  struct worker_config const config = {
      .ctx = m->tls->ctx,
      .pair = pair,
      .life = m->config->life,
      .through = m->through[1],
      .place = place,
      .idle = m->config->idle,
      .quiet = m->config->quiet,
  };
  int keep[] = {config.pair, config.life, config.through};
  sigset_t none;

  /* other clients' connections must end when they end, and be nobody else's */
  confine_descriptors(keep, sizeof keep / sizeof *keep);
  signal(SIGTERM, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  if (!confine_worker(&m->confine)) die("confine a worker");
  worker_run(&config);
}

/* Nothing more is heard of it but its death. */
static void hang_up(struct master *m, uint32_t i)
{
  struct crew_place *p = m->crew.place + i;

  if (p->fd < 0) return;
  watch(m, EPOLL_CTL_DEL, p->fd, 0, 0);
  close(p->fd);
  p->fd = -1;
}

/* It ends, after the connection that it has. */
static void dismiss(struct master *m, uint32_t i)
{
  hang_up(m, i);
  if (m->crew.place[i].state == CREW_IDLE)
    crew_move(&m->crew, i, CREW_ENDING, m->now);
}

/* What was inherited is no longer what is in force. */
static void dismiss_all(struct master *m)
{
  for (uint32_t i = 0; i < m->crew.max; i++)
    if (m->crew.place[i].state != CREW_FREE) dismiss(m, i);
}

/* A new worker, or CREW_NONE. */
static uint32_t hire(struct master *m)
{
  int pair[2];
  uint32_t i;
  pid_t pid;

  /* as many end as there are too many */
  if (crew_count(&m->crew) == m->crew.max) return CREW_NONE;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
    exhausted(m, "worker");
    return CREW_NONE;
  }
  i = crew_add(&m->crew, 0, pair[0], m->now);
  pid = fork();
  if (!pid) be_worker(m, pair[1], i);
  close(pair[1]);
  if (pid < 0) {
    exhausted(m, "fork");
    close(pair[0]);
    crew_move(&m->crew, i, CREW_FREE, m->now);
    return CREW_NONE;
  }
  m->crew.place[i].pid = pid;
  if (watch(m, EPOLL_CTL_ADD, pair[0], PLACE + m->waiting.max + i, EPOLLIN))
    return i;
  exhausted(m, "worker");
  dismiss(m, i);
  return CREW_NONE;
}

/* Connection i to worker k.  0: he is not there. */
static int give(struct master *m, uint32_t i, uint32_t k)
{
  struct waiting_place const *p = m->waiting.place + i;
  struct crew_place *c = m->crew.place + k;
  struct worker_job job = {
      .control = p->control,
      .client = p->handover.client,
      .data = p->handover.data,
      .facts = p->facts,
      .turn = ++m->turn,
      .deadline = p->deadline,
  };
  int good;

  strcpy(job.session, p->handover.session);
  strcpy(job.ip, p->handover.ip);
  good = worker_give(c->fd, &job);
  if (!good) return 0;
  c->turn = job.turn;
  crew_move(&m->crew, k, CREW_SHAKING, m->now);
  if (++c->served >= m->config->connections || m->draining) dismiss(m, k);
  leave(m, i);
  return 1;
}

static void on_through(struct master *m)
{
  struct worker_through t[64];
  ssize_t n;

  do {
    n = read(m->through[0], t, sizeof t);
    for (size_t i = 0; n > 0 && i < (size_t)n / sizeof *t; i++) {
      struct crew_place const *p = m->crew.place + t[i].place;

      if (t[i].place < m->crew.max && p->state == CREW_SHAKING &&
          p->turn == t[i].turn)
        crew_move(&m->crew, t[i].place, CREW_BUSY, m->now);
    }
  } while (n == sizeof t);
}

static int is_full(struct master const *m)
{
  return m->crew.n[CREW_SHAKING] >= m->config->handshakes;
}

/* Who is through need not be known before somebody waits for it. */
static void give_some(struct master *m)
{
  for (;;) {
    uint32_t i = waiting_turn(&m->waiting), k;
    int is_new;

    if (i == WAITING_NONE || m->now < m->pause_until) return;
    if (is_full(m) || m->turn % LOOK_EVERY == 0) on_through(m);
    if (is_full(m)) return;
    k = crew_newest(&m->crew, CREW_IDLE);
    is_new = k == CREW_NONE;
    if (is_new) k = hire(m);
    if (k == CREW_NONE) return;
    if (give(m, i, k)) {
      m->exhausted = 0;
      continue;
    }
    if (is_new || (errno != EPIPE && errno != ECONNRESET))
      exhausted(m, "worker");
    dismiss(m, k);
  }
}

static void on_worker(struct master *m, uint32_t i)
{
  struct crew_place const *p = m->crew.place + i;
  ssize_t r;
  char c;

  if (p->fd < 0) return;
  do
    r = recv(p->fd, &c, 1, MSG_DONTWAIT);
  while (r < 0 && errno == EINTR);
  if (r < 0 && errno == EAGAIN) return;
  if (r == 1 && c == WORKER_FREE &&
      (p->state == CREW_SHAKING || p->state == CREW_BUSY)) {
    crew_move(&m->crew, i, CREW_IDLE, m->now);
    if (m->crew.n[CREW_IDLE] <= MASTER_IDLE) return;
  }
  dismiss(m, i);
}

static void bury(struct master *m, pid_t pid)
{
  uint32_t i = crew_find(&m->crew, pid);

  if (i == CREW_NONE) return;
  hang_up(m, i);
  crew_move(&m->crew, i, CREW_FREE, m->now);
}

static uint64_t spare_until(struct master const *m)
{
  uint32_t i = crew_oldest(&m->crew, CREW_IDLE);

  return i == CREW_NONE ? UINT64_MAX
                        : m->crew.place[i].since + MASTER_SPARE * 1000;
}

static void drain(struct master *m)
{
  m->draining = 1;
  dismiss_all(m);
}

static void on_signals(struct master *m)
{
  struct signalfd_siginfo info;
  int status;
  pid_t pid;

  while (read(m->signals, &info, sizeof info) == (ssize_t)sizeof info)
    if (info.ssi_signo == SIGTERM) drain(m);
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    bury(m, pid);
    if (WIFSIGNALED(status)) say_crash(pid, WTERMSIG(status));
  }
}

/* --- connections --- */

static void on_new(struct master *m, uint32_t i)
{
  struct waiting_place *p = m->waiting.place + i;

  if (handover_receive(p->control, &p->handover)) {
    waiting_move(&m->waiting, i, WAITING_PLAIN, 0);
    return;
  }
  if (errno == EAGAIN) return;
  if (errno == EMFILE)
    exhausted(m, "handover");
  else if (errno != EPIPE)
    say("handover", "refused", strerror(errno), 0);
  leave(m, i);
}

static void on_asked(struct master *m, uint32_t i)
{
  struct waiting_place *p = m->waiting.place + i;
  ssize_t r;
  char c;

  do
    r = recv(p->control, &c, 1, MSG_DONTWAIT);
  while (r < 0 && errno == EINTR);
  if (r < 0 && errno == EAGAIN) return;
  if (r != 1 || (c != 'y' && c != 'Y')) {
    if (r == 1) say("control", "refused", "neither y nor Y", &p->handover);
    leave(m, i);
    return;
  }
  p->facts = c == 'Y';
  waiting_move(&m->waiting, i, WAITING_TURN,
               m->now + m->config->deadline * UINT64_C(1000));
  give_some(m);
  /* until its turn it is of no interest what comes */
  if (p->state == WAITING_TURN)
    watch(m, EPOLL_CTL_MOD, p->control, PLACE + i, EPOLLET);
}

static void on_place(struct master *m, uint32_t i, uint32_t events)
{
  switch (m->waiting.place[i].state) {
  case WAITING_NEW: on_new(m, i); break;
  case WAITING_PLAIN: on_asked(m, i); break;
  case WAITING_TURN:
    /* who wants an answer and went away before his turn came gave up */
    if (m->waiting.place[i].facts && events & (EPOLLHUP | EPOLLERR))
      leave(m, i);
    break;
  default: break;
  }
}

static void on_listener(struct master *m)
{
  for (int n = 0; n < ACCEPT_ONCE && has_room(m); n++) {
    int fd = accept4(m->config->listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
    uint32_t i;

    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
          errno == ENOMEM)
        exhausted(m, "accept");
      return;
    }
    m->exhausted = 0;
    i = waiting_add(&m->waiting, fd, m->now + MASTER_HANDOVER * 1000);
    if (i == WAITING_NONE) {
      close(fd);
      return;
    }
    watch(m, EPOLL_CTL_ADD, fd, PLACE + i, EPOLLIN);
    on_new(m, i);
  }
}

static void expire(struct master *m)
{
  uint32_t i;

  while (spare_until(m) <= m->now)
    dismiss(m, crew_oldest(&m->crew, CREW_IDLE));
  while ((i = waiting_late(&m->waiting, m->now)) != WAITING_NONE) {
    struct waiting_place const *p = m->waiting.place + i;

    if (p->state == WAITING_TURN)
      say("handshake", "refused", "no turn", &p->handover);
    else
      say("handover", "refused", "timeout", 0);
    leave(m, i);
  }
}

/* --- the keeper --- */

static void on_certs(struct master *m)
{
  char why[CERTSET_WHY] = "";
  struct tlsctx *tls = tlsctx_make(m->message.s, m->message.len, &m->tickets,
                                   (long)m->config->tickets, why);

  explicit_bzero(m->message.s, m->message.len);
  if (!tls) {
    channel_send(m->config->channel, CHANNEL_BAD, why, strlen(why));
    return;
  }
  tlsctx_free(m->tls);
  m->tls = tls;
  tlsctx_warm(tls);
  dismiss_all(m);
  channel_send(m->config->channel, CHANNEL_GOOD,
               tls->set->name[tls->set->other].name,
               strlen(tls->set->name[tls->set->other].name));
}

static void on_channel(struct master *m)
{
  switch (channel_receive(m->config->channel, &m->message, BUNDLE_MAX)) {
  case CHANNEL_CERTS: on_certs(m); break;
  case CHANNEL_TICKETS:
    if (m->message.len == sizeof m->tickets)
      memcpy(&m->tickets, m->message.s, sizeof m->tickets);
    explicit_bzero(m->message.s, m->message.len);
    dismiss_all(m);
    break;
  default: watch(m, EPOLL_CTL_DEL, m->config->channel, CHANNEL, 0); drain(m);
  }
}

/* --- the loop --- */

static void listen_or_not(struct master *m)
{
  int yes = m->tls && !m->draining && has_room(m) && m->now >= m->pause_until;

  if (yes == m->listening) return;
  watch(m, EPOLL_CTL_MOD, m->config->listener, LISTENER, yes ? EPOLLIN : 0);
  m->listening = yes;
}

static void look_or_not(struct master *m)
{
  int yes = is_full(m) && waiting_turn(&m->waiting) != WAITING_NONE;

  if (yes == m->looking) return;
  watch(m, EPOLL_CTL_MOD, m->through[0], THROUGH, yes ? EPOLLIN : 0);
  m->looking = yes;
}

static int how_long(struct master const *m)
{
  uint64_t until = waiting_until(&m->waiting);

  if (spare_until(m) < until) until = spare_until(m);
  if (m->pause_until > m->now && m->pause_until < until) until = m->pause_until;
  if (until == UINT64_MAX) return -1;
  return until > m->now ? (int)(until - m->now) : 0;
}

static void on_event(struct master *m, struct epoll_event const *ev)
{
  uint32_t i;

  switch (ev->data.u64) {
  case LISTENER: on_listener(m); break;
  case CHANNEL: on_channel(m); break;
  case SIGNALS: on_signals(m); break;
  case THROUGH: on_through(m); break;
  default:
    i = (uint32_t)(ev->data.u64 - PLACE);
    if (i < m->waiting.max)
      on_place(m, i, ev->events);
    else
      on_worker(m, i - m->waiting.max);
  }
}

static _Noreturn void serve(struct master *m)
{
  struct epoll_event ev[EVENTS];

  for (;;) {
    int n;

    if (m->draining && !m->waiting.n && !crew_count(&m->crew)) _exit(0);
    listen_or_not(m);
    look_or_not(m);
    n = epoll_wait(m->epfd, ev, EVENTS, how_long(m));
    if (n < 0 && errno != EINTR) die("wait for events");
    m->now = worker_clock();
    for (int i = 0; i < n; i++)
      on_event(m, ev + i);
    expire(m);
    give_some(m);
  }
}

/* --- the start --- */

static void prepare_signals(struct master *m)
{
  sigset_t set;

  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_SETMASK, &set, 0);
  m->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (m->signals < 0) die("watch signals");
}

_Noreturn void master_run(struct master_config const *config)
{
  struct master *m = calloc(1, sizeof *m);

  if (!m) die("start");
  m->config = config;
  m->epfd = epoll_create1(EPOLL_CLOEXEC);
  if (m->epfd < 0 || pipe2(m->through, O_CLOEXEC | O_NONBLOCK) ||
      !waiting_init(&m->waiting, config->sessions) ||
      !crew_init(&m->crew, config->sessions + MASTER_IDLE))
    die("start");
  prepare_signals(m);
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, 0);
  if (!confine_master(&m->confine)) die("confine the master");
  watch(m, EPOLL_CTL_ADD, config->listener, LISTENER, 0);
  watch(m, EPOLL_CTL_ADD, config->channel, CHANNEL, EPOLLIN);
  watch(m, EPOLL_CTL_ADD, m->signals, SIGNALS, EPOLLIN);
  watch(m, EPOLL_CTL_ADD, m->through[0], THROUGH, 0);
  m->now = worker_clock();
  serve(m);
}
