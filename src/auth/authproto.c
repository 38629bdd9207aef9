#include <string.h>

#include <skalibs/fmtscan.h>
#include <skalibs/types.h>

#include "authline.h"
#include "authproto.h"
#include "secret.h"

#define VERSION "VERSION\t1\t1\n"

/* What clients are told of the mechanisms, in Dovecot's words. */
static char const *const flags[] = {
    [EXCHANGE_PLAIN] = "\tplaintext",
    [EXCHANGE_LOGIN] = "\tplaintext",
    [EXCHANGE_CRAM_MD5] = "\tdictionary\tactive",
    [EXCHANGE_SCRAM] = "\tmutual-auth",
    [EXCHANGE_SCRAM_PLUS] = "\tmutual-auth",
    [EXCHANGE_EXTERNAL] = "",
};

static int stop(struct authproto *p, char const *why)
{
  p->why = why;
  return 0;
}

static int memory(struct authproto *p) { return stop(p, "out of memory"); }

static int put(stralloc *sa, char const *s) { return stralloc_cats(sa, s); }

static int put_number(stralloc *sa, char const *s, unsigned int u)
{
  char fmt[UINT_FMT];

  return put(sa, s) && stralloc_catb(sa, fmt, uint_fmt(fmt, u));
}

static int put_mechanisms(stralloc *sa, unsigned int set)
{
  for (enum exchange_mechanism m = 0; m < EXCHANGE_MECHANISMS; m++) {
    if (!(set & EXCHANGE_BIT(m))) continue;
    if (!put(sa, "MECH\t") || !put(sa, exchange_name(m)) ||
        !put(sa, flags[m]) || !put(sa, "\n"))
      return 0;
  }
  return 1;
}

int authproto_greet(stralloc *out, unsigned int set, unsigned int pid,
                    unsigned int connection,
                    unsigned char const cookie[AUTHPROTO_COOKIE])
{
  char hex[2 * AUTHPROTO_COOKIE + 1];

  hex[ucharn_fmt(hex, (char const *)cookie, AUTHPROTO_COOKIE)] = 0;
  return put(out, VERSION) && put_mechanisms(out, set) &&
         put_number(out, "SPID\t", pid) &&
         put_number(out, "\nCUID\t", connection) && put(out, "\nCOOKIE\t") &&
         put(out, hex) && put(out, "\nDONE\n");
}

void authproto_start(struct authproto *p,
                     struct authproto_settings const *settings)
{
  p->settings = settings;
}

/* The request of that number, or with 0 a free one; else 0. */
static struct authproto_request *find(struct authproto *p, unsigned int id)
{
  for (size_t i = 0; i < AUTHPROTO_REQUESTS; i++)
    if (p->request[i].id == id) return p->request + i;
  return 0;
}

static void forget(struct authproto_request *q)
{
  exchange_free(&q->x);
  stralloc_free(&q->reply);
  q->id = 0;
}

static int tell_cont(struct authproto *p, unsigned int id)
{
  return (put_number(&p->out, "CONT\t", id) && put(&p->out, "\t") &&
          stralloc_catb(&p->out, p->msg.s, p->msg.len) && put(&p->out, "\n")) ||
         memory(p);
}

/* Append the mechanism's last word; nothing if there is none. */
static int put_resp(struct authproto *p)
{
  return !p->msg.len ||
         (stralloc_0(&p->msg) && authline_param(&p->out, "resp", p->msg.s));
}

static int tell_ok(struct authproto *p, struct authproto_request *q)
{
  struct authproto_settings const *s = p->settings;
  char token[AUTHPROTO_TOKEN];
  int has_token = s->token && s->token(s->data, &q->x, token);

  return (put_number(&p->out, "OK\t", q->id) &&
          authline_param(&p->out, "user", q->x.about.user) &&
          (!has_token || authline_param(&p->out, "token", token)) &&
          put_resp(p) && put(&p->out, "\n")) ||
         memory(p);
}

static char const *public_reason(enum judge_result r)
{
  if (r == JUDGE_REFUSED) return "Too many failed logins, try again later";
  return r == JUDGE_FAILED ? "Temporary failure, try again later" : 0;
}

static int put_fail(stralloc *sa, unsigned int id, char const *user,
                    char const *temporary)
{
  if (user && strlen(user) > AUTHPROTO_USER) user = 0;
  return put_number(sa, "FAIL\t", id) && authline_param(sa, "user", user) &&
         (!temporary || authline_add(sa, "temp")) &&
         authline_param(sa, "reason", temporary) && put(sa, "\n");
}

/* All but the number is forgotten; the client hears of it in time. */
static int hold_back(struct authproto *p, struct authproto_request *q,
                     uint64_t now)
{
  struct exchange *x = &q->x;

  if (!put_fail(&q->reply, q->id, x->about.user, public_reason(x->result)))
    return memory(p);
  q->until = now + x->delay * UINT64_C(1000);
  exchange_free(x);
  return 1;
}

static int tell_fail(struct authproto *p, struct authproto_request *q,
                     uint64_t now)
{
  struct exchange *x = &q->x;

  if (x->delay && x->result != JUDGE_FAILED) return hold_back(p, q, now);
  if (!put_fail(&p->out, q->id, x->about.user, public_reason(x->result)))
    return memory(p);
  forget(q);
  return 1;
}

static int step(struct authproto *p, struct authproto_request *q,
                enum exchange_step s, uint64_t now)
{
  int r;

  if (s == EXCHANGE_CONT) return tell_cont(p, q->id);
  if (p->settings->told) p->settings->told(p->settings->data, &q->x);
  if (s == EXCHANGE_FAIL) return tell_fail(p, q, now);
  r = tell_ok(p, q);
  forget(q);
  return r;
}

static int take_version(struct authproto *p, struct authline const *l)
{
  if (p->version) return stop(p, "a second VERSION");
  if (l->n < 3 || authline_id(l, 1) != 1)
    return stop(p, "a version other than 1");
  p->version = 1;
  return 1;
}

static int take_cpid(struct authproto *p, struct authline const *l)
{
  if (p->cpid) return stop(p, "a second CPID");
  if (!authline_id(l, 1)) return stop(p, "CPID without a number");
  p->cpid = 1;
  return 1;
}

static struct exchange_request request(struct authproto const *p,
                                       struct authline const *l)
{
  struct exchange_request r = {
      .about = {.service = authline_get(l, 3, "service"),
                .session = authline_get(l, 3, "session"),
                .remote_ip = authline_get(l, 3, "rip"),
                .local_ip = authline_get(l, 3, "lip"),
                .no_penalty = !!authline_get(l, 3, "no-penalty")},
      .set = p->settings->set,
      .mechanism = l->word[2],
      .host = p->settings->host,
      .exporter = authline_get(l, 3, "tls-exporter"),
      .endpoint = authline_get(l, 3, "tls-server-end-point"),
      .initial = authline_get(l, 3, "resp"),
      .final_ok = !!authline_get(l, 3, "final-resp-ok"),
  };

  if (authline_get(l, 3, "valid-client-cert"))
    r.certified = authline_get(l, 3, "cert_username");
  return r;
}

static int take_auth(struct authproto *p, struct authline const *l,
                     uint64_t now)
{
  unsigned int id = authline_id(l, 1);
  struct authproto_request *q;
  struct exchange_request r;

  if (!id || l->n < 3) return stop(p, "AUTH without a number or a mechanism");
  if (find(p, id)) return stop(p, "AUTH with a number that is in use");
  q = find(p, 0);
  if (!q)
    return put_fail(&p->out, id, 0, public_reason(JUDGE_FAILED)) || memory(p);
  q->id = id;
  q->until = now + AUTHPROTO_EXCHANGE;
  r = request(p, l);
  return step(p, q, exchange_start(&q->x, &p->settings->judge, &r, &p->msg),
              now);
}

static int take_cont(struct authproto *p, struct authline const *l,
                     uint64_t now)
{
  unsigned int id = authline_id(l, 1);
  struct authproto_request *q;

  if (!id || l->n != 3) return stop(p, "CONT without a number or an answer");
  q = find(p, id);
  /* it took too long, and was forgotten */
  if (!q)
    return put_fail(&p->out, id, 0, public_reason(JUDGE_FAILED)) || memory(p);
  if (q->reply.len) return stop(p, "CONT that was not asked for");
  return step(p, q, exchange_feed(&q->x, l->word[2], l->len[2], &p->msg), now);
}

static int take_cancel(struct authproto *p, struct authline const *l)
{
  unsigned int id = authline_id(l, 1);
  struct authproto_request *q = id ? find(p, id) : 0;

  if (!id) return stop(p, "CANCEL without a number");
  if (q) forget(q);
  return 1;
}

static int take(struct authproto *p, struct authline const *l, uint64_t now)
{
  char const *command = l->word[0];

  if (strlen(command) != l->len[0]) return stop(p, "an unknown command");
  if (!strcmp(command, "VERSION")) return take_version(p, l);
  if (!p->version) return stop(p, "no VERSION");
  if (!strcmp(command, "CPID")) return take_cpid(p, l);
  if (!p->cpid) return stop(p, "no CPID");
  if (!strcmp(command, "AUTH")) return take_auth(p, l, now);
  if (!strcmp(command, "CONT")) return take_cont(p, l, now);
  if (!strcmp(command, "CANCEL")) return take_cancel(p, l);
  return stop(p, "an unknown command");
}

int authproto_line(struct authproto *p, char *line, size_t len, uint64_t now)
{
  struct authline l;
  int r;

  if (!authproto_due(p, now)) return 0;
  if (!authline_split(&l, line, len)) return stop(p, "too many words");
  r = take(p, &l, now);
  explicit_bzero(line, len);
  return r;
}

int authproto_due(struct authproto *p, uint64_t now)
{
  for (size_t i = 0; i < AUTHPROTO_REQUESTS; i++) {
    struct authproto_request *q = p->request + i;

    if (!q->id || q->until > now) continue;
    if (q->reply.len && !stralloc_catb(&p->out, q->reply.s, q->reply.len))
      return memory(p);
    forget(q);
  }
  return 1;
}

int authproto_next(struct authproto const *p, uint64_t *when)
{
  int any = 0;

  for (size_t i = 0; i < AUTHPROTO_REQUESTS; i++) {
    struct authproto_request const *q = p->request + i;

    if (!q->id || (any && q->until >= *when)) continue;
    *when = q->until;
    any = 1;
  }
  return any;
}

void authproto_free(struct authproto *p)
{
  for (size_t i = 0; i < AUTHPROTO_REQUESTS; i++)
    forget(p->request + i);
  secret_free(&p->out);
  secret_free(&p->msg);
}
