#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "text.h"

#define DAY 86400

/* Who a session belongs to; in the place of an older one if need be. */
struct ledger_session {
  uint64_t hash;
  enum ledger_kind kind;
  size_t n;
  char *name;
};

static struct {
  char const *name;
  char const *prefix; /* in front of the name in a line, or all of it */
  int kind;           /* -1: it has no names */
} const rights[] = {
    [LEDGER_LOCAL] = {"local", "local", -1},
    [LEDGER_BY_AUTH] = {"auth", "auth:", LEDGER_USER},
    [LEDGER_BY_GRANT] = {"grant", "grant:", LEDGER_GRANT},
    [LEDGER_BY_CERT] = {"cert", "cert:", LEDGER_CERT},
    [LEDGER_BY_RULE] = {"rule", "rule:", LEDGER_RULE},
    [LEDGER_BACKUP] = {"backup", "backup", -1},
    [LEDGER_ENV] = {"env", "env", -1},
    [LEDGER_NONE] = {"none", "", -1},
};

char const *ledger_right_name(enum ledger_right r) { return rights[r].name; }

char const *ledger_kind_name(enum ledger_kind k)
{
  static char const *const names[] = {"user", "grant",   "cert",
                                      "rule", "address", "refusal"};

  return names[k];
}

int ledger_init(struct ledger *g, int64_t only, size_t accounts,
                size_t addresses)
{
  memset(g, 0, sizeof *g);
  g->only = only;
  g->session = calloc(LEDGER_SESSIONS, sizeof *g->session);
  if (!g->session) return 0;
  for (int k = 0; k < LEDGER_KINDS; k++) {
    int account = k == LEDGER_USER || k == LEDGER_GRANT;

    if (!tally_init(g->kind + k, account ? accounts : addresses, account))
      return 0;
  }
  return 1;
}

void ledger_free(struct ledger *g)
{
  for (size_t i = 0; g->session && i < LEDGER_SESSIONS; i++)
    free(g->session[i].name);
  free(g->session);
  for (int k = 0; k < LEDGER_KINDS; k++)
    tally_free(g->kind + k);
  memset(g, 0, sizeof *g);
}

/* ---- whose session ---- */

static struct ledger_session *
session_of(struct ledger *g, struct logline const *l, uint64_t *hash)
{
  struct logline_span const *v = logline_get(l, "session");

  *hash = v ? distinct_hash(v->s, v->n) : 0;
  return g->session + *hash % LEDGER_SESSIONS;
}

static int remember(struct ledger *g, struct logline const *l,
                    enum ledger_kind kind, struct logline_span const *name)
{
  uint64_t hash;
  struct ledger_session *s = session_of(g, l, &hash);
  char *copy = malloc(name->n + 1);

  if (!copy) return 0;
  memcpy(copy, name->s, name->n);
  free(s->name);
  *s = (struct ledger_session){hash, kind, name->n, copy};
  return 1;
}

static void forget(struct ledger *g, struct logline const *l)
{
  uint64_t hash;
  struct ledger_session *s = session_of(g, l, &hash);

  if (s->hash != hash) return;
  free(s->name);
  *s = (struct ledger_session){0};
}

/* ---- what a line adds ---- */

struct entry {
  struct ledger *g;
  struct logline const *l;
  int64_t day;
  int counts; /* or it is only of interest for habits */
};

static enum ledger_right right_of(struct logline const *l,
                                  struct logline_span *name)
{
  struct logline_span const *v = logline_get(l, "relay");

  for (int r = 0; v && r < LEDGER_NONE; r++) {
    size_t n = strlen(rights[r].prefix);

    if (v->n < n || memcmp(v->s, rights[r].prefix, n)) continue;
    if (rights[r].kind < 0 && v->n != n) continue;
    *name = (struct logline_span){v->s + n, v->n - n};
    return (enum ledger_right)r;
  }
  return LEDGER_NONE;
}

/* Users write their names as they like. */
static struct logline_span folded(enum ledger_kind kind,
                                  struct logline_span const *name,
                                  char buf[TALLY_NAME_MAX])
{
  size_t n = name->n < TALLY_NAME_MAX ? name->n : TALLY_NAME_MAX;

  if (kind != LEDGER_USER && kind != LEDGER_GRANT) return *name;
  memcpy(buf, name->s, n);
  text_lower(buf, n);
  return (struct logline_span){buf, n};
}

static int add_to(struct entry *x, enum ledger_kind kind,
                  struct logline_span const *name,
                  struct tally_figures const *f)
{
  char buf[TALLY_NAME_MAX];
  struct logline_span key = folded(kind, name, buf);
  struct logline_span const *ip = logline_get(x->l, "ip");
  struct tally_entry *e = tally_get(x->g->kind + kind, key.s, key.n);
  struct tally_day *d;

  if (!e) return 0;
  d = tally_day(e, x->day);
  if (d) d->rcpts += f->rcpts;
  /* who is refused has not relayed from there */
  if (e->habit && !f->refused && ip &&
      distinct_add(&e->habit->addresses, ip->s, ip->n) && d)
    d->fresh++;
  if (!x->counts) return 1;
  tally_add(&e->f, f);
  tally_seen(e, x->l->seconds);
  return 1;
}

static int add_address(struct entry *x, struct tally_figures const *f)
{
  struct logline_span const *ip = logline_get(x->l, "ip");

  if (!x->counts) return 1;
  tally_add(&x->g->total, f);
  return !ip || add_to(x, LEDGER_ADDRESS, ip, f);
}

static int add_right(struct entry *x, struct tally_figures const *f)
{
  struct logline_span name;
  enum ledger_right r = right_of(x->l, &name);

  if (x->counts) tally_add(x->g->right + r, f);
  return rights[r].kind < 0 ||
         add_to(x, (enum ledger_kind)rights[r].kind, &name, f);
}

static int add_refusal(struct entry *x)
{
  static struct tally_figures const one = {.refused = 1};
  struct logline_span const *why = logline_get(x->l, "why");
  uint64_t hash;
  struct ledger_session const *s = session_of(x->g, x->l, &hash);

  if (!x->counts) return 1;
  if (!why) why = logline_get(x->l, "reason");
  if (why && !add_to(x, LEDGER_WHY, why, &one)) return 0;
  if (s->name && s->hash == hash) {
    struct logline_span name = {s->name, s->n};

    if (!add_to(x, s->kind, &name, &one)) return 0;
  }
  return add_address(x, &one);
}

static int on_rcpt(struct entry *x)
{
  static struct tally_figures const one = {.rcpts = 1};
  struct logline_span const *code = logline_get(x->l, "code");
  struct logline_span name;
  int timed = x->counts && x->day;
  struct ledger_hour *h = x->g->hour + (timed ? x->l->seconds % DAY / 3600 : 0);

  if (!code || !code->n || code->s[0] != '2') {
    if (timed) h->refused++;
    return add_refusal(x);
  }
  if (timed && right_of(x->l, &name) == LEDGER_LOCAL)
    h->local++;
  else if (timed)
    h->relayed++;
  return add_right(x, &one) && add_address(x, &one);
}

static int on_queued(struct entry *x)
{
  struct tally_figures f = {.messages = 1};

  if (!logline_number(x->l, "size", &f.bytes)) f.bytes = 0;
  return add_right(x, &f) && add_address(x, &f);
}

static int on_auth(struct entry *x)
{
  static struct tally_figures const none = {0}, wrong = {.wrong = 1};
  struct logline_span const *user = logline_get(x->l, "user");
  struct logline_span const *result = logline_get(x->l, "result");
  char buf[TALLY_NAME_MAX];
  struct logline_span key;
  struct tally_entry *e;

  if (!user || !result) return 1;
  if (logline_equal(result, "ok"))
    return remember(x->g, x->l, LEDGER_USER, user) &&
           add_to(x, LEDGER_USER, user, &none);
  if (!x->counts || !logline_equal(result, "wrong")) return 1;
  key = folded(LEDGER_USER, user, buf);
  e = tally_look(x->g->kind + LEDGER_USER, key.s, key.n);
  /* whoever it was, it need not be the account's address */
  if (e) e->f.wrong++;
  return add_address(x, &wrong);
}

static int on_grant(struct entry *x)
{
  struct logline_span const *user = logline_get(x->l, "user");

  return !user || remember(x->g, x->l, LEDGER_GRANT, user);
}

static int on_end(struct entry *x)
{
  x->g->sessions += (uint64_t)x->counts;
  forget(x->g, x->l);
  return 1;
}

static int on_refused(struct entry *x) { return add_refusal(x); }

static struct {
  char const *program, *event;
  int (*run)(struct entry *x);
} const events[] = {
    {"smtpd", "rcpt", on_rcpt},       {"smtpd", "queued", on_queued},
    {"smtpd", "refused", on_refused}, {"smtpd", "auth", on_auth},
    {"smtpd", "end", on_end},         {"grant-check", "grant", on_grant},
};

static int take(struct ledger *g, struct logline const *l)
{
  struct entry x = {g, l, 0, 1};
  size_t i = 0, n = sizeof events / sizeof *events;

  while (i < n && !logline_is(l, events[i].program, events[i].event))
    i++;
  if (i == n) return 1;
  if (l->clock != LOGLINE_UNTIMED && l->seconds > 0) x.day = l->seconds / DAY;
  if (g->only && x.day > g->only) return 1;
  if (x.day > g->last_day) g->last_day = x.day;
  x.counts = !g->only || x.day == g->only;
  if (x.counts && x.day) {
    if (!g->first || l->seconds < g->first) g->first = l->seconds;
    if (l->seconds > g->last) g->last = l->seconds;
    if (l->clock == LOGLINE_WALL) g->wall = 1;
  }
  return events[i].run(&x);
}

int ledger_feed(struct ledger *g, char const *s, size_t n)
{
  char const *end = s + n;

  while (s < end) {
    char const *lf = memchr(s, '\n', (size_t)(end - s));
    size_t len = (size_t)((lf ? lf : end) - s);
    struct logline l;

    if (logline_scan(&l, s, len)) {
      g->lines++;
      if (!take(g, &l)) return 0;
    } else
      g->foreign++;
    s += len + 1;
  }
  return 1;
}

void ledger_end(struct ledger *g)
{
  for (int k = 0; k < LEDGER_KINDS; k++) {
    tally_sort(g->kind + k);
    tally_trim(g->kind + k);
  }
}

/* ---- findings ---- */

uint64_t ledger_unexplained(struct ledger const *g)
{
  return g->right[LEDGER_ENV].rcpts + g->right[LEDGER_NONE].rcpts;
}

/* The days before that one, into f; returns how many. */
static unsigned int days_before(struct tally_habit const *h, int64_t day,
                                struct ledger_finding *f)
{
  unsigned int n = 0;
  struct tally_day const *first = 0;

  for (size_t i = 0; i < TALLY_DAYS; i++) {
    struct tally_day const *d = h->day + i;

    if (!d->rcpts || d->day >= day || d->day <= day - TALLY_DAYS) continue;
    n++;
    if (d->rcpts > f->usual) f->usual = d->rcpts;
    if (!first || d->day < first->day) first = d;
  }
  for (size_t i = 0; i < TALLY_DAYS; i++) {
    struct tally_day const *d = h->day + i;

    if (d == first || d->day >= day || d->day <= day - TALLY_DAYS) continue;
    if (d->fresh > f->usual_fresh) f->usual_fresh = d->fresh;
  }
  return n;
}

int64_t ledger_day(struct ledger const *g)
{
  return g->only ? g->only : g->last_day;
}

int ledger_habit(struct ledger const *g, enum ledger_kind kind,
                 struct tally_entry const *e, struct ledger_finding *f)
{
  int64_t day = ledger_day(g);
  struct tally_day const *d;

  *f = (struct ledger_finding){.kind = kind, .account = e};
  if (!e->habit || day <= 0) return 0;
  d = e->habit->day + day % TALLY_DAYS;
  if (d->day != day) return 0;
  f->days = days_before(e->habit, day, f);
  f->rcpts = d->rcpts;
  f->fresh = d->fresh;
  return f->days >= LEDGER_DAYS &&
         ((f->rcpts >= LEDGER_RCPTS && f->rcpts > LEDGER_TIMES * f->usual) ||
          (f->fresh >= LEDGER_FRESH &&
           f->fresh > LEDGER_TIMES * f->usual_fresh));
}

size_t ledger_habits(struct ledger const *g, size_t *judged)
{
  size_t left = 0;

  *judged = 0;
  for (int k = LEDGER_USER; k <= LEDGER_GRANT; k++)
    for (size_t i = 0; i < g->kind[k].n; i++) {
      struct ledger_finding f;

      left +=
          (size_t)ledger_habit(g, (enum ledger_kind)k, g->kind[k].e + i, &f);
      *judged += f.days >= LEDGER_DAYS;
    }
  return left;
}
