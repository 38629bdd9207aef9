/*
 * postern-popup: greet a POP3 client and have it logged in, by a checkpassword
 * program or by an auth server.
 *
 * reads   commands on descriptor 0 up to the login, and not a byte beyond;
 *         UCSPITLS, SSLCTLFD, SSLREADFD, SSLWRITEFD; PROTO, POSTERN_TLS and
 *         what else tlsfacts.h names; ${PROTO}REMOTEIP, ${PROTO}LOCALIP,
 *         POSTERN_PLAINAUTH, POSTERN_SESSION; the answers of the auth server
 * writes  replies on descriptor 1; POSTERN_SESSION, POSTERN_POPUP, after STLS
 *         POSTERN_TLS and its kin, and with -a USER, for the next program;
 *         credentials to it on its descriptor 3
 * exits   0 the session is over, 1 refused, 99 no login in time, 100 wrong
 *         usage or configuration, 111 trouble with the checker, the auth
 *         server, TLS, memory or the connection
 */
#include <errno.h>
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

#include "authclient.h"
#include "checker.h"
#include "conn.h"
#include "log.h"
#include "popauth.h"
#include "poplogin.h"
#include "sasl.h"
#include "session.h"
#include "tlsfacts.h"
#include "ucspitls.h"

#define NAME "postern-popup"
#define USAGE                                                                  \
  NAME " [ -A ] [ -p ] [ -m mechanisms ] [ -O response|challenge ] "           \
       "[ -a socket ] [ -n attempts ] [ -d seconds ] [ -t seconds ] "          \
       "[ -T seconds ] host prog..."
#define dieusage() strerr_dieusage(100, USAGE)

#define LOGIN 600 /* seconds until a login */
#define SESSION                                                                \
  90000 /* seconds that the checker and its chain may live: more               \
           than postern-pop3d gives itself */
#define ATTEMPTS 3
#define DELAY 2
#define HANDSHAKE 60 /* seconds for TLS to begin */
#define NUMBER_MAX (1U << 20)

struct popup {
  struct poplogin login;
  struct popauth auth;
  struct authclient server;
  struct checker checker;
  struct ucspitls ucspitls;
  struct tlsfacts facts;
  stralloc answer; /* what STLS gave: the facts point into it */
  unsigned int timeout;
  int checked; /* options that are the checker's, not the server's */
  int prove;
  int stls_exit; /* code of a handshake that failed */
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

/* What says how a checkpassword program is asked.  1 if c is none of them. */
static int checker_option(struct popup *p, int c, char const *arg)
{
  switch (c) {
  case 'A': p->login.apop = 1; break;
  case 'p': p->prove = 1; break;
  case 'm': p->auth.mechanisms = mechanisms(arg); break;
  case 'O':
    if (!checker_order_scan(arg, &p->checker.order)) dieusage();
    break;
  default: return 1;
  }
  p->checked = 1;
  return 0;
}

static int options(struct popup *p, int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "Apm:O:a:n:d:t:T:", &l);

    if (opt != -1 && !checker_option(p, opt, l.arg)) continue;
    switch (opt) {
    case -1: return l.ind;
    case 'a': p->server.path = l.arg; break;
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

static void say_once(char const *reply)
{
  struct conn c;

  conn_init(&c, 0, 1, 10, 1);
  conn_puts(&c, reply);
  conn_flush(&c);
  conn_release(&c);
}

/* A server that is not fit to serve says so, to both sides. */
static _Noreturn void unfit(char const *why, char const *detail)
{
  say_once("-ERR [SYS/PERM] the server is not configured\r\n");
  strerr_dief2x(100, why, detail);
}

/* So does one that is not now. */
static _Noreturn void unable(char const *why, char const *detail)
{
  say_once("-ERR [SYS/TEMP] nobody can log in now\r\n");
  strerr_dief2x(111, why, detail);
}

static int plain_allowed(void)
{
  char const *plain = getenv("POSTERN_PLAINAUTH");

  if (plain && *plain && strcmp(plain, "ok"))
    unfit("POSTERN_PLAINAUTH is not ok: ", plain);
  return plain && *plain;
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

static void refused(void *data, struct sasl const *s, char const *mechanism,
                    enum checker_result r, char const *why)
{
  log_attempt(data, s, mechanism, r, why);
}

static void trouble(void *data, char const *why)
{
  struct popup const *p = data;
  struct log l;

  log_event(&l, p, "trouble");
  log_string(&l, "server", p->server.path);
  log_string(&l, "reason", why);
  log_end(&l);
}

/* ---- TLS ---- */

static void log_tls(struct popup const *p)
{
  struct tlsfacts const *f = &p->facts;
  struct log l;

  log_event(&l, p, "tls");
  log_string(&l, "protocol", f->protocol ? f->protocol : "unknown");
  if (f->cipher) log_string(&l, "cipher", f->cipher);
  if (f->sni) log_string(&l, "sni", f->sni);
  if (f->fingerprint) log_string(&l, "cert", f->fingerprint);
  if (f->subject) log_string(&l, "subject", f->subject);
  log_end(&l);
}

static void log_no_tls(struct popup const *p, char const *why)
{
  struct log l;

  log_event(&l, p, "tls");
  log_string(&l, "reason", why);
  log_end(&l);
}

/* What the wire is good for. */
static void know_wire(struct popup *p)
{
  if (!p->facts.active) return;
  p->login.tls = POPLOGIN_PRIVATE;
  p->auth.plain = 1;
  p->auth.exporter = p->facts.exporter;
  p->auth.endpoint = p->facts.endpoint;
}

static void look_at_wire(struct popup *p)
{
  char const *why;

  p->auth.plain = plain_allowed();
  if (!tlsfacts_env(&p->facts))
    unfit("damaged facts of TLS in the environment", "");
  if (!ucspitls_get(&p->ucspitls, &why)) log_no_tls(p, why);
  if (p->facts.active) ucspitls_close(&p->ucspitls);
  p->login.tls_required = p->ucspitls.required;
  if (p->ucspitls.offered) p->login.tls = POPLOGIN_OFFERED;
  know_wire(p);
  if (p->facts.protocol) log_tls(p);
  /* a client that sees a timestamp would show a digest of its password to
     anybody, before it is told that it must not */
  if (p->login.tls_required && p->login.tls != POPLOGIN_PRIVATE)
    p->login.apop = 0;
}

/* A handshake does not prolong the time for a login. */
static unsigned int handshake_seconds(struct conn *c)
{
  tain left;

  tain_now(&c->now);
  if (!tain_less(&c->now, &c->until)) return 0;
  tain_sub(&left, &c->until, &c->now);
  return left.sec.x < HANDSHAKE ? (unsigned int)left.sec.x : HANDSHAKE;
}

static int stls(void *data, struct conn *c)
{
  struct popup *p = data;
  tain until = c->until;
  char const *why;

  if (!ucspitls_start(&p->ucspitls, handshake_seconds(c), &p->answer, &why)) {
    p->stls_exit = errno == ECONNABORTED ? 1 : errno == ETIMEDOUT ? 99 : 111;
    log_no_tls(p, why);
    return 0;
  }
  if (!tlsfacts_scan(&p->facts, p->answer.s, p->answer.len)) {
    p->stls_exit = 111;
    log_no_tls(p, "damaged facts");
    return 0;
  }
  know_wire(p);
  log_tls(p);
  conn_init(c, 0, 1, p->timeout, 1);
  c->until = until;
  return 1;
}

/* ---- what the next program is told ---- */

static void set(char const *name, char const *value)
{
  if (value ? setenv(name, value, 1) == -1 : unsetenv(name) == -1)
    strerr_diefusys(111, "build the environment");
}

/* The descriptors of UCSPI-TLS are ours, or are used up. */
static void export_tls(struct popup const *p)
{
  struct tlsfacts const *f = &p->facts;
  char const *const facts[] = {f->protocol, f->cipher,      f->sni,
                               f->subject,  f->fingerprint, f->exporter,
                               f->endpoint};

  set("UCSPITLS", 0);
  set("SSLCTLFD", 0);
  set("SSLREADFD", 0);
  set("SSLWRITEFD", 0);
  if (!p->answer.len) return;
  set("POSTERN_TLS", f->protocol ? f->protocol : "TLS");
  for (size_t i = 0; tlsfacts_names[i]; i++)
    set(tlsfacts_names[i], facts[i]);
}

/*
 * USER is what the auth server says.  Without one there is nobody yet: to a
 * program that would believe it, an inherited one must not be there.
 */
static void export_facts(struct popup *p, struct sasl const *s)
{
  stralloc caps = STRALLOC_ZERO;

  if (!poplogin_caps(&p->login, &caps) || !stralloc_0(&caps))
    strerr_diefusys(111, "build the environment");
  set("POSTERN_POPUP", caps.s);
  stralloc_free(&caps);
  set("POSTERN_SESSION", p->session);
  set("USER", s && p->auth.server ? s->user.s : 0);
  export_tls(p);
}

/* A checker that accepts anything, /bin/true for instance, would open every
   mailbox. */
static void prove(struct popup *p)
{
  char reason[64];
  int status;

  export_facts(p, 0);
  switch (checker_probe(&p->checker, &status, reason)) {
  case CHECKER_WRONG: return;
  case CHECKER_OK:
    unfit("the checker accepts any password: ", p->checker.argv[0]);
  default: unable("the checker cannot be proved: ", reason);
  }
}

/* A program that says no to whom the server said yes is not one that found
   another password. */
static enum checker_result of_server(enum checker_result r)
{
  return r == CHECKER_OK ? CHECKER_OK : CHECKER_FAILED;
}

/* The checker and what it runs have the connection until they end.  99 is the
   last word's: it said all there was to say, and so did the client. */
static enum checker_result check(void *data, struct conn *c,
                                 struct sasl const *s, char const *mechanism)
{
  struct popup *p = data;
  enum checker_result r;
  tain until = c->until;
  char reason[64];
  int status;

  export_facts(p, s);
  if (p->auth.server) authclient_close(p->auth.server);
  conn_release(c);
  r = checker_run(&p->checker, s, &status, reason);
  if (r == CHECKER_FAILED && WIFEXITED(status) && WEXITSTATUS(status) == 99)
    r = CHECKER_OK;
  if (p->auth.server) r = of_server(r);
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
      [POPLOGIN_NO_TLS] = "tls",
      [POPLOGIN_ERROR] = "error",
  };
  struct log l;

  if (!ends[end]) return;
  log_event(&l, p, "close");
  log_string(&l, "end", ends[end]);
  log_end(&l);
}

static int exit_code(struct popup const *p, enum poplogin_end end)
{
  switch (end) {
  case POPLOGIN_REFUSED:
  case POPLOGIN_BARE: return 1;
  case POPLOGIN_TIMEOUT: return 99;
  case POPLOGIN_NO_TLS: return p->stls_exit;
  case POPLOGIN_FAILED:
  case POPLOGIN_ERROR: return 111;
  default: return 0;
  }
}

int main(int argc, char const *const *argv)
{
  struct popup p = {
      .login = {.auth = &p.auth,
                .attempts = ATTEMPTS,
                .delay = DELAY,
                .check = check,
                .refused = refused,
                .trouble = trouble,
                .stls = stls,
                .data = &p},
      .auth = {.mechanisms = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_LOGIN),
               .session = p.session,
               .remote_ip = ucspi_get("REMOTEIP"),
               .local_ip = ucspi_get("LOCALIP")},
      .checker = {.timeout = SESSION, .give_connection = 1},
      .timeout = LOGIN,
  };
  struct conn c;
  enum poplogin_end end;

  PROG = NAME;
  argv += options(&p, argc, argv);
  if (!argv[0] || !argv[1]) dieusage();
  if (p.server.path && p.checked) dieusage();
  if (!is_host(argv[0])) strerr_dief2x(100, "not a host name: ", argv[0]);
  p.login.host = p.auth.host = argv[0];
  p.checker.argv = argv + 1;
  if (p.server.path) p.auth.server = &p.server;
  session_get(p.session);
  look_at_wire(&p);

  sig_ignore(SIGPIPE);
  if (p.prove) prove(&p);
  conn_init(&c, 0, 1, p.timeout, 1);
  conn_until(&c, p.timeout);
  end = poplogin(&p.login, &c);
  conn_release(&c);
  ucspitls_end(&p.ucspitls);
  popauth_free(&p.auth);
  log_end_of(&p, end);
  return exit_code(&p, end);
}
