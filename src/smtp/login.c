#include <string.h>

#include <skalibs/env.h>
#include <skalibs/tai.h>
#include <skalibs/iopause.h>

#include "checker.h"
#include "limits.h"
#include "login.h"
#include "text.h"

/* ---- the environment ---- */

static char const *const user_names[] = {"SMTPAUTHUSER", "SMTP_AUTH_USER",
                                         "AUTHUSER"};
static char const *const method_names[] = {"SMTPAUTHMETHOD", "AUTHPROTOCOL"};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What a shell or a pattern may take for something else becomes "?": the name
   was chosen by somebody outside. */
static int safe_name(char const *user, stralloc *out)
{
  static char const good[] = "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789@._+-=/:%";

  if (!stralloc_copys(out, user) || !stralloc_0(out)) return 0;
  for (size_t i = 0; i + 1 < out->len; i++)
    if (!strchr(good, out->s[i])) out->s[i] = '?';
  return 1;
}

static int add_all(stralloc *modifs, char const *const *names, size_t n,
                   char const *value)
{
  for (size_t i = 0; i < n; i++)
    if (!env_addmodif(modifs, names[i], value)) return 0;
  return 1;
}

int login_env(struct smtp const *s, stralloc *modifs)
{
  stralloc user = STRALLOC_ZERO;
  char const *name = 0, *method = 0;
  int good = 1;

  if (s->user.len) {
    good = safe_name(s->user.s, &user);
    name = user.s;
    method = s->mechanism;
  }
  good = good && add_all(modifs, user_names, COUNT(user_names), name) &&
         add_all(modifs, method_names, COUNT(method_names), method);
  if (good && name)
    good = env_addmodif(modifs, "TCPREMOTEINFO", name) &&
           env_addmodif(modifs, "RELAYCLIENT", "");
  stralloc_free(&user);
  return good;
}

/* ---- the outcome ---- */

static void log_auth(struct smtp *s, struct sasl const *sasl,
                     char const *result, char const *reason)
{
  struct log l;

  smtp_log(s, &l, "auth");
  log_bytes(&l, "user", sasl->user.s, sasl->user.len);
  log_string(&l, "mechanism", sasl_name(sasl->mechanism));
  log_string(&l, "result", result);
  if (reason) log_string(&l, "reason", reason);
  log_end(&l);
}

static void wait_seconds(unsigned int seconds)
{
  tain now, until;

  tain_now(&now);
  tain_addsec(&until, &now, (int)seconds);
  while (iopause_stamp(0, 0, &until, &now) < 0)
    ;
}

static void enough(struct smtp *s)
{
  if (s->logins < LIMIT_LOGINS || s->end) return;
  conn_puts(s->conn, "421 4.7.0 too many failed logins\r\n");
  smtp_end(s, "logins", 1);
}

static void wrong(struct smtp *s, struct sasl const *sasl, char const *reason)
{
  s->logins++;
  log_auth(s, sasl, "wrong", reason);
  wait_seconds(s->logins * LIMIT_LOGIN_DELAY);
  smtp_reply(s, "535 5.7.8 authentication failed");
  enough(s);
}

static void failed(struct smtp *s, struct sasl const *sasl, char const *reason)
{
  s->logins++;
  log_auth(s, sasl, "failed", reason);
  smtp_reply(s, "454 4.7.0 oops, problem with the password checker");
  enough(s);
}

static void right(struct smtp *s, struct sasl const *sasl)
{
  if (!stralloc_copyb(&s->user, sasl->user.s, sasl->user.len) ||
      !stralloc_0(&s->user)) {
    s->user.len = 0;
    failed(s, sasl, "out of memory");
    return;
  }
  s->mechanism = sasl_name(sasl->mechanism);
  s->commands = 0;
  log_auth(s, sasl, "ok", 0);
  smtp_reply(s, "235 2.7.0 ok, go ahead");
}

/* With -p: does it refuse what nobody can know? */
static int is_proved(struct smtp *s, struct checker const *c)
{
  char reason[64];
  int status;

  if (!s->set->prove) return 1;
  return checker_probe(c, &status, reason) == CHECKER_WRONG;
}

static void ask(struct smtp *s, struct sasl const *sasl)
{
  struct checker c = {.argv = s->set->checker,
                      .order = s->set->order,
                      .timeout = LIMIT_LOGIN_SECONDS};
  char reason[64];
  int status;

  switch (checker_run(&c, sasl, &status, reason)) {
  case CHECKER_OK:
    if (is_proved(s, &c))
      right(s, sasl);
    else
      failed(s, sasl, "the checker accepts every password");
    break;
  case CHECKER_WRONG: wrong(s, sasl, reason); break;
  case CHECKER_TOO_LONG: wrong(s, sasl, "too long"); break;
  case CHECKER_FAILED: failed(s, sasl, reason); break;
  }
}

/* ---- the dialogue ---- */

/* What is wrong with AUTH now, or 0. */
static char const *not_now(struct smtp const *s)
{
  if (!s->set->mechanisms) return "503 5.5.1 auth not available";
  if (s->user.len) return "503 5.5.1 you're already authenticated";
  if (s->tr.open) return "503 5.5.1 no auth during mail transaction";
  if (!s->esmtp) return "503 5.5.1 EHLO first";
  return 0;
}

static char const *not_this(struct smtp const *s, enum sasl_mechanism m)
{
  if (m == SASL_NONE || !(s->set->mechanisms & SASL_BIT(m)))
    return "504 5.5.4 auth type unimplemented";
  if (!(settings_offered(s->set) & SASL_BIT(m)))
    return "538 5.7.11 auth not available without TLS";
  return 0;
}

/* The client's next line; it is wiped when it has been understood. */
static enum sasl_step prompt(struct smtp *s, struct sasl *sasl, stralloc *out,
                             enum conn_result *r)
{
  enum sasl_step step;
  char *line;
  size_t len;

  conn_puts(s->conn, "334 ");
  conn_put(s->conn, out->s, out->len);
  conn_put(s->conn, "\r\n", 2);
  *r = conn_line(s->conn, SASL_LINE_MAX, &line, &len);
  if (*r) return SASL_BAD;
  step = sasl_feed(sasl, line, len, out);
  explicit_bzero(line, len);
  return step;
}

static void converse(struct smtp *s, struct sasl *sasl, enum sasl_step step,
                     stralloc *out)
{
  enum conn_result r = CONN_OK;

  while (step == SASL_CHALLENGE)
    step = prompt(s, sasl, out, &r);
  if (r == CONN_TOO_LONG) {
    smtp_reply(s, "500 5.5.6 line too long");
    return;
  }
  if (r) {
    smtp_fault(s, r);
    return;
  }
  switch (step) {
  case SASL_DONE: ask(s, sasl); break;
  case SASL_CANCELLED: smtp_reply(s, "501 5.7.0 auth exchange canceled"); break;
  case SASL_NOMEM: smtp_reply(s, "454 4.7.0 out of memory"); break;
  default: smtp_reply(s, "501 5.5.2 malformed auth input"); break;
  }
}

void login_do(struct smtp *s, char *arg, size_t len)
{
  char *blank = memchr(arg, ' ', len), *initial = 0;
  size_t n = blank ? (size_t)(blank - arg) : len, initial_len = 0;
  enum sasl_mechanism m = sasl_find(arg, n);
  char const *fault = not_now(s);
  stralloc out = STRALLOC_ZERO;
  struct sasl sasl = {0};
  enum sasl_step step;

  if (!fault) fault = not_this(s, m);
  if (fault) {
    smtp_reply(s, fault);
    return;
  }
  if (blank) {
    initial = blank + 1;
    initial_len = len - n - 1;
  }
  step = sasl_start(&sasl, m, s->set->auth_host, initial, initial_len, &out);
  if (initial) explicit_bzero(initial, initial_len);
  converse(s, &sasl, step, &out);
  sasl_free(&sasl);
  stralloc_free(&out);
}
