#include <errno.h>
#include <string.h>

#include <skalibs/env.h>
#include <skalibs/tai.h>
#include <skalibs/iopause.h>

#include "bychecker.h"
#include "byserver.h"
#include "limits.h"
#include "login.h"
#include "smtptls.h"
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
  if (good && name) good = env_addmodif(modifs, "TCPREMOTEINFO", name);
  /* as if none had been there, if it gives nothing */
  if (good && (name || (s->cert && (s->crowd || !s->set->relayclient))))
    good = env_addmodif(modifs, "RELAYCLIENT", "");
  else if (good && s->crowd)
    good = env_addmodif(modifs, "RELAYCLIENT", 0);
  stralloc_free(&user);
  return good;
}

/* ---- the outcome ---- */

static void log_auth(struct smtp *s, struct attempt const *a,
                     char const *result, char const *reason)
{
  struct log l;

  smtp_log(s, &l, "auth");
  log_bytes(&l, "user", a->user, a->user_len);
  log_string(&l, "mechanism", a->mechanism);
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

static void wrong(struct smtp *s, struct attempt const *a)
{
  s->logins++;
  log_auth(s, a, "wrong", a->why);
  wait_seconds(s->logins * LIMIT_LOGIN_DELAY);
  smtp_reply(s, "535 5.7.8 authentication failed");
  enough(s);
}

static void failed(struct smtp *s, struct attempt const *a, char const *why)
{
  s->logins++;
  log_auth(s, a, "failed", why);
  smtp_reply(s, "454 4.7.0 oops, problem with the password checker");
  enough(s);
}

static enum standing_now look(struct smtp *s)
{
  return standing_look(&s->standing, s->set->mailboxes, s->user.s);
}

int login_stands(struct smtp *s)
{
  struct attempt a = {.user = s->user.s};

  if (!s->user.len || !s->set->mailboxes) return 1;
  switch (look(s)) {
  case STANDING_GOOD: return 1;
  case STANDING_LOST:
    a.user_len = strlen(s->user.s);
    memcpy(a.mechanism, s->mechanism, sizeof a.mechanism);
    log_auth(s, &a, "revoked", "disabled or removed since the login");
    conn_puts(s->conn, "421 4.7.0 this account may not send any more\r\n");
    smtp_end(s, "revoked", 1);
    return 0;
  case STANDING_UNKNOWN: break;
  }
  smtp_warn(s, s->set->mailboxes, strerror(errno));
  conn_puts(s->conn, "421 4.3.0 unable to read controls\r\n");
  smtp_end(s, "unreadable", 111);
  return 0;
}

static void right(struct smtp *s, struct attempt const *a)
{
  if (!stralloc_copyb(&s->user, a->user, a->user_len) ||
      !stralloc_0(&s->user)) {
    s->user.len = 0;
    failed(s, a, "out of memory");
    return;
  }
  memcpy(s->mechanism, a->mechanism, sizeof s->mechanism);
  s->standing = (struct standing)STANDING_ZERO;
  if (s->set->mailboxes) look(s); /* what is wrong is told at MAIL */
  s->commands = 0;
  log_auth(s, a, "ok", 0);
  smtp_reply(s, "235 2.7.0 ok, go ahead");
  login_idle(s);
}

/* ---- what is offered ---- */

static struct backend const *backend(struct smtp const *s)
{
  return s->set->auth_socket ? &byserver : &bychecker;
}

static int has_auth(struct smtp const *s)
{
  return settings_has_auth(s->set) && !s->auth_off;
}

/* Why this client may not use it now, or 0. */
static char const *not_this(struct smtp const *s,
                            struct login_mechanism const *m)
{
  return gate_mechanism(s->set, &s->tls, s->cert, m->name, m->plaintext);
}

static void put_mechanism(struct smtp *s, char const *name, int first)
{
  if (first) conn_puts(s->conn, "250-AUTH");
  conn_put(s->conn, " ", 1);
  conn_puts(s->conn, name);
}

void login_offer(struct smtp *s)
{
  struct login_mechanism m[LOGIN_MECHANISMS];
  char const *why;
  size_t n, put = 0;

  if (!has_auth(s) || s->user.len || smtptls_missing(s)) return;
  if (!backend(s)->list(s, m, &n, &why)) {
    smtp_warn(s, s->set->auth_socket, why);
    return;
  }
  for (size_t i = 0; i < n; i++)
    if (!not_this(s, m + i)) put_mechanism(s, m[i].name, !put++);
  if (put) conn_put(s->conn, "\r\n", 2);
}

void login_idle(struct smtp *s) { authclient_close(&s->auth); }

void login_free(struct smtp *s) { authclient_free(&s->auth); }

/* ---- the dialogue ---- */

/* What is wrong with AUTH now, or 0. */
static char const *not_now(struct smtp const *s)
{
  if (!has_auth(s)) return "503 5.5.1 auth not available";
  if (s->user.len) return "503 5.5.1 you're already authenticated";
  if (s->tr.open) return "503 5.5.1 no auth during mail transaction";
  if (!s->esmtp) return "503 5.5.1 EHLO first";
  return 0;
}

/* 1, or 0 after a reply. */
static int choose(struct smtp *s, struct attempt *a, char const *name,
                  size_t len)
{
  struct login_mechanism m[LOGIN_MECHANISMS];
  char const *why;
  size_t n, i = 0;

  if (!backend(s)->list(s, m, &n, &why)) {
    failed(s, a, why);
    return 0;
  }
  while (i < n && !text_equal(name, len, m[i].name, strlen(m[i].name)))
    i++;
  why = i < n ? not_this(s, m + i) : "504 5.5.4 auth type unimplemented";
  if (why) {
    smtp_reply(s, why);
    return 0;
  }
  memcpy(a->mechanism, m[i].name, strlen(m[i].name) + 1);
  return 1;
}

/* The client's next line; it is wiped when it has been understood. */
static enum attempt_step prompt(struct smtp *s, struct attempt *a,
                                enum conn_result *r, int *cancelled)
{
  enum attempt_step step = ATTEMPT_BAD;
  char *line;
  size_t len;

  conn_puts(s->conn, "334 ");
  conn_put(s->conn, a->out.s, a->out.len);
  conn_put(s->conn, "\r\n", 2);
  *r = conn_line(s->conn, SASL_LINE_MAX, &line, &len);
  if (*r) return ATTEMPT_BAD;
  *cancelled = len == 1 && *line == '*';
  if (!*cancelled) step = backend(s)->feed(s, a, line, len);
  explicit_bzero(line, len);
  return step;
}

static void converse(struct smtp *s, struct attempt *a, enum attempt_step step)
{
  enum conn_result r = CONN_OK;
  int cancelled = 0, rounds = 0;

  while (step == ATTEMPT_MORE && rounds++ < LIMIT_LOGIN_ROUNDS)
    step = prompt(s, a, &r, &cancelled);
  if (r == CONN_TOO_LONG)
    smtp_reply(s, "500 5.5.6 line too long");
  else if (r)
    smtp_fault(s, r);
  else if (cancelled)
    smtp_reply(s, "501 5.7.0 auth exchange canceled");
  else
    switch (step) {
    case ATTEMPT_RIGHT: right(s, a); break;
    case ATTEMPT_WRONG: wrong(s, a); break;
    case ATTEMPT_FAILED: failed(s, a, a->why); break;
    case ATTEMPT_MORE: failed(s, a, "a dialogue without end"); break;
    case ATTEMPT_BAD: smtp_reply(s, "501 5.5.2 malformed auth input"); break;
    }
}

static void attempt(struct smtp *s, struct attempt *a, char *initial,
                    size_t len)
{
  enum attempt_step step = backend(s)->start(s, a, initial, len);

  if (initial) explicit_bzero(initial, len);
  converse(s, a, step);
  backend(s)->end(s, a);
}

void login_do(struct smtp *s, char *arg, size_t len)
{
  char *blank = memchr(arg, ' ', len);
  size_t n = blank ? (size_t)(blank - arg) : len;
  char const *fault = not_now(s);
  struct attempt a = {0};

  if (fault)
    smtp_reply(s, fault);
  else if (choose(s, &a, arg, n))
    attempt(s, &a, blank ? blank + 1 : 0, blank ? len - n - 1 : 0);
  stralloc_free(&a.out);
}
