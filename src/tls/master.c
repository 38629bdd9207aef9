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
#include "log.h"
#include "tlsctx.h"
#include "waiting.h"
#include "worker.h"

#define PROGRAM "postern-tlsd"
#define BACK_OFF 500 /* milliseconds, after something ran out */
#define EVENTS 64
#define ACCEPT_ONCE 16

/* What an event is for; from PLACE on, a place in the table. */
enum { LISTENER, CHANNEL, SIGNALS, DONE, PLACE };

struct master {
  struct master_config const *config;
  struct confine confine;
  struct waiting waiting;
  struct tickets tickets;
  struct tlsctx *tls; /* 0: none yet */
  stralloc message;
  unsigned int workers;
  unsigned int shaking; /* workers in the handshake */
  pid_t *shakers;       /* their process ids */
  int epfd;
  int signals;
  int done[2]; /* process ids of workers that are through with it */
  int listening;
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

static void watch(struct master *m, int op, int fd, uint64_t what,
                  uint32_t events)
{
  struct epoll_event ev = {.events = events, .data.u64 = what};

  if (epoll_ctl(m->epfd, op, fd, &ev) < 0 && op == EPOLL_CTL_ADD &&
      what < PLACE)
    die("watch a descriptor");
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
  return m->waiting.n + m->workers < m->config->sessions;
}

/* --- workers --- */

static _Noreturn void be_worker(struct master *m, uint32_t i)
{
  struct waiting_place const *p = m->waiting.place + i;
  struct master_config const *c = m->config;
  struct worker_job const job = {
      .ctx = m->tls->ctx,
      .control = p->control,
      .client = p->handover.client,
      .data = p->handover.data,
      .life = c->life,
      .done = m->done[1],
      .facts = p->facts,
      .session = p->handover.session,
      .ip = p->handover.ip,
      .deadline = p->deadline,
      .idle = c->idle,
      .quiet = c->quiet,
  };
  int keep[] = {job.control, job.client, job.data, job.life, job.done};
  sigset_t none;

  /* other clients' connections must end when they end, and be nobody else's */
  confine_descriptors(keep, sizeof keep / sizeof *keep);
  signal(SIGTERM, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  if (!confine_worker(&m->confine)) die("confine a worker");
  worker_run(&job);
}

static void hire(struct master *m, uint32_t i)
{
  pid_t pid = fork();

  if (pid < 0) {
    exhausted(m, "fork");
    return;
  }
  if (!pid) be_worker(m, i);
  m->exhausted = 0;
  m->workers++;
  m->shakers[m->shaking++] = pid;
  leave(m, i);
}

static void hire_some(struct master *m)
{
  while (m->shaking < m->config->handshakes && m->now >= m->pause_until) {
    uint32_t i = waiting_turn(&m->waiting);

    if (i == WAITING_NONE) return;
    hire(m, i);
  }
}

static void through(struct master *m, pid_t pid)
{
  for (unsigned int i = 0; i < m->shaking; i++)
    if (m->shakers[i] == pid) {
      m->shakers[i] = m->shakers[--m->shaking];
      return;
    }
}

static void on_done(struct master *m)
{
  pid_t pid[32];
  ssize_t n = read(m->done[0], pid, sizeof pid);

  for (size_t i = 0; n > 0 && i < (size_t)n / sizeof *pid; i++)
    through(m, pid[i]);
}

static void on_signals(struct master *m)
{
  struct signalfd_siginfo info;
  int status;
  pid_t pid;

  while (read(m->signals, &info, sizeof info) == (ssize_t)sizeof info)
    if (info.ssi_signo == SIGTERM) m->draining = 1;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    through(m, pid);
    m->workers--;
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
  /* until its turn it is of no interest what comes */
  watch(m, EPOLL_CTL_MOD, p->control, PLACE + i, EPOLLET);
  waiting_move(&m->waiting, i, WAITING_TURN,
               m->now + m->config->deadline * UINT64_C(1000));
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
    break;
  default:
    watch(m, EPOLL_CTL_DEL, m->config->channel, CHANNEL, 0);
    m->draining = 1;
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

static int how_long(struct master const *m)
{
  uint64_t until = waiting_until(&m->waiting);

  if (m->pause_until > m->now && m->pause_until < until) until = m->pause_until;
  if (until == UINT64_MAX) return -1;
  return until > m->now ? (int)(until - m->now) : 0;
}

static void on_event(struct master *m, struct epoll_event const *ev)
{
  switch (ev->data.u64) {
  case LISTENER: on_listener(m); break;
  case CHANNEL: on_channel(m); break;
  case SIGNALS: on_signals(m); break;
  case DONE: on_done(m); break;
  default: on_place(m, (uint32_t)(ev->data.u64 - PLACE), ev->events);
  }
}

static _Noreturn void serve(struct master *m)
{
  struct epoll_event ev[EVENTS];

  for (;;) {
    int n;

    if (m->draining && !m->waiting.n && !m->workers) _exit(0);
    listen_or_not(m);
    n = epoll_wait(m->epfd, ev, EVENTS, how_long(m));
    if (n < 0 && errno != EINTR) die("wait for events");
    m->now = worker_clock();
    for (int i = 0; i < n; i++)
      on_event(m, ev + i);
    expire(m);
    hire_some(m);
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
  m->shakers = calloc(config->handshakes, sizeof *m->shakers);
  m->epfd = epoll_create1(EPOLL_CLOEXEC);
  if (!m->shakers || m->epfd < 0 || pipe2(m->done, O_CLOEXEC | O_NONBLOCK) ||
      !waiting_init(&m->waiting, config->sessions))
    die("start");
  prepare_signals(m);
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, 0);
  if (!confine_master(&m->confine)) die("confine the master");
  watch(m, EPOLL_CTL_ADD, config->listener, LISTENER, 0);
  watch(m, EPOLL_CTL_ADD, config->channel, CHANNEL, EPOLLIN);
  watch(m, EPOLL_CTL_ADD, m->signals, SIGNALS, EPOLLIN);
  watch(m, EPOLL_CTL_ADD, m->done[0], DONE, EPOLLIN);
  m->now = worker_clock();
  serve(m);
}
