#include <string.h>

#include "base64.h"
#include "popauth.h"
#include "secret.h"
#include "text.h"

#define PLAIN "PLAIN"

/* ---- what is offered ---- */

/* What can be said of them without a server. */
static void know_own(struct popauth *a)
{
  a->n = 0;
  for (enum sasl_mechanism m = SASL_PLAIN; m <= SASL_CRAM_MD5; m++) {
    struct authclient_mech *k = a->known + a->n;

    if (!(a->mechanisms & SASL_BIT(m))) continue;
    memcpy(k->name, sasl_name(m), strlen(sasl_name(m)) + 1);
    k->plaintext = m != SASL_CRAM_MD5;
    a->n++;
  }
}

static void know_server(struct popauth *a)
{
  if (!a->server->open) return;
  a->n = a->server->n;
  memcpy(a->known, a->server->mech, sizeof a->known);
}

/* 0: nothing is known, and why is set. */
static int know(struct popauth *a)
{
  if (!a->server) {
    know_own(a);
    return 1;
  }
  a->server->timeout = POPAUTH_LIST;
  if (!authclient_open(a->server)) {
    a->why = a->server->why;
    return a->n > 0;
  }
  know_server(a);
  return 1;
}

static int is_plus(char const *name)
{
  size_t n = strlen(name);
  return n > 5 && !strcmp(name + n - 5, "-PLUS");
}

static enum popauth_offer offer(struct popauth const *a,
                                struct authclient_mech const *m)
{
  if (!strcmp(m->name, "EXTERNAL") || !strcmp(m->name, "ANONYMOUS"))
    return POPAUTH_UNKNOWN;
  if (is_plus(m->name) && !a->exporter) return POPAUTH_UNKNOWN;
  return m->plaintext && !a->plain ? POPAUTH_TLS : POPAUTH_OFFERED;
}

static enum popauth_offer look(struct popauth *a, char const *name, size_t len,
                               struct authclient_mech const **found)
{
  if (!know(a)) return POPAUTH_GONE;
  for (size_t i = 0; i < a->n; i++) {
    struct authclient_mech const *m = a->known + i;

    *found = m;
    if (text_equal(name, len, m->name, strlen(m->name))) return offer(a, m);
  }
  return POPAUTH_UNKNOWN;
}

enum popauth_offer popauth_choose(struct popauth *a, char const *name,
                                  size_t len)
{
  struct authclient_mech const *m;
  enum popauth_offer o = look(a, name, len, &m);

  if (o == POPAUTH_OFFERED) memcpy(a->mechanism, m->name, sizeof a->mechanism);
  return o;
}

enum popauth_offer popauth_password(struct popauth *a)
{
  if (!a->plain) return POPAUTH_TLS;
  return a->server ? popauth_choose(a, PLAIN, strlen(PLAIN)) : POPAUTH_OFFERED;
}

int popauth_names(struct popauth *a, stralloc *sa)
{
  if (!know(a)) return 1;
  for (size_t i = 0; i < a->n; i++)
    if (offer(a, a->known + i) == POPAUTH_OFFERED &&
        (!stralloc_append(sa, ' ') || !stralloc_cats(sa, a->known[i].name)))
      return 0;
  return 1;
}

/* ---- an exchange that ends with credentials ---- */

static enum popauth_step own_step(enum sasl_step step)
{
  switch (step) {
  case SASL_CHALLENGE: return POPAUTH_CHALLENGE;
  case SASL_DONE: return POPAUTH_READY;
  case SASL_CANCELLED: return POPAUTH_CANCELLED;
  case SASL_NOMEM: return POPAUTH_NOMEM;
  default: return POPAUTH_BAD;
  }
}

static enum popauth_step own_start(struct popauth *a, char const *initial,
                                   size_t len)
{
  enum sasl_mechanism m = sasl_find(a->mechanism, strlen(a->mechanism));
  return own_step(sasl_start(&a->sasl, m, a->host, initial, len, &a->out));
}

static enum popauth_step own_pass(struct popauth *a, char const *user,
                                  size_t ulen, char const *pass, size_t plen)
{
  return sasl_keep(&a->sasl.user, user, ulen) &&
                 sasl_keep(&a->sasl.secret, pass, plen)
             ? POPAUTH_READY
             : POPAUTH_NOMEM;
}

/* ---- an exchange with the server ---- */

static enum popauth_step fail(struct popauth *a, char const *why)
{
  a->why = why;
  return POPAUTH_FAILED;
}

static int keep(stralloc *to, stralloc const *from)
{
  return !from->len || sasl_keep(to, from->s, from->len);
}

static enum popauth_step server_step(struct popauth *a,
                                     enum authclient_result r)
{
  struct authclient const *s = a->server;

  know_server(a);
  a->begun = r == AUTHCLIENT_CONT;
  if (a->begun) {
    if (a->rounds++ < POPAUTH_ROUNDS) return POPAUTH_CHALLENGE;
    return fail(a, "a dialogue without end");
  }
  if (!keep(&a->sasl.user, &s->user)) return POPAUTH_NOMEM;
  a->why = s->why;
  if (r == AUTHCLIENT_WRONG) return POPAUTH_WRONG;
  if (r != AUTHCLIENT_OK) return POPAUTH_FAILED;
  return keep(&a->sasl.secret, &s->token) ? POPAUTH_READY : POPAUTH_NOMEM;
}

static enum popauth_step server_start(struct popauth *a, char const *initial,
                                      size_t len)
{
  struct authclient_request r = {
      .service = "pop3",
      .mechanism = a->mechanism,
      .session = a->session,
      .remote_ip = a->remote_ip,
      .local_ip = a->local_ip,
      .secured = a->plain,
      .exporter = a->exporter,
      .endpoint = a->exporter ? a->endpoint : 0,
      .initial = initial,
      .initial_len = len,
  };

  a->server->timeout = POPAUTH_JUDGE;
  return server_step(a, authclient_start(a->server, &r, &a->out));
}

/* NUL user NUL password: RFC 4616. */
static enum popauth_step server_pass(struct popauth *a, char const *user,
                                     size_t ulen, char const *pass, size_t plen)
{
  size_t len = ulen + plen + 2, size = BASE64_ENCODED(len);
  stralloc sa = STRALLOC_ZERO;
  enum popauth_step step;

  if (!stralloc_ready(&sa, len + size)) return POPAUTH_NOMEM;
  sa.s[0] = sa.s[ulen + 1] = 0;
  memcpy(sa.s + 1, user, ulen);
  memcpy(sa.s + ulen + 2, pass, plen);
  base64_encode(sa.s + len, sa.s, len);
  step = server_start(a, sa.s + len, size);
  secret_free(&sa);
  return step;
}

/* The whole of it, and in its only spelling: what the server makes of anything
   else is its own affair, and must not become ours. */
static int is_base64(char const *s, size_t len)
{
  char decoded[BASE64_DECODED(SASL_LINE_MAX)];
  size_t n;
  int good;

  if (len > SASL_LINE_MAX) return 0;
  good = base64_decode(decoded, &n, s, len);
  explicit_bzero(decoded, BASE64_DECODED(len));
  return good;
}

/* ---- either ---- */

enum popauth_step popauth_start(struct popauth *a, char const *initial,
                                size_t len)
{
  popauth_end(a);
  if (!a->server) return own_start(a, initial, len);
  if (initial && len == 1 && *initial == '=')
    len = 0;
  else if (initial && (!len || !is_base64(initial, len)))
    return POPAUTH_BAD;
  return server_start(a, initial, len);
}

enum popauth_step popauth_feed(struct popauth *a, char const *line, size_t len)
{
  if (!a->server) return own_step(sasl_feed(&a->sasl, line, len, &a->out));
  if (!a->begun) return POPAUTH_BAD;
  if (len == 1 && *line == '*') return POPAUTH_CANCELLED;
  if (!is_base64(line, len)) return POPAUTH_BAD;
  return server_step(a, authclient_continue(a->server, line, len, &a->out));
}

enum popauth_step popauth_pass(struct popauth *a, char const *user, size_t ulen,
                               char const *pass, size_t plen)
{
  enum popauth_step step;

  popauth_end(a);
  if (!a->server) return own_pass(a, user, ulen, pass, plen);
  step = server_pass(a, user, ulen, pass, plen);
  /* for the log: the server may not say whom it refused */
  if (step != POPAUTH_READY && !a->sasl.user.len &&
      !sasl_keep(&a->sasl.user, user, ulen))
    return POPAUTH_NOMEM;
  return step;
}

void popauth_end(struct popauth *a)
{
  if (a->begun) authclient_cancel(a->server);
  a->begun = 0;
  a->rounds = 0;
  a->why = 0;
  sasl_free(&a->sasl);
  if (a->out.s) explicit_bzero(a->out.s, a->out.a);
  a->out.len = 0;
}

void popauth_free(struct popauth *a)
{
  popauth_end(a);
  stralloc_free(&a->out);
  if (a->server) authclient_free(a->server);
}
