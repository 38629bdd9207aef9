#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <skalibs/random.h>
#include <skalibs/strerr.h>

#include "addr.h"
#include "admit.h"
#include "chain.h"
#include "errtext.h"
#include "log.h"
#include "relay.h"
#include "resolver.h"
#include "pending.h"

int admit_init(struct admit *a, struct options const *o,
               char const *const *environ_, stralloc *dropped)
{
  uint64_t seed;

  memset(a, 0, sizeof *a);
  random_buf((char *)&seed, sizeof seed);
  a->o = o;
  a->report.prog = o->prog;
  a->report.verbosity = o->verbosity;
  ruleset_init(&a->rules, o->rules, o->may_be_missing);
  if (o->rate_most && !rate_init(&a->rate, o->rate_most, o->rate_seconds, seed))
    return 0;
  a->env = calloc(1, sizeof *a->env);
  return a->env && limit_init(&a->limit, o->limit + PENDING_MAX + 1, seed) &&
         childenv_init(a->env, environ_, o->keep, dropped);
}

void admit_free(struct admit *a)
{
  if (a->env) childenv_free(a->env);
  free(a->env);
  limit_free(&a->limit);
  rate_free(&a->rate);
  ruleset_free(&a->rules);
}

static void refresh_gateways(struct admit *a, uint64_t now, int again)
{
  if (again) a->gateways.next = 0;
  if (gateway_refresh(&a->gateways, now) && a->o->verbosity)
    strerr_warnwu3x(
        "read the routes in /proc/self/net: ", errtext(a->gateways.now.error),
        "; no address may relay without POSTERN_GATEWAY=\"ok\"");
}

void admit_refresh(struct admit *a, uint64_t now, int again)
{
  enum ruleset_news news = ruleset_refresh(&a->rules, now, again);
  struct log l;

  refresh_gateways(a, now, again);
  if (news == RULESET_NEW && a->o->verbosity >= 2) {
    log_start(&l, a->o->prog, "rules", 0);
    log_string(&l, "file", a->rules.path);
    log_end(&l);
  }
  if (news == RULESET_FAILED && a->o->verbosity)
    strerr_warnwu5x("read ", a->rules.path, ": ", errtext(a->rules.error),
                    a->rules.state == RULESET_GOOD
                        ? "; the last good rules stay in force"
                        : "; every client is refused");
}

/* A line for the client; whether it arrives is not our concern. */
static void say(int fd, char const *text)
{
  size_t n = verdict_line(text);
  char line[VERDICT_LINE + 2];

  if (!n) return;
  memcpy(line, text, n);
  memcpy(line + n, "\r\n", 2);
  send(fd, line, n + 2, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void admit_turn_away(struct admit *a, int fd, enum verdict_cause cause)
{
  say(fd, a->o->refusal ? a->o->refusal : verdict_text(cause));
  close(fd);
}

static void name_session(struct client *c)
{
  if (!*c->session) session_new(c->session);
}

static void log_refusal(struct admit *a, struct client *c, char const *event,
                        uint32_t count, uint32_t most)
{
  char ip[ADDR_FMT];
  struct log l;

  if (!a->o->verbosity) return;
  name_session(c);
  addr_fmt(ip, &c->remote);
  log_start(&l, a->o->prog, event, c->session);
  log_string(&l, "ip", ip);
  log_number(&l, "count", count);
  log_number(&l, "max", most);
  log_end(&l);
}

static void leave(struct admit *a, struct client *c)
{
  limit_leave(&a->limit, c->address);
}

/* The rule's own text (DIEMSG) before the option's. */
static void over_limit(struct admit *a, struct client *c, uint32_t most,
                       char const *text)
{
  log_refusal(a, c, "limit", limit_count(&a->limit, c->address), most);
  leave(a, c);
  if (text) {
    say(c->fd, text);
    close(c->fd);
  } else
    admit_turn_away(a, c->fd, VERDICT_LIMIT);
}

/* Before a lookup: as many as the address alone may have. */
static uint32_t most_by_address(struct admit *a, struct client const *c,
                                uint64_t now, char const **text)
{
  struct verdict *v = &a->verdict;

  *text = 0;
  admit_refresh(a, now, 0);
  if (a->rules.state != RULESET_GOOD) return a->o->per_ip;
  verdict_find(v, &a->rules.map, c);
  if (v->kind == VERDICT_BAD) return a->o->per_ip;
  *text = v->limit_text;
  return verdict_most(v, a->o->per_ip);
}

int admit_enter(struct admit *a, struct client *c, uint64_t now, int will_wait)
{
  ip46 key = limit_key(&c->remote);
  char const *text;
  uint32_t most;

  if (a->o->rate_most && !rate_take(&a->rate, &key, now)) {
    log_refusal(a, c, "rate", a->o->rate_most, a->o->rate_most);
    admit_turn_away(a, c->fd, VERDICT_RATE);
    return 0;
  }
  c->address = limit_enter(&a->limit, &c->remote);
  if (c->address == LIMIT_NONE) {
    admit_turn_away(a, c->fd, VERDICT_RESOURCES);
    return 0;
  }
  if (!will_wait) return 1;
  most = most_by_address(a, c, now, &text);
  if (!most || limit_count(&a->limit, c->address) <= most) return 1;
  over_limit(a, c, most, text);
  return 0;
}

static void drop(struct admit *a, struct client *c, enum verdict_cause cause,
                 char const *verb, char const *object, char const *reason)
{
  report_drop(&a->report, verb, object, reason);
  leave(a, c);
  admit_turn_away(a, c->fd, cause);
}

static int print_banner(struct admit *a, struct client *c)
{
  char const *banner = a->o->banner;
  size_t n = banner ? strlen(banner) : 0;
  ssize_t w;

  if (!n) return 1;
  w = send(c->fd, banner, n, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (w == (ssize_t)n) return 1;
  report_drop(&a->report, "print banner", "", errtext(w < 0 ? errno : EAGAIN));
  leave(a, c);
  close(c->fd);
  return 0;
}

static void log_accept(struct admit *a, struct client const *c, pid_t pid)
{
  char ip[ADDR_FMT];
  struct log l;

  if (a->o->verbosity < 2 || a->o->classic) return;
  addr_fmt(ip, &c->remote);
  log_start(&l, a->o->prog, "accept", c->session);
  log_number(&l, "pid", (uint64_t)pid);
  log_string(&l, "ip", ip);
  if (a->verdict.matched)
    log_bytes(&l, "rule", a->verdict.match.key, a->verdict.match.klen);
  if (a->verdict.suppressed)
    log_string(&l, "relay", RELAY_SUPPRESSED "gateway");
  log_end(&l);
}

static void start(struct admit *a, struct client *c)
{
  struct chain_fd const fds[] = {{c->fd, 0}, {c->fd, 1}};
  char const *const *envp;
  int failed;
  pid_t pid;

  name_session(c);
  envp = childenv_make(a->env, c, &a->verdict);
  if (!envp) {
    drop(a, c, VERDICT_RULES, "make the environment", "", errtext(E2BIG));
    return;
  }
  if (!print_banner(a, c)) return;
  pid = chain_spawn(a->o->prog_argv, envp, fds, 2,
                    a->crashed ? CHAIN_EXECUTE : CHAIN_CALL, &failed);
  if (pid < 0) {
    drop(a, c, VERDICT_RESOURCES, "fork", "", errtext(errno));
    return;
  }
  limit_child(&a->limit, pid, c->address);
  report_status(&a->report, a->limit.children, a->o->limit);
  report_pid(&a->report, pid, &c->remote);
  report_verdict(&a->report, 1, pid, c);
  log_accept(a, c, pid);
  if (!failed) {
    close(c->fd);
    return;
  }
  report_drop(&a->report, "run", a->o->prog_argv[0], errtext(failed));
  admit_turn_away(a, c->fd, VERDICT_RESOURCES);
}

static void deny(struct admit *a, struct client *c)
{
  report_verdict(&a->report, 0, 0, c);
  leave(a, c);
  if (a->verdict.deny_text) say(c->fd, a->verdict.deny_text);
  close(c->fd);
}

static void judge(struct admit *a, struct client *c)
{
  struct verdict *v = &a->verdict;
  struct ruleset *rs = &a->rules;
  uint32_t most;

  if (rs->state == RULESET_UNUSABLE) {
    drop(a, c, VERDICT_RULES, "read", rs->path, errtext(rs->error));
    return;
  }
  verdict_find(v, rs->state == RULESET_GOOD ? &rs->map : 0, c);
  verdict_trap(v, &a->gateways.now, c);
  if (v->kind == VERDICT_BAD) {
    drop(a, c, VERDICT_RULES, "use", rs->path, v->why);
    return;
  }
  if (v->kind == VERDICT_DENY) {
    deny(a, c);
    return;
  }
  most = verdict_most(v, a->o->per_ip);
  if (most && limit_count(&a->limit, c->address) > most)
    over_limit(a, c, most, v->limit_text);
  else
    start(a, c);
}

void admit_judge(struct admit *a, struct client *c, uint64_t now)
{
  admit_refresh(a, now, 0);
  judge(a, c);
  report_flush(&a->report);
}

static int is_crash(int wait_status)
{
  if (!WIFSIGNALED(wait_status)) return 0;
  switch (WTERMSIG(wait_status)) {
  case SIGABRT:
  case SIGBUS:
  case SIGFPE:
  case SIGILL:
  case SIGSEGV:
  case SIGSYS:
  case SIGTRAP: return 1;
  default: return 0;
  }
}

/* Until the next SIGHUP every program gets addresses of its own. */
static void on_crash(struct admit *a, pid_t pid)
{
  struct log l;

  a->crashed = 1;
  if (!a->o->verbosity) return;
  log_start(&l, a->o->prog, "crash", 0);
  log_number(&l, "pid", (uint64_t)pid);
  log_string(&l, "start", "exec");
  log_end(&l);
}

void admit_reap(struct admit *a)
{
  int wait_status;
  pid_t pid;

  while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
    if (!limit_end(&a->limit, pid)) continue;
    report_end(&a->report, pid, wait_status);
    if (!a->crashed && is_crash(wait_status)) on_crash(a, pid);
    report_status(&a->report, a->limit.children, a->o->limit);
  }
  report_flush(&a->report);
}
