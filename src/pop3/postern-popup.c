/*
 * postern-popup: greet a POP3 client and have a checkpassword program log it
 * in.
 *
 * reads   commands on descriptor 0 up to the login, and not a byte beyond;
 *         PROTO, ${PROTO}REMOTEIP, POSTERN_TLS, POSTERN_PLAINAUTH,
 *         POSTERN_SESSION
 * writes  replies on descriptor 1; POSTERN_SESSION and POSTERN_POPUP for the
 *         checker; credentials to it on its descriptor 3
 * exits   0 the session is over, 1 refused, 99 no login in time, 100 wrong
 *         usage or configuration, 111 trouble with the checker, memory or the
 * connection
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <skalibs/env.h>
#include <skalibs/sgetopt.h>
#include <skalibs/sig.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "checker.h"
#include "conn.h"
#include "log.h"
#include "poplogin.h"
#include "sasl.h"
#include "session.h"

#define NAME "postern-popup"
#define USAGE                                                                  \
  NAME " [ -A ] [ -p ] [ -m mechanisms ] [ -O response|challenge ] "           \
       "[ -n attempts ] [ -d seconds ] [ -t seconds ] [ -T seconds ] "         \
       "host checker..."
#define dieusage() strerr_dieusage(100, USAGE)

#define LOGIN 600 /* seconds until a login */
#define SESSION                                                                \
  90000 /* seconds that the checker and its chain may live: more               \
           than postern-pop3d gives itself */
#define ATTEMPTS 3
#define DELAY 2
#define NUMBER_MAX (1U << 20)

struct popup {
  struct poplogin login;
  struct checker checker;
  unsigned int timeout;
  int prove;
  char session[SESSION_FMT];
};

static unsigned int mechanisms(char const *s)
{
  unsigned int set;
  char const *bad;

  if (!sasl_list(s, &set, &bad)) strerr_dief2x(100, "unknown mechanism: ", bad);
  return set;
}

static unsigned int number(char const *s)
{
  unsigned int u;

  if (!uint0_scan(s, &u) || u > NUMBER_MAX) dieusage();
  return u;
}

static int options(struct popup *p, int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "Apm:O:n:d:t:T:", &l);

    switch (opt) {
    case -1: return l.ind;
    case 'A': p->login.apop = 1; break;
    case 'p': p->prove = 1; break;
    case 'm': p->login.mechanisms = mechanisms(l.arg); break;
    case 'O':
      if (!checker_order_scan(l.arg, &p->checker.order)) dieusage();
      break;
    case 'n': p->login.attempts = number(l.arg); break;
    case 'd': p->login.delay = number(l.arg); break;
    case 't': p->timeout = number(l.arg); break;
    case 'T': p->checker.timeout = number(l.arg); break;
    default: dieusage();
    }
  }
}

/* A word that can stand in the greeting without looking like a timestamp. */
static int is_host(char const *s)
{
  static char const good[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  size_t n = strspn(s, good);

  return n && !s[n] && n < 256;
}

/* A server that is not fit to serve says so, to both sides. */
static _Noreturn void unfit(char const *why, char const *detail)
{
  struct conn c;

  conn_init(&c, 0, 1, 10, 1);
  conn_puts(&c, "-ERR [SYS/PERM] the server is not configured\r\n");
  conn_flush(&c);
  conn_release(&c);
  strerr_dief2x(100, why, detail);
}

/* May a password cross this wire? */
static int plain_allowed(void)
{
  char const *tls = getenv("POSTERN_TLS"), *proto = getenv("PROTO"),
             *plain = getenv("POSTERN_PLAINAUTH");

  if (plain && *plain && strcmp(plain, "ok"))
    unfit("POSTERN_PLAINAUTH is not ok: ", plain);
  return (tls && *tls) || (proto && !strcmp(proto, "SSL")) || (plain && *plain);
}

/* A checker that accepts anything, /bin/true for instance, would open every
   mailbox. */
static void prove(struct popup const *p)
{
  char reason[64];
  int status;

  if (checker_probe(&p->checker, &status, reason) == CHECKER_OK)
    unfit("the checker accepts any password: ", p->checker.argv[0]);
}

static void log_event(struct log *l, struct popup const *p, char const *event)
{
  char const *ip = ucspi_get("REMOTEIP");

  log_start(l, NAME, event, p->session);
  log_string(l, "ip", ip ? ip : "unknown");
}

static void log_attempt(struct popup const *p, struct sasl const *s,
                        char const *mechanism, enum checker_result result,
                        char const *reason)
{
  static char const *const results[] = {
      [CHECKER_OK] = "ok",
      [CHECKER_WRONG] = "wrong",
      [CHECKER_FAILED] = "failed",
      [CHECKER_TOO_LONG] = "too-long",
  };
  struct log l;

  log_event(&l, p, "auth");
  log_string(&l, "mechanism", mechanism);
  log_bytes(&l, "user", s->user.s, s->user.len);
  log_string(&l, "result", results[result]);
  if (result == CHECKER_FAILED) log_string(&l, "reason", reason);
  log_end(&l);
}

/* The checker and what it runs have the connection until they end.  99 is the
   last word's: it said all there was to say, and so did the client. */
static enum checker_result check(void *data, struct conn *c,
                                 struct sasl const *s, char const *mechanism)
{
  struct popup const *p = data;
  enum checker_result r;
  tain until = c->until;
  char reason[64];
  int status;

  conn_release(c);
  r = checker_run(&p->checker, s, &status, reason);
  if (r == CHECKER_FAILED && WIFEXITED(status) && WEXITSTATUS(status) == 99)
    r = CHECKER_OK;
  log_attempt(p, s, mechanism, r, reason);
  conn_init(c, 0, 1, p->timeout, 1);
  c->until = until;
  return r;
}

static void log_end_of(struct popup const *p, enum poplogin_end end)
{
  static char const *const ends[] = {
      [POPLOGIN_SERVED] = 0,
      [POPLOGIN_QUIT] = "quit",
      [POPLOGIN_EOF] = "eof",
      [POPLOGIN_TIMEOUT] = "timeout",
      [POPLOGIN_BARE] = "bare-newline",
      [POPLOGIN_REFUSED] = "refused",
      [POPLOGIN_FAILED] = "failed",
      [POPLOGIN_ERROR] = "error",
  };
  struct log l;

  if (!ends[end]) return;
  log_event(&l, p, "close");
  log_string(&l, "end", ends[end]);
  log_end(&l);
}

static void export_facts(struct popup const *p)
{
  stralloc caps = STRALLOC_ZERO;

  if (!poplogin_caps(&p->login, &caps) || !stralloc_0(&caps) ||
      setenv("POSTERN_POPUP", caps.s, 1) == -1 ||
      setenv("POSTERN_SESSION", p->session, 1) == -1)
    strerr_diefusys(111, "build the environment");
  stralloc_free(&caps);
}

static int exit_code(enum poplogin_end end)
{
  switch (end) {
  case POPLOGIN_REFUSED:
  case POPLOGIN_BARE: return 1;
  case POPLOGIN_TIMEOUT: return 99;
  case POPLOGIN_FAILED:
  case POPLOGIN_ERROR: return 111;
  default: return 0;
  }
}

int main(int argc, char const *const *argv)
{
  struct popup p = {
      .login = {.mechanisms = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_LOGIN),
                .attempts = ATTEMPTS,
                .delay = DELAY,
                .check = check,
                .data = &p},
      .checker = {.timeout = SESSION, .give_connection = 1},
      .timeout = LOGIN,
  };
  struct conn c;
  enum poplogin_end end;

  PROG = NAME;
  argv += options(&p, argc, argv);
  if (!argv[0] || !argv[1]) dieusage();
  if (!is_host(argv[0])) strerr_dief2x(100, "not a host name: ", argv[0]);
  p.login.host = argv[0];
  p.checker.argv = argv + 1;
  session_get(p.session);
  p.login.plain = plain_allowed();
  export_facts(&p);

  sig_ignore(SIGPIPE);
  if (p.prove) prove(&p);
  conn_init(&c, 0, 1, p.timeout, 1);
  conn_until(&c, p.timeout);
  end = poplogin(&p.login, &c);
  conn_release(&c);
  log_end_of(&p, end);
  return exit_code(end);
}
