#include <string.h>

#include "base64.h"
#include "byserver.h"
#include "limits.h"

static void know(struct smtp *s)
{
  if (!s->auth.open) return;
  s->known_n = s->auth.n;
  memcpy(s->known, s->auth.mech, sizeof s->known);
}

static int list(struct smtp *s, struct login_mechanism *m, size_t *n,
                char const **why)
{
  *n = 0;
  s->auth.path = s->set->auth_socket;
  s->auth.timeout = LIMIT_LOGIN_LIST;
  if (!s->known_n && !authclient_open(&s->auth)) {
    *why = s->auth.why;
    return 0;
  }
  know(s);
  for (size_t i = 0; i < s->known_n; i++)
    if (settings_named(s->set, s->known[i].name))
      m[(*n)++] =
          (struct login_mechanism){s->known[i].name, s->known[i].plaintext};
  return 1;
}

static enum attempt_step say(struct attempt *a, enum attempt_step step,
                             char const *why)
{
  a->why = why;
  return step;
}

static enum attempt_step judge(struct smtp *s, struct attempt *a,
                               enum authclient_result r)
{
  a->begun = r == AUTHCLIENT_CONT;
  a->user = s->auth.user.s;
  a->user_len = s->auth.user.len;
  know(s);
  switch (r) {
  case AUTHCLIENT_OK: return ATTEMPT_RIGHT;
  case AUTHCLIENT_CONT: return ATTEMPT_MORE;
  case AUTHCLIENT_WRONG: return say(a, ATTEMPT_WRONG, s->auth.why);
  case AUTHCLIENT_TEMP: break;
  }
  return say(a, ATTEMPT_FAILED, s->auth.why);
}

/* The whole of it, and in its only spelling. */
static int is_base64(char const *s, size_t len)
{
  char decoded[BASE64_DECODED(SASL_LINE_MAX)];
  size_t n;
  int good = len <= SASL_LINE_MAX && base64_decode(decoded, &n, s, len);

  if (len <= SASL_LINE_MAX) explicit_bzero(decoded, BASE64_DECODED(len));
  return good;
}

static enum attempt_step start(struct smtp *s, struct attempt *a,
                               char const *initial, size_t len)
{
  struct authclient_request r = {
      .service = "smtp",
      .mechanism = a->mechanism,
      .session = s->session,
      .remote_ip = s->set->remote_ip,
      .local_ip = s->set->local_ip,
      .secured = s->tls.active || s->set->plain_auth,
      .cert_user = s->cert,
      .exporter = s->tls.exporter,
      .endpoint = s->tls.exporter ? s->tls.endpoint : 0,
      .initial = initial,
      .initial_len = len,
  };

  if (len == 1 && *initial == '=')
    r.initial_len = 0;
  else if (initial && (!len || !is_base64(initial, len)))
    return ATTEMPT_BAD;
  s->auth.timeout = LIMIT_LOGIN_SECONDS;
  return judge(s, a, authclient_start(&s->auth, &r, &a->out));
}

static enum attempt_step feed(struct smtp *s, struct attempt *a,
                              char const *line, size_t len)
{
  if (!is_base64(line, len)) return ATTEMPT_BAD;
  return judge(s, a, authclient_continue(&s->auth, line, len, &a->out));
}

static void end(struct smtp *s, struct attempt *a)
{
  if (a->begun) authclient_cancel(&s->auth);
  a->begun = 0;
}

struct backend const byserver = {list, start, feed, end};
