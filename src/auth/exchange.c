#include <string.h>

#include <skalibs/fmtscan.h>

#include "base64.h"
#include "exchange.h"
#include "text.h"

/* What the client's next message is. */
enum {
  STATE_OVER = 0,
  STATE_SASL,  /* sasl.h knows */
  STATE_FIRST, /* SCRAM's first */
  STATE_LAST,  /* SCRAM's last */
  STATE_EMPTY, /* the empty answer to SCRAM's success */
  STATE_AUTHZID,
};

static char const *const names[] = {
    [EXCHANGE_PLAIN] = "PLAIN",
    [EXCHANGE_LOGIN] = "LOGIN",
    [EXCHANGE_CRAM_MD5] = "CRAM-MD5",
    [EXCHANGE_SCRAM] = "SCRAM-SHA-256",
    [EXCHANGE_SCRAM_PLUS] = "SCRAM-SHA-256-PLUS",
    [EXCHANGE_EXTERNAL] = "EXTERNAL",
};

char const *exchange_name(enum exchange_mechanism m)
{
  return m < EXCHANGE_MECHANISMS ? names[m] : "none";
}

enum exchange_mechanism exchange_find(char const *name, size_t len)
{
  enum exchange_mechanism m = EXCHANGE_PLAIN;

  while (m < EXCHANGE_MECHANISMS &&
         !text_equal(name, len, names[m], strlen(names[m])))
    m++;
  return m;
}

int exchange_list(char const *list, unsigned int *set, char const **bad)
{
  *set = 0;
  while (*list) {
    size_t n = strcspn(list, " ");
    enum exchange_mechanism m = exchange_find(list, n);

    *bad = list;
    if (n && m == EXCHANGE_MECHANISMS) return 0;
    if (n) *set |= EXCHANGE_BIT(m);
    list += n + strspn(list + n, " ");
  }
  return 1;
}

static enum exchange_step end(struct exchange *x, enum judge_result r,
                              char const *reason)
{
  size_t n = reason ? strlen(reason) : 0;

  x->state = STATE_OVER;
  x->result = r;
  if (n >= JUDGE_REASON) n = JUDGE_REASON - 1;
  if (reason) memcpy(x->reason, reason, n);
  if (reason || r == JUDGE_OK) x->reason[n] = 0;
  sasl_free(&x->sasl);
  scram_free(&x->scram);
  return r == JUDGE_OK ? EXCHANGE_OK : EXCHANGE_FAIL;
}

static enum exchange_step syntax(struct exchange *x)
{
  return end(x, JUDGE_WRONG, "syntax");
}

static enum exchange_step memory(struct exchange *x)
{
  return end(x, JUDGE_FAILED, "out of memory");
}

static int set_user(struct exchange *x, char const *name, size_t len)
{
  if (!sasl_keep(&x->user, name, len)) return 0;
  if (x->judge->fold) text_lower(x->user.s, len);
  x->about.user = x->user.s;
  return 1;
}

/* May he try?  Then delay is set. */
static int may_try(struct exchange *x)
{
  x->delay = 0;
  return !x->judge->ask ||
         x->judge->ask(x->judge->counter, &x->about, &x->delay) == JUDGE_OK;
}

static enum exchange_step refuse(struct exchange *x)
{
  return end(x, JUDGE_REFUSED, "guessing");
}

/* Who may try was judged; reason is set, or in x->reason already. */
static enum exchange_step judged(struct exchange *x, enum judge_result r,
                                 char const *reason)
{
  if (x->judge->tell) x->judge->tell(x->judge->counter, &x->about, r);
  return end(x, r, reason);
}

static enum exchange_step password(struct exchange *x)
{
  if (!set_user(x, x->sasl.user.s, x->sasl.user.len)) return memory(x);
  if (!may_try(x)) return refuse(x);
  return judged(
      x, x->judge->password(x->judge->data, &x->about, &x->sasl, x->reason), 0);
}

static enum exchange_step take_sasl(struct exchange *x, enum sasl_step step)
{
  switch (step) {
  case SASL_CHALLENGE: x->state = STATE_SASL; return EXCHANGE_CONT;
  case SASL_DONE: return password(x);
  case SASL_NOMEM: return memory(x);
  case SASL_CANCELLED:
  case SASL_BAD: break;
  }
  return syntax(x);
}

/* raw becomes its base64. */
static int encode(stralloc *raw)
{
  stralloc sa = STRALLOC_ZERO;

  if (!stralloc_ready(&sa, BASE64_ENCODED(raw->len) + 1)) return 0;
  base64_encode(sa.s, raw->s, raw->len);
  sa.len = BASE64_ENCODED(raw->len);
  stralloc_free(raw);
  *raw = sa;
  return 1;
}

static int same_name(struct exchange const *x, char const *a, size_t alen,
                     char const *b)
{
  size_t blen = strlen(b);

  if (x->judge->fold) return text_equal(a, alen, b, blen);
  return alen == blen && !memcmp(a, b, blen);
}

static enum exchange_step scram_hello(struct exchange *x, char const *msg,
                                      size_t len, stralloc *out)
{
  struct scram_secret secret = {0};
  enum scram_result r = scram_first(&x->scram, msg, len);

  if (r == SCRAM_NOMEM) return memory(x);
  if (r != SCRAM_OK) return syntax(x);
  if (!set_user(x, x->scram.user.s, x->scram.user.len)) return memory(x);
  if (x->scram.authzid.len &&
      !same_name(x, x->scram.authzid.s, x->scram.authzid.len, x->about.user))
    return end(x, JUDGE_WRONG, "authzid");
  x->known = x->judge->secret(x->judge->data, &x->about, &secret, x->reason);
  if (x->known == JUDGE_FAILED) return end(x, JUDGE_FAILED, 0);
  r = scram_challenge(&x->scram, &secret, 0, out);
  explicit_bzero(&secret, sizeof secret);
  if (r != SCRAM_OK || !encode(out)) return memory(x);
  x->state = STATE_LAST;
  return EXCHANGE_CONT;
}

static enum exchange_step scram_proof(struct exchange *x, char const *msg,
                                      size_t len, stralloc *out)
{
  enum exchange_step step;
  enum scram_result r;

  if (!may_try(x)) return refuse(x);
  r = scram_last(&x->scram, msg, len, out);
  if (r == SCRAM_OK && !encode(out)) r = SCRAM_NOMEM;
  if (r == SCRAM_NOMEM) return judged(x, JUDGE_FAILED, "out of memory");
  if (r == SCRAM_BAD) return judged(x, JUDGE_WRONG, "syntax");
  /* why is for the log; what he sees is one answer, after the same work */
  if (x->known != JUDGE_OK) return judged(x, JUDGE_WRONG, 0);
  if (r != SCRAM_OK) return judged(x, JUDGE_WRONG, "secret");
  step = judged(x, JUDGE_OK, 0);
  if (x->final_ok) return step;
  x->state = STATE_EMPTY;
  return EXCHANGE_CONT;
}

static enum exchange_step external(struct exchange *x, char const *msg,
                                   size_t len)
{
  enum judge_result r;

  if (len && !same_name(x, msg, len, x->certified))
    return end(x, JUDGE_WRONG, "authzid");
  r = x->judge->known(x->judge->data, &x->about, x->reason);
  return end(x, r, 0);
}

static enum exchange_step take(struct exchange *x, char const *msg, size_t len,
                               stralloc *out)
{
  switch (x->state) {
  case STATE_FIRST: return scram_hello(x, msg, len, out);
  case STATE_LAST: return scram_proof(x, msg, len, out);
  case STATE_AUTHZID: return external(x, msg, len);
  case STATE_EMPTY: return len ? syntax(x) : end(x, JUDGE_OK, 0);
  default: return syntax(x);
  }
}

static enum exchange_step decode(struct exchange *x, char const *line,
                                 size_t len, stralloc *out)
{
  char msg[BASE64_DECODED(EXCHANGE_LINE_MAX) + 1];
  enum exchange_step step = EXCHANGE_FAIL;
  size_t n;

  if (len == 1 && *line == '=') len = 0;
  if (len > EXCHANGE_LINE_MAX || !base64_decode(msg, &n, line, len))
    step = syntax(x);
  else
    step = take(x, msg, n, out);
  if (len <= EXCHANGE_LINE_MAX) explicit_bzero(msg, BASE64_DECODED(len));
  if (step == EXCHANGE_FAIL) out->len = 0;
  return step;
}

/* Lower case only; 0 if it is not at most max bytes. */
static int hex_scan(unsigned char *out, size_t *len, size_t max, char const *s)
{
  size_t n = strspn(s, "0123456789abcdef");

  if (s[n] || n > 2 * max) return 0;
  *len = n / 2;
  return ucharn_scan(s, (char *)out, *len) == n;
}

static int bind_channel(struct exchange *x, struct exchange_request const *r)
{
  struct scram_binding *b = &x->scram.binding;

  if (r->exporter &&
      !hex_scan(b->exporter, &b->exporter_len, sizeof b->exporter, r->exporter))
    return 0;
  return !r->endpoint || hex_scan(b->endpoint, &b->endpoint_len,
                                  sizeof b->endpoint, r->endpoint);
}

static enum exchange_step start_scram(struct exchange *x,
                                      struct exchange_request const *r)
{
  int bound;

  if (!x->judge->secret) return end(x, JUDGE_FAILED, "mechanism");
  if (!bind_channel(x, r)) return end(x, JUDGE_FAILED, "binding");
  bound = x->scram.binding.exporter_len || x->scram.binding.endpoint_len;
  x->scram.plus = x->mechanism == EXCHANGE_SCRAM_PLUS;
  /* who knows the channel offers -PLUS; without a binding it is no offer */
  x->scram.offer_plus = bound && r->set & EXCHANGE_BIT(EXCHANGE_SCRAM_PLUS);
  if (x->scram.plus && !bound) return end(x, JUDGE_FAILED, "binding");
  x->state = STATE_FIRST;
  return EXCHANGE_CONT;
}

static enum exchange_step start_external(struct exchange *x)
{
  if (!x->judge->known) return end(x, JUDGE_FAILED, "mechanism");
  if (!x->certified) return end(x, JUDGE_WRONG, "certificate");
  if (!set_user(x, x->certified, strlen(x->certified))) return memory(x);
  x->state = STATE_AUTHZID;
  return EXCHANGE_CONT;
}

static enum sasl_mechanism as_sasl(enum exchange_mechanism m)
{
  switch (m) {
  case EXCHANGE_PLAIN: return SASL_PLAIN;
  case EXCHANGE_LOGIN: return SASL_LOGIN;
  case EXCHANGE_CRAM_MD5: return SASL_CRAM_MD5;
  default: return SASL_NONE;
  }
}

static enum exchange_step begin(struct exchange *x,
                                struct exchange_request const *r, stralloc *out)
{
  enum sasl_mechanism m = as_sasl(x->mechanism);
  size_t len = r->initial ? strlen(r->initial) : 0;
  enum exchange_step step;

  if (m != SASL_NONE)
    return take_sasl(x, sasl_start(&x->sasl, m, r->host, r->initial, len, out));
  step =
      x->mechanism == EXCHANGE_EXTERNAL ? start_external(x) : start_scram(x, r);
  if (step != EXCHANGE_CONT || !r->initial) return step;
  return decode(x, r->initial, len, out);
}

/* Move a string into text, which has room for it. */
static void move(struct exchange *x, char const **s)
{
  size_t n = *s ? strlen(*s) + 1 : 0;

  if (!*s) return;
  memcpy(x->text.s + x->text.len, *s, n);
  *s = x->text.s + x->text.len;
  x->text.len += n;
}

static size_t room(char const *s) { return s ? strlen(s) + 1 : 0; }

static int copy(struct exchange *x, struct exchange_request const *r)
{
  struct judge_case *a = &x->about;

  *a = r->about;
  a->user = 0;
  a->mechanism = r->mechanism;
  if (x->mechanism < EXCHANGE_MECHANISMS) a->mechanism = names[x->mechanism];
  x->certified = r->certified && *r->certified ? r->certified : 0;
  if (!stralloc_ready(&x->text, 1 + room(a->mechanism) + room(a->service) +
                                    room(a->session) + room(a->remote_ip) +
                                    room(a->local_ip) + room(x->certified)))
    return 0;
  move(x, &a->mechanism);
  move(x, &a->service);
  move(x, &a->session);
  move(x, &a->remote_ip);
  move(x, &a->local_ip);
  move(x, &x->certified);
  return 1;
}

enum exchange_step exchange_start(struct exchange *x, struct judge const *judge,
                                  struct exchange_request const *r,
                                  stralloc *out)
{
  exchange_free(x);
  out->len = 0;
  x->judge = judge;
  x->final_ok = r->final_ok;
  x->mechanism = exchange_find(r->mechanism, strlen(r->mechanism));
  if (!copy(x, r)) {
    x->about = (struct judge_case){.mechanism = "none"};
    return memory(x);
  }
  if (x->mechanism == EXCHANGE_MECHANISMS ||
      !(r->set & EXCHANGE_BIT(x->mechanism)))
    return end(x, JUDGE_FAILED, "mechanism");
  return begin(x, r, out);
}

enum exchange_step exchange_feed(struct exchange *x, char const *line,
                                 size_t len, stralloc *out)
{
  out->len = 0;
  if (x->state == STATE_OVER) return syntax(x);
  if (x->state == STATE_SASL)
    return take_sasl(x, sasl_feed(&x->sasl, line, len, out));
  return decode(x, line, len, out);
}

void exchange_free(struct exchange *x)
{
  sasl_free(&x->sasl);
  scram_free(&x->scram);
  stralloc_free(&x->text);
  stralloc_free(&x->user);
  *x = (struct exchange){.state = STATE_OVER};
}
