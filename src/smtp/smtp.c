#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/env.h>

#include "limits.h"
#include "login.h"
#include "smtp.h"
#include "smtptls.h"
#include "verbs.h"

void smtp_end(struct smtp *s, char const *why, int exit_code)
{
  if (s->end) return;
  s->end = why;
  s->exit_code = exit_code;
}

void smtp_reply2(struct smtp *s, char const *a, char const *b)
{
  conn_puts(s->conn, a);
  conn_puts(s->conn, b);
  conn_put(s->conn, "\r\n", 2);
  if (a[0] != '5' || ++s->errors <= LIMIT_ERRORS || s->end) return;
  conn_puts(s->conn, "421 4.7.0 too many errors\r\n");
  smtp_end(s, "errors", 1);
}

void smtp_reply(struct smtp *s, char const *line) { smtp_reply2(s, line, ""); }

void smtp_log(struct smtp *s, struct log *l, char const *event)
{
  log_start(l, SMTP_PROGRAM, event, s->session);
  log_string(l, "ip", s->set->remote_ip ? s->set->remote_ip : "unknown");
}

void smtp_log_relay(struct log *l, enum relay r, char const *name)
{
  char text[LOG_VALUE_MAX];
  char const *prefix = relay_prefix(r, name);
  size_t n = strlen(prefix), m = strlen(name);

  memcpy(text, prefix, n);
  if (m > sizeof text - n) m = sizeof text - n;
  memcpy(text + n, name, m);
  log_bytes(l, "relay", text, n + m);
}

void smtp_warn(struct smtp *s, char const *reason, char const *more)
{
  struct log l;

  smtp_log(s, &l, "warning");
  log_string(&l, "reason", reason);
  if (more) log_string(&l, "why", more);
  log_end(&l);
}

void smtp_log_refused(struct smtp *s, char const *verb, char const *reply)
{
  struct log l;

  smtp_log(s, &l, "refused");
  log_string(&l, "verb", verb);
  log_bytes(&l, "code", reply, 3);
  log_bytes(&l, "from", s->tr.sender.s, s->tr.sender.len);
  log_string(&l, "reason", reply + 4);
  log_end(&l);
}

char const **smtp_environ(stralloc const *modifs)
{
  char const *const *old = (char const *const *)environ;
  size_t n = env_len(old), most = n + modifs->len + 1;
  char const **envp = malloc(most * sizeof *envp);

  if (envp && !env_merge(envp, most, old, n, modifs->s, modifs->len)) {
    free(envp);
    return 0;
  }
  return envp;
}

struct gate_facts smtp_facts(struct smtp const *s)
{
  return (struct gate_facts){.user = s->user.len ? s->user.s : 0,
                             .cert = s->cert,
                             .crowd = s->crowd,
                             .rcpts = s->tr.rcpts,
                             .utf8 = s->tr.utf8,
                             .bad_sender = s->tr.bad_sender};
}

void smtp_reset(struct smtp *s)
{
  if (s->msg.open) queue_cancel(&s->msg.queue);
  s->msg.open = 0;
  s->tr.open = s->tr.utf8 = s->tr.bad_sender = 0;
  s->tr.sender.len = s->tr.rcpts = s->tr.envelope.len = 0;
  s->tr.relay = RELAY_NONE;
  s->tr.relay_name = "";
}

void smtp_fault(struct smtp *s, enum conn_result r)
{
  switch (r) {
  case CONN_OK: break;
  case CONN_EOF: smtp_end(s, "eof", 0); break;
  case CONN_ERROR: smtp_end(s, "connection", 0); break;
  case CONN_TIMEOUT:
    conn_puts(s->conn, "421 4.4.2 timeout\r\n");
    smtp_end(s, "timeout", 99);
    break;
  case CONN_BARE:
    conn_puts(s->conn, "500 5.5.2 bare CR or LF in a command\r\n");
    smtp_end(s, "bare", 1);
    break;
  case CONN_TOO_LONG: smtp_reply(s, "500 5.5.2 line too long"); break;
  }
}

static void serve(struct smtp *s)
{
  while (!s->end) {
    char *line;
    size_t len;
    enum conn_result r = conn_line(s->conn, SASL_LINE_MAX, &line, &len);

    if (r)
      smtp_fault(s, r);
    else if (++s->commands > LIMIT_COMMANDS) {
      conn_puts(s->conn, "421 4.7.0 too many commands without a message\r\n");
      smtp_end(s, "commands", 1);
    } else
      verbs_do(s, line, len);
  }
}

static void begin(struct smtp *s)
{
  session_get(s->session);
  smtp_reset(s);
  if (s->set->auth_off) smtp_warn(s, "AUTH is off", s->set->auth_off);
  if (!s->set->has_rcpthosts)
    smtp_warn(s, "no rcpthosts: no domain is local", s->set->control.dir);
  if (s->set->tls_off) smtp_warn(s, "STARTTLS is off", s->set->tls_off);
  smtptls_begin(s);
  conn_until(s->conn, LIMIT_SESSION);
  conn_puts(s->conn, "220 ");
  smtp_reply2(s, s->set->greeting.s, " ESMTP");
}

LOG_ASIDE static void finish(struct smtp *s)
{
  struct log l;

  smtp_reset(s);
  conn_flush(s->conn);
  ucspitls_end(&s->ucspitls);
  smtp_log(s, &l, "end");
  log_string(&l, "why", s->end);
  log_number(&l, "messages", s->messages);
  log_number(&l, "bytes", s->bytes);
  log_end(&l);
  gate_free(&s->gate);
  smtptls_free(s);
  login_free(s);
  stralloc_free(&s->helo);
  stralloc_free(&s->user);
  stralloc_free(&s->tr.envelope);
}

static void warn(void *data, char const *what, char const *why)
{
  smtp_warn(data, what, why);
}

int smtp_run(struct settings const *set, struct conn *conn)
{
  struct smtp s = {.set = set, .conn = conn};

  s.gate = (struct gate){.set = set, .warn = warn, .data = &s};
  begin(&s);
  serve(&s);
  finish(&s);
  return s.exit_code;
}
