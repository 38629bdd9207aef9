#include "examrules.h"

#include <string.h>

#include <skalibs/stralloc.h>

#include "addr.h"
#include "rule.h"
#include "rulefile.h"

/* What a plain tcpserver's rules have of postern-clean. */
#define GRANT "RELAYREASON=grant:"

struct comparing {
  struct exam_rules const *x;
  size_t n; /* records of the source */
  int differs;
  char key[RULE_KEY_MAX]; /* the first that is another in the CDB */
  size_t klen;
};

static void recompile(struct findings *f, struct exam_rules const *x)
{
  stralloc tmp = STRALLOC_ZERO;

  if (!x->source) {
    finding_hint(f, "compile its source with postern-tcprules");
    return;
  }
  if (stralloc_cats(&tmp, x->cdb) && stralloc_cats(&tmp, ".tmp") &&
      stralloc_0(&tmp))
    COMMAND(f, "postern-tcprules -f % % %", x->source, x->cdb, tmp.s);
  stralloc_free(&tmp);
}

/* --- source and CDB --- */

static int compare(void *arg, char const *key, size_t klen, char const *data,
                   size_t dlen)
{
  struct comparing *c = arg;
  char const *is;
  size_t n;

  c->n++;
  if (c->differs || !c->x->live) return 1;
  if (cdbmap_find(c->x->live, key, klen, &is, &n) == 1 && n == dlen &&
      (!n || !memcmp(is, data, n)))
    return 1;
  c->differs = 1;
  c->klen = klen < sizeof c->key ? klen : sizeof c->key;
  memcpy(c->key, key, c->klen);
  return 1;
}

static size_t line_of(rulefile const *f, char const *key, size_t klen)
{
  char const *k;
  uint32_t line;
  size_t pos = 0, n;

  while (rulefile_next(f, &pos, &line, &k, &n))
    if (n == klen && !memcmp(k, key, n)) return line;
  return 0;
}

/* Records that are not there by a grant. */
static size_t count(cdbmap const *m)
{
  char const *key, *data;
  uint32_t pos = 0;
  size_t n = 0, klen, dlen;

  while (cdbmap_next(m, &pos, &key, &klen, &data, &dlen) == 1)
    n += !memmem(data, dlen, GRANT, sizeof GRANT - 1);
  return n;
}

static void problems(struct findings *f, struct exam_rules const *x,
                     rulefile const *r)
{
  struct rulefile_problem const *p =
      genalloc_s(struct rulefile_problem, &r->problems);

  for (size_t i = 0; i < genalloc_len(struct rulefile_problem, &r->problems);
       i++) {
    struct place at = {x->source, p[i].line};

    if (p[i].fatal) {
      FINDING(f, FAULT, at, "the rules cannot be compiled: ", p[i].why, "");
      finding_hint(f, "mend the line, and compile with postern-tcprules");
    } else {
      FINDING(f, DANGER, at, "the rule ", p[i].why, "");
      finding_hint(f, "name the addresses that are meant, and compile with "
                      "postern-tcprules");
    }
  }
}

static void source(struct findings *f, struct exam_rules const *x, rulefile *r)
{
  struct comparing c = {.x = x};

  rulefile_init(r, compare, &c);
  if (!rulefile_compile(r, x->text, x->n) || !rulefile_finish(r)) {
    f->nomem = 1;
    return;
  }
  problems(f, x, r);
  if (r->fatal || !x->live) return;
  if (c.differs) {
    FINDING(f, FAULT, ((struct place){x->source, line_of(r, c.key, c.klen)}),
            "not what was compiled into ", x->cdb, ", which is in force");
    recompile(f, x);
  } else if (c.n != count(x->live)) {
    FINDING(f, FAULT, ((struct place){x->cdb, 0}), "has rules that are not in ",
            x->source, "");
    recompile(f, x);
  }
}

/* --- what is in force --- */

/* 1 if it sets that variable, and to value if that is not 0; -1: it denies. */
static int sets(struct rule_match const *m, char const *name, char const *value)
{
  size_t pos = 0, n = strlen(name);
  enum rule_item item;
  char const *env;
  int found = 0;

  while ((item = rule_item(m, &pos, &env)) > RULE_END) {
    if (item == RULE_DENY) return -1;
    if (strncmp(env, name, n) || env[n] != '=') continue;
    if (!value || !strcmp(env + n + 1, value)) found = 1;
  }
  return found;
}

static struct place place(struct exam_rules const *x, rulefile const *r,
                          struct rule_match const *m)
{
  size_t line = r ? line_of(r, m->key, m->klen) : 0;

  return line ? (struct place){x->source, line} : (struct place){x->cdb, 0};
}

static void everybody(struct findings *f, struct exam_rules const *x,
                      rulefile const *r)
{
  struct rule_match m = {.klen = 0};

  if (cdbmap_find(x->live, "", 0, &m.data, &m.dlen) != 1) return;
  /* the source has been blamed for it */
  if (!r && sets(&m, "RELAYCLIENT", 0) > 0) {
    FINDING(f, DANGER, place(x, r, &m),
            "the rule lets everybody relay: an open relay");
    finding_hint(f, "name the addresses that are meant, and compile with "
                    "postern-tcprules");
  }
  if (sets(&m, "POSTERN_PLAINAUTH", "ok") > 0) {
    FINDING(f, ADVICE, place(x, r, &m),
            "everybody may send his password in clear");
    finding_hint(f, "leave POSTERN_PLAINAUTH to the addresses that need it, "
                    "and compile with postern-tcprules");
  }
}

static void gateway(struct findings *f, struct exam_rules const *x,
                    rulefile const *r, ip46 const *ip)
{
  struct rule_client c = {.ip = *ip};
  char s[ADDR_FMT];
  struct rule_match m;

  if (rule_find(x->live, &c, &m) != RULE_MATCH || !m.klen ||
      sets(&m, "RELAYCLIENT", 0) <= 0 || sets(&m, "POSTERN_GATEWAY", "ok") > 0)
    return;
  s[addr_fmt(s, ip)] = 0;
  FINDING(f, DANGER, place(x, r, &m), "the rule lets ", s,
          " relay, the gateway: where it forwards ports, everybody has that "
          "address");
  finding_hint(f, "give the gateway a rule of its own, without RELAYCLIENT; or "
                  "if it is meant, add POSTERN_GATEWAY=\"ok\"");
}

void exam_rules(struct findings *f, struct exam_rules const *x)
{
  rulefile r;

  if (!x->live) {
    FINDING(f, FAULT, ((struct place){x->cdb, 0}),
            "refuses every client: ", x->why, "");
    recompile(f, x);
  }
  if (x->source) source(f, x, &r);
  if (x->live) {
    everybody(f, x, x->source ? &r : 0);
    for (size_t i = 0; i < x->ngateway; i++)
      gateway(f, x, x->source ? &r : 0, x->gateway + i);
  }
  if (x->source) rulefile_free(&r);
}
