/*
 * postern-tlsd: TLS for programs that speak no TLS, and see no key.
 *
 * reads   the directory of certificates, the file of -v
 * writes  log lines on stderr; makes the socket
 * exits   0 on SIGTERM or SIGINT; 100 wrong usage, or the first certificates
 *         are not good; 111 a socket, a process or memory could not be had
 *
 * This is the keeper.  It may read keys, and parses nothing: it hands bytes to
 * the master (master.h), which has no rights and forks workers (worker.h) for
 * private connections.  What it keeps over a master's death are the socket,
 * the last good certificates and the keys of tickets.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "account.h"
#include "certdir.h"
#include "channel.h"
#include "confine.h"
#include "log.h"
#include "master.h"
#include "secret.h"
#include "tickets.h"
#include "tlsoptions.h"
#include "unixlisten.h"
#include "wipe.h"

#define LOOK 1000       /* milliseconds between looks at the files */
#define LAST 2000       /* for those who were told to end */
#define PAUSE_MAX 60000 /* before another master */

struct keeper {
  struct tlsoptions o;
  struct account account;
  struct unixlisten listener;
  struct master_config config;
  struct tickets tickets;
  stralloc good;  /* the bundle in force */
  stralloc seen;  /* how the files looked when they were read */
  stralloc last;  /* and at the last look */
  stralloc reply; /* the master's */
  int root;       /* -1: stays */
  int signals;
  int life[2];
  int channel;
  pid_t master; /* 0: there is none */
  uint64_t now; /* CLOCK_MONOTONIC, milliseconds */
  uint64_t born;
  uint64_t pause;
  uint64_t restart_at;
  uint64_t rotate_at;
  int stopping;
  int told; /* to end now */
  uint64_t stop_at;
};

static _Noreturn void die(char const *what) { strerr_diefu1sys(111, what); }

static uint64_t milliseconds(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

LOG_ASIDE static void say(char const *event, char const *key, char const *value)
{
  struct log l;

  log_start(&l, PROG, event, 0);
  log_string(&l, key, value);
  log_end(&l);
}

/* --- the master --- */

static _Noreturn void be_master(struct keeper *k, int channel)
{
  int keep[] = {k->listener.fd, k->life[0], channel};
  char const *why;

  secret_free(&k->good);
  explicit_bzero(&k->tickets, sizeof k->tickets);
  why = confine_identity(&k->account, k->root);
  if (why) strerr_diefu2sys(111, "set ", why);
  confine_descriptors(keep, sizeof keep / sizeof *keep);
  k->config.channel = channel;
  master_run(&k->config);
}

/* What the master says of a bundle: 1, good; 0, bad, and reply says why; -1,
   nothing. */
static int offer(struct keeper *k, stralloc const *bundle)
{
  int r;

  if (!channel_send(k->channel, CHANNEL_CERTS, bundle->s, bundle->len))
    return -1;
  r = channel_receive(k->channel, &k->reply, MASTER_REASON);
  if (r != CHANNEL_GOOD && r != CHANNEL_BAD) return -1;
  /* it comes from where clients are */
  for (size_t i = 0; i < k->reply.len; i++)
    if (k->reply.s[i] < ' ' || k->reply.s[i] > '~') k->reply.s[i] = '?';
  return r == CHANNEL_GOOD;
}

/* As offer says. */
static int start_master(struct keeper *k, stralloc const *bundle)
{
  int fd[2];

  k->born = k->now;
  if (!channel_make(fd)) return -1;
  k->master = fork();
  if (k->master < 0) {
    k->master = 0;
    close(fd[0]);
    close(fd[1]);
    return -1;
  }
  if (!k->master) {
    close(fd[0]);
    be_master(k, fd[1]);
  }
  close(fd[1]);
  k->channel = fd[0];
  if (!channel_send(k->channel, CHANNEL_TICKETS, &k->tickets,
                    sizeof k->tickets))
    return -1;
  return offer(k, bundle);
}

/* It has died, or must: another one after a pause that grows with every one
   that did not live long. */
static void lose_master(struct keeper *k)
{
  if (k->master) {
    kill(k->master, SIGKILL);
    close(k->channel);
  }
  k->master = 0;
  if (k->now - k->born > PAUSE_MAX) k->pause = 0;
  k->restart_at = k->now + k->pause;
  k->pause = k->pause ? k->pause * 2 : LOOK;
  if (k->pause > PAUSE_MAX) k->pause = PAUSE_MAX;
}

static void restart(struct keeper *k)
{
  if (start_master(k, &k->good) == 1) return;
  strerr_warnwu("start a master");
  lose_master(k);
}

/* --- certificates and tickets --- */

static void bad_files(char const *why)
{
  strerr_warnwu("use the certificates (the old ones stay): ", why);
}

static void reload(struct keeper *k)
{
  stralloc bundle = STRALLOC_ZERO;
  char why[CERTDIR_WHY];

  certdir_look(&k->seen, k->o.certs, k->o.clients);
  if (!certdir_read(&bundle, k->o.certs, k->o.clients, why)) {
    bad_files(why);
    secret_free(&bundle);
    return;
  }
  switch (k->master ? offer(k, &bundle) : -1) {
  case 1:
    secret_free(&k->good);
    k->good = bundle;
    say("certs", "default", k->reply.s);
    return;
  case 0: bad_files(k->reply.s); break;
  default:
    bad_files("the master does not answer");
    if (k->master) lose_master(k);
    /* they are not known to be bad: the next master is asked, too */
    k->seen.len = 0;
  }
  secret_free(&bundle);
}

/* A change is taken when it has come to rest: two looks that are the same. */
static void look(struct keeper *k)
{
  stralloc now = STRALLOC_ZERO;

  if (certdir_look(&now, k->o.certs, k->o.clients)) {
    int rest = now.len == k->last.len &&
               (!now.len || !memcmp(now.s, k->last.s, now.len));
    int same = now.len == k->seen.len &&
               (!now.len || !memcmp(now.s, k->seen.s, now.len));

    stralloc_copy(&k->last, &now);
    if (rest && !same && k->master) reload(k);
  }
  stralloc_free(&now);
}

static void rotate(struct keeper *k)
{
  struct tickets_key key;

  k->rotate_at = k->now + k->o.rotation * UINT64_C(1000);
  if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key) return;
  tickets_rotate(&k->tickets, &key);
  explicit_bzero(&key, sizeof key);
  if (!k->master) return;
  if (!channel_send(k->channel, CHANNEL_TICKETS, &k->tickets,
                    sizeof k->tickets))
    lose_master(k);
}

/* --- the end --- */

LOG_ASIDE static void stop(struct keeper *k)
{
  struct log l;

  if (k->stopping) {
    k->stop_at = k->now;
    return;
  }
  k->stopping = 1;
  k->stop_at = k->now + k->o.drain * UINT64_C(1000);
  unixlisten_close(&k->listener);
  if (k->master) channel_send(k->channel, CHANNEL_DRAIN, "", 0);
  log_start(&l, PROG, "drain", 0);
  log_number(&l, "seconds", k->o.drain);
  log_end(&l);
}

static void end_if_done(struct keeper *k, int children)
{
  if (!children) _exit(0);
  if (k->now < k->stop_at) return;
  if (k->told) _exit(0);
  k->told = 1;
  k->stop_at = k->now + LAST;
  if (write(k->life[1], "", 1) < 0) _exit(111);
  if (k->master) kill(k->master, SIGKILL);
}

/* --- events --- */

LOG_ASIDE static void say_died(struct keeper const *k, int status)
{
  struct log l;

  log_start(&l, PROG, "master", 0);
  log_number(&l, "pid", (uint64_t)k->master);
  if (WIFSIGNALED(status))
    log_number(&l, "signal", (uint64_t)WTERMSIG(status));
  else
    log_number(&l, "exit", (uint64_t)WEXITSTATUS(status));
  log_end(&l);
}

/* Workers of a master that died are ours.  0 if there are no children. */
static int reap(struct keeper *k)
{
  int status;
  pid_t pid;

  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid != k->master) continue;
    if (!k->stopping) say_died(k, status);
    close(k->channel);
    k->master = 0;
    lose_master(k);
  }
  return !pid;
}

static void on_signals(struct keeper *k)
{
  struct signalfd_siginfo info;

  while (read(k->signals, &info, sizeof info) == (ssize_t)sizeof info)
    switch (info.ssi_signo) {
    case SIGCHLD: break;
    case SIGHUP:
      if (!k->stopping) reload(k);
      break;
    case SIGUSR1:
      rotate(k);
      say("tickets", "rotated", "yes");
      break;
    default: stop(k);
    }
}

static int how_long(struct keeper const *k)
{
  uint64_t until = k->now + LOOK;

  if (k->stopping && k->stop_at < until) until = k->stop_at;
  if (!k->stopping && !k->master && k->restart_at < until)
    until = k->restart_at;
  return until > k->now ? (int)(until - k->now) : 0;
}

static _Noreturn void serve(struct keeper *k)
{
  uint64_t look_at = k->now + LOOK;

  for (;;) {
    struct pollfd p = {.fd = k->signals, .events = POLLIN};
    int children;

    poll(&p, 1, how_long(k));
    k->now = milliseconds();
    on_signals(k);
    children = reap(k);
    if (k->stopping) {
      end_if_done(k, children);
      continue;
    }
    if (!k->master && k->now >= k->restart_at) restart(k);
    if (k->now >= k->rotate_at) rotate(k);
    if (k->now < look_at) continue;
    look(k);
    look_at = k->now + LOOK;
  }
}

/* --- the start --- */

static void prepare_descriptors(struct keeper *k)
{
  int fd;

  do
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd < 3 && !fcntl(fd, F_SETFD, 0));
  if (fd < 0) die("open /dev/null");
  close(fd);
  confine_descriptors(&k->o.ready, 1);
}

static void prepare_account(struct keeper *k)
{
  char const *why;

  if (!account_find(&k->account, k->o.user, k->o.group, &why)) {
    char const *about = strstr(why, "group") ? k->o.group : k->o.user;

    strerr_dief(100, why, about ? about : "");
  }
  if (!geteuid() && (!k->account.has_uid || !k->account.uid))
    strerr_dief(100, "root must not speak TLS: -u is needed");
}

/* Only root can; without -r a directory that is nobody's, since it has no name
   any more, and in which nothing can be made. */
static void prepare_root(struct keeper *k)
{
  char path[4096];

  k->root = -1;
  if (geteuid()) {
    if (k->o.root) strerr_dief(100, "-r needs root");
    return;
  }
  if (k->o.root) {
    k->root = open(k->o.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->root < 0) strerr_diefu2sys(111, "open ", k->o.root);
    return;
  }
  if (snprintf(path, sizeof path, "%s.XXXXXX", k->o.socket) >=
          (int)sizeof path ||
      !mkdtemp(path))
    strerr_diefu2sys(111, "make a directory beside ", k->o.socket);
  k->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (rmdir(path) < 0 || k->root < 0)
    strerr_diefu2sys(111, "make a root of ", path);
}

/* Descriptors for all sessions; else there are fewer sessions. */
static void prepare_limits(struct keeper *k)
{
  rlim_t want = k->o.sessions * (rlim_t)3 + MASTER_DESCRIPTORS;
  struct rlimit none = {0, 0}, rl;
  char s[UINT_FMT];

  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (getrlimit(RLIMIT_NOFILE, &rl) < 0) die("get the limit of descriptors");
  if (rl.rlim_cur >= want) return;
  rl.rlim_cur = rl.rlim_max < want ? rl.rlim_max : want;
  if (setrlimit(RLIMIT_NOFILE, &rl) < 0) die("set the limit of descriptors");
  if (rl.rlim_cur >= want) return;
  if (rl.rlim_cur < MASTER_DESCRIPTORS + 3)
    strerr_dief(111, "the limit of descriptors is too low");
  k->o.sessions = (unsigned int)((rl.rlim_cur - MASTER_DESCRIPTORS) / 3);
  s[uint_fmt(s, k->o.sessions)] = 0;
  strerr_warnw("the limit of descriptors allows only so many sessions: ", s);
}

static void prepare_signals(struct keeper *k)
{
  sigset_t set;

  signal(SIGPIPE, SIG_IGN);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_SETMASK, &set, 0);
  k->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (k->signals < 0 || pipe2(k->life, O_CLOEXEC) < 0 ||
      prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
    die("start");
}

static void prepare_master(struct keeper *k)
{
  k->config = (struct master_config){.listener = k->listener.fd,
                                     .life = k->life[0],
                                     .sessions = k->o.sessions,
                                     .handshakes = k->o.handshakes,
                                     .connections = k->o.connections,
                                     .deadline = k->o.deadline,
                                     .idle = k->o.idle,
                                     .tickets = 2 * k->o.rotation,
                                     .quiet = k->o.quiet};
}

static void first_certificates(struct keeper *k)
{
  char why[CERTDIR_WHY];
  int r;

  certdir_look(&k->seen, k->o.certs, k->o.clients);
  if (!certdir_read(&k->good, k->o.certs, k->o.clients, why))
    strerr_dief(100, why);
  if (!unixlisten_open(&k->listener, k->o.socket, k->o.mode))
    strerr_diefu2sys(111, "listen at ", k->o.socket);
  prepare_master(k);
  r = start_master(k, &k->good);
  if (r == 1) return;
  unixlisten_close(&k->listener);
  if (k->master) {
    kill(k->master, SIGKILL);
    waitpid(k->master, 0, 0);
  }
  if (!r) strerr_dief(100, k->reply.s);
  strerr_dief(111, "unable to start a master");
}

int main(int argc, char const *const *argv)
{
  struct keeper *k = calloc(1, sizeof *k);

  PROG = "postern-tlsd";
  if (!k || !wipe_begin()) die("start");
  tlsoptions_parse(&k->o, argc, argv);
  prepare_descriptors(k);
  prepare_account(k);
  prepare_limits(k);
  prepare_root(k);
  prepare_signals(k);
  k->now = milliseconds();
  rotate(k);
  first_certificates(k);
  say("certs", "default", k->reply.s);
  if (k->o.ready >= 0) {
    if (write(k->o.ready, "\n", 1) < 0) strerr_warnwu("say that it is ready");
    close(k->o.ready);
    k->o.ready = -1;
  }
  serve(k);
}
