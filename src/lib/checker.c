#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

#include <skalibs/random.h>
#include <skalibs/types.h>

#include "checker.h"

#define REASON 64

static void say(char *reason, char const *s)
{
  size_t n = strlen(s);

  if (n >= REASON) n = REASON - 1;
  memcpy(reason, s, n);
  reason[n] = 0;
}

static void say_number(char *reason, char const *s, int i)
{
  size_t n = strlen(s);

  memcpy(reason, s, n);
  n += uint_fmt(reason + n, (unsigned int)i);
  reason[n] = 0;
}

/* Append field and NUL; 0 if there is no room. */
static int put(char *buf, size_t *len, stralloc const *field)
{
  if (field->len >= CHECKER_MAX - *len) return 0;
  if (field->len) memcpy(buf + *len, field->s, field->len);
  *len += field->len;
  buf[(*len)++] = 0;
  return 1;
}

static int put_all(char *buf, size_t *len, struct checker const *c,
                   struct sasl const *s)
{
  int swap =
      s->mechanism == SASL_CRAM_MD5 && c->order == CHECKER_CHALLENGE_FIRST;

  return put(buf, len, &s->user) &&
         put(buf, len, swap ? &s->challenge : &s->secret) &&
         put(buf, len, swap ? &s->secret : &s->challenge);
}

/*
 * A pipe that holds the fields and then ends; its reading end, or -1.  512
 * bytes always fit in an empty pipe, so nothing waits for the program to read
 * and nothing dies of SIGPIPE if it does not.
 */
static int fill_pipe(struct checker const *c, struct sasl const *s)
{
  char buf[CHECKER_MAX];
  size_t len = 0;
  ssize_t w = -1;
  int p[2], e = E2BIG;

  if (put_all(buf, &len, c, s)) {
    if (pipe2(p, O_CLOEXEC) == -1) {
      e = errno;
    } else {
      w = write(p[1], buf, len);
      e = errno;
      close(p[1]);
      if (w != (ssize_t)len) close(p[0]);
    }
  }
  explicit_bzero(buf, sizeof buf);
  if (w == (ssize_t)len) return p[0];
  errno = e;
  return -1;
}

/* Descriptors of the program.  fd is its pipe. */
static int set_files(posix_spawn_file_actions_t *fa, struct checker const *c,
                     int fd)
{
  int e = posix_spawn_file_actions_adddup2(fa, fd, 3);

  if (c->give_connection) return e;
  if (!e) e = posix_spawn_file_actions_addopen(fa, 0, "/dev/null", O_RDONLY, 0);
  if (!e) e = posix_spawn_file_actions_addopen(fa, 1, "/dev/null", O_WRONLY, 0);
  return e;
}

/* Signals and process group of the program. */
static int set_attributes(posix_spawnattr_t *at, struct checker const *c,
                          sigset_t const *mask)
{
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  sigset_t def;

  sigemptyset(&def);
  sigaddset(&def, SIGPIPE);
  sigaddset(&def, SIGCHLD);
  posix_spawnattr_setsigdefault(at, &def);
  posix_spawnattr_setsigmask(at, mask);
  if (!c->give_connection) flags |= POSIX_SPAWN_SETPGROUP;
  return posix_spawnattr_setflags(at, flags);
}

/* 0 or an error number. */
static int spawn(pid_t *pid, struct checker const *c, int fd,
                 sigset_t const *mask)
{
  posix_spawn_file_actions_t fa;
  posix_spawnattr_t at;
  int e = posix_spawn_file_actions_init(&fa);

  if (e) return e;
  e = posix_spawnattr_init(&at);
  if (!e) {
    e = set_files(&fa, c, fd);
    if (!e) e = set_attributes(&at, c, mask);
    if (!e)
      e = posix_spawnp(pid, c->argv[0], &fa, &at, (char *const *)c->argv,
                       environ);
    posix_spawnattr_destroy(&at);
  }
  posix_spawn_file_actions_destroy(&fa);
  return e;
}

/* What is left of the time until end; 0 if it is over. */
static int left(struct timespec *ts, struct timespec const *end)
{
  clock_gettime(CLOCK_MONOTONIC, ts);
  ts->tv_sec = end->tv_sec - ts->tv_sec;
  ts->tv_nsec = end->tv_nsec - ts->tv_nsec;
  if (ts->tv_nsec < 0) {
    ts->tv_sec--;
    ts->tv_nsec += 1000000000;
  }
  return ts->tv_sec >= 0;
}

/* Wait for pid, which SIGCHLD (blocked) announces; 0 if it had to be killed. */
static int wait_for(pid_t pid, struct checker const *c, int *status)
{
  struct timespec end, ts;
  sigset_t chld;
  pid_t r;

  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += (time_t)c->timeout;
  while (!(r = waitpid(pid, status, c->timeout ? WNOHANG : 0)) ||
         (r == -1 && errno == EINTR)) {
    if (!c->timeout) continue;
    if (!left(&ts, &end)) {
      kill(c->give_connection ? pid : -pid, SIGKILL);
      while (waitpid(pid, status, 0) == -1 && errno == EINTR)
        ;
      return 0;
    }
    sigtimedwait(&chld, 0, &ts);
  }
  if (r == -1) *status = 0xff00; /* cannot be: we are its only waiter */
  return 1;
}

static enum checker_result judge(int status, char *reason)
{
  if (WIFSIGNALED(status)) {
    say_number(reason, "signal ", WTERMSIG(status));
    return CHECKER_FAILED;
  }
  say_number(reason, "exit ", WEXITSTATUS(status));
  switch (WEXITSTATUS(status)) {
  case 0: return CHECKER_OK;
  case 1: return CHECKER_WRONG;
  default: return CHECKER_FAILED;
  }
}

static enum checker_result run(struct checker const *c, int fd,
                               sigset_t const *mask, int *status, char *reason)
{
  pid_t pid;
  int e = spawn(&pid, c, fd, mask);

  close(fd);
  if (e) {
    say(reason, strerror(e));
    return CHECKER_FAILED;
  }
  if (!wait_for(pid, c, status)) {
    say(reason, "timeout");
    return CHECKER_FAILED;
  }
  return judge(*status, reason);
}

int checker_order_scan(char const *s, enum checker_order *order)
{
  if (!strcmp(s, "response"))
    *order = CHECKER_RESPONSE_FIRST;
  else if (!strcmp(s, "challenge"))
    *order = CHECKER_CHALLENGE_FIRST;
  else
    return 0;
  return 1;
}

enum checker_result checker_run(struct checker const *c, struct sasl const *s,
                                int *status, char reason[REASON])
{
  struct sigaction def = {.sa_handler = SIG_DFL}, old;
  sigset_t chld, mask;
  enum checker_result r;
  int fd = fill_pipe(c, s);

  *status = 0;
  if (fd == -1) {
    if (errno == E2BIG) {
      say(reason, "too long");
      return CHECKER_TOO_LONG;
    }
    say(reason, strerror(errno));
    return CHECKER_FAILED;
  }
  /* an ignored SIGCHLD would make the kernel forget the exit status */
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  sigprocmask(SIG_BLOCK, &chld, &mask);
  sigaction(SIGCHLD, &def, &old);
  r = run(c, fd, &mask, status, reason);
  sigaction(SIGCHLD, &old, 0);
  sigprocmask(SIG_SETMASK, &mask, 0);
  return r;
}

/* prefix and 64 random bits. */
static int random_word(stralloc *sa, char const *prefix)
{
  char s[sizeof CHECKER_PROBE + 16];
  size_t n = strlen(prefix);
  uint64_t r;

  random_buf((char *)&r, sizeof r);
  memcpy(s, prefix, n);
  uint640_xfmt(s + n, r, 16);
  return sasl_keep(sa, s, n + 16);
}

enum checker_result checker_probe(struct checker const *c, int *status,
                                  char reason[REASON])
{
  struct checker alone = *c;
  struct sasl s = {.mechanism = SASL_PLAIN};
  enum checker_result r = CHECKER_FAILED;

  alone.give_connection = 0;
  if (!alone.timeout) alone.timeout = 60;
  *status = 0;
  say(reason, "out of memory");
  if (random_word(&s.user, CHECKER_PROBE) && random_word(&s.secret, ""))
    r = checker_run(&alone, &s, status, reason);
  sasl_free(&s);
  return r;
}
