#include <errno.h>
#include <string.h>

#include <skalibs/env.h>

#include "limits.h"
#include "smtptls.h"

int smtptls_missing(struct smtp const *s)
{
  return gate_wants_tls(&s->ucspitls, &s->tls);
}

/* ---- what is known ---- */

static void log_facts(struct smtp *s)
{
  struct tlsfacts const *f = &s->tls;
  struct log l;

  smtp_log(s, &l, "tls");
  log_string(&l, "protocol", f->protocol ? f->protocol : "unknown");
  if (f->cipher) log_string(&l, "cipher", f->cipher);
  if (f->sni) log_string(&l, "sni", f->sni);
  if (f->fingerprint) log_string(&l, "cert", f->fingerprint);
  if (s->cert) log_string(&l, "name", s->cert);
  if (f->subject) log_string(&l, "subject", f->subject);
  log_end(&l);
}

static void log_failure(struct smtp *s, char const *why)
{
  struct log l;

  smtp_log(s, &l, "tls");
  log_string(&l, "why", why);
  log_end(&l);
}

LOG_ASIDE static void know(struct smtp *s)
{
  s->cert = gate_cert(s->set, &s->tls);
  log_facts(s);
}

void smtptls_begin(struct smtp *s)
{
  s->tls = s->set->tls;
  s->ucspitls = s->set->ucspitls;
  if (s->tls.active) know(s);
}

void smtptls_free(struct smtp *s) { stralloc_free(&s->tls_answer); }

/* What neither the client chose nor binds to its channel. */
static int is_shown(char const *name)
{
  return !strcmp(name, "SSL_PROTOCOL") || !strcmp(name, "SSL_CIPHER") ||
         !strcmp(name, "POSTERN_CERT_SHA256");
}

int smtptls_env(struct smtp const *s, stralloc *modifs)
{
  static char const *const gone[] = {"UCSPITLS", "SSLCTLFD", "SSLREADFD",
                                     "SSLWRITEFD"};
  struct tlsfacts const *f = &s->tls;

  for (size_t i = 0; tlsfacts_names[i]; i++) {
    char const *name = tlsfacts_names[i];
    char const *value = is_shown(name) ? tlsfacts_value(f, i) : 0;

    if (!env_addmodif(modifs, name, value)) return 0;
  }
  for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
    if (!env_addmodif(modifs, gone[i], 0)) return 0;
  /* that of implicit TLS is there already */
  return !s->by_starttls ||
         env_addmodif(modifs, "POSTERN_TLS", f->protocol ? f->protocol : "TLS");
}

/* ---- STARTTLS ---- */

/* Seconds that the handshake may take: the session's own end comes first. */
static unsigned int patience(struct conn const *c)
{
  tain now, left;

  tain_now_set_stopwatch(&now);
  if (!tain_less(&now, &c->until)) return 0;
  tain_sub(&left, &c->until, &now);
  return left.sec.x < LIMIT_HANDSHAKE ? (unsigned int)left.sec.x
                                      : LIMIT_HANDSHAKE;
}

/* RFC 3207 section 4.2. */
static void forget(struct smtp *s)
{
  smtp_reset(s);
  s->helo.len = s->user.len = 0;
  s->esmtp = 0;
  s->mechanism[0] = 0;
  s->errors = s->commands = 0;
}

/* The same descriptors, another wire. */
static void renew(struct conn *c)
{
  tain until = c->until;

  conn_init(c, c->fd_in, c->fd_out, c->timeout, c->chunk);
  c->until = until;
}

static void fail(struct smtp *s, char const *why, int exit_code)
{
  log_failure(s, why);
  smtp_end(s, "tls", exit_code);
}

/* errno is that of ucspitls_start. */
static int code_of_failure(void)
{
  return errno == ECONNABORTED ? 1 : errno == ETIMEDOUT ? 99 : 111;
}

static void handshake(struct smtp *s)
{
  char const *why;
  enum conn_result r = conn_flush(s->conn);

  if (!r) {
    smtp_reply(s, "220 2.0.0 ready to start TLS");
    r = conn_flush(s->conn);
  }
  if (r) {
    smtp_fault(s, r);
    return;
  }
  forget(s);
  if (!ucspitls_start(&s->ucspitls, patience(s->conn), &s->tls_answer, &why)) {
    fail(s, why, code_of_failure());
  } else if (!tlsfacts_scan(&s->tls, s->tls_answer.s, s->tls_answer.len)) {
    fail(s, "damaged facts", 111);
  } else {
    s->by_starttls = 1;
    renew(s->conn);
    know(s);
  }
}

void smtptls_do(struct smtp *s, char *arg, size_t len)
{
  (void)arg;
  (void)len;
  if (s->tls.active) {
    smtp_reply(s, "503 5.5.1 TLS is active");
  } else if (!s->ucspitls.offered) {
    smtp_reply(s, s->ucspitls.required ? "454 4.7.0 TLS not available"
                                       : "502 5.5.1 unimplemented");
  } else if (s->conn->start != s->conn->end) {
    smtp_reply(s, "554 5.5.1 nothing may follow STARTTLS");
    fail(s, "data behind STARTTLS", 1);
  } else {
    handshake(s);
  }
}
