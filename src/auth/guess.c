#include <string.h>

#include <skalibs/types.h>

#include "grant.h"
#include "guess.h"
#include "text.h"

#define KEY_MAX 256       /* "pair=", a network, "+", a name, NUL */
#define FAILURES_MAX 9999 /* no more is shown, and no limit is higher */
#define HASH_HEX 16
#define MARK "ok"
#define MARK_OLD 86400 /* seconds after which a mark is renewed */
#define PER_ACCOUNT 4  /* failures for an account that are a second */
#define BUDGET "new"

_Static_assert(GUESS_NET >= GRANT_KEY_MAX, "a network has room");

struct key {
  size_t len;
  char s[KEY_MAX];
};

int guess_net(char net[GUESS_NET], char const *ip)
{
  ip46 a;

  if (!addr_scan(ip, &a)) return 0;
  grant_key(net, &a, GRANT_BITS6);
  return 1;
}

void guess_name(char name[GUESS_NAME + 1], char const *user)
{
  char escaped[STORE_NAME_MAX];
  size_t len = strlen(user), keep = len, n;

  if (len <= GUESS_NAME && store_escape(escaped, GUESS_NAME, &n, user, len)) {
    memcpy(name, user, len + 1);
    text_lower(name, len);
    return;
  }
  n = GUESS_NAME - HASH_HEX - 3;
  if (keep > n) keep = n;
  while (!store_escape(escaped, n, &(size_t){0}, user, keep))
    keep--;
  memcpy(name, user, keep);
  text_lower(name, keep);
  memcpy(name + keep, "...", 3);
  /* two long names that meet share their counts, no more */
  uint640_xfmt(name + keep + 3, text_hash(user, len), HASH_HEX);
  name[keep + 3 + HASH_HEX] = 0;
}

static void put(struct key *k, char const *s)
{
  size_t n = strlen(s);

  memcpy(k->s + k->len, s, n);
  k->len += n;
}

static void make_key(struct key *k, enum guess_kind kind, char const *net,
                     char const *user)
{
  static char const *const prefix[] = {"from=", "user=", "pair=", BUDGET};

  k->len = 0;
  put(k, prefix[kind]);
  if (kind == GUESS_FROM || kind == GUESS_PAIR) put(k, net);
  if (kind == GUESS_PAIR) put(k, "+");
  if (kind == GUESS_USER || kind == GUESS_PAIR) put(k, user);
}

/* A payload that is a number; 0 if it is none. */
static unsigned int scan_count(struct store_record const *r)
{
  char s[UINT_FMT];
  unsigned int n;

  if (!r->len || r->len > 4 || r->payload[0] == '0') return 0;
  memcpy(s, r->payload, r->len);
  s[r->len] = 0;
  return uint0_scan(s, &n) ? n : 0;
}

/* --- counting --- */

/* One change of a count: what it is asked, and what it answers. */
struct count {
  unsigned int limit; /* 0: none */
  unsigned int window;
  int make; /* may a new one be made? */
  struct guess_step step;
  unsigned int n;
  enum { COUNTED, OVER, MISSING } result;
};

static enum store_change count_up(enum store_found found,
                                  struct store_record *r, uint64_t now,
                                  void *data)
{
  struct count *c = data;

  c->n = found == STORE_FRESH ? scan_count(r) : 0;
  c->result = OVER;
  if (c->limit && c->n >= c->limit) return STORE_KEEP;
  c->result = MISSING;
  if (found != STORE_FRESH && !c->make) return STORE_KEEP;
  c->result = COUNTED;
  c->step.counted = 1;
  c->step.was = found == STORE_FRESH ? r->set : 0;
  c->step.set = r->set = now;
  if (c->n < FAILURES_MAX) c->n++;
  r->ttl = c->window;
  r->len = uint_fmt(r->payload, c->n);
  return STORE_SET;
}

/* The count lives as long as it would have without this attempt, unless
   somebody else counted meanwhile. */
static enum store_change count_down(enum store_found found,
                                    struct store_record *r, uint64_t now,
                                    void *data)
{
  struct guess_step const *s = data;
  unsigned int n = scan_count(r);

  (void)now;
  if (found != STORE_FRESH) return STORE_KEEP;
  if (n <= 1) return STORE_REMOVE;
  r->len = uint_fmt(r->payload, n - 1);
  if (s->was && r->set == s->set) r->set = s->was;
  return STORE_SET;
}

/* Its time to live is not begun anew. */
static enum store_change count_new(enum store_found found,
                                   struct store_record *r, uint64_t now,
                                   void *data)
{
  struct count *c = data;
  char s[UINT_FMT];
  unsigned int n = 0;

  if (found == STORE_FRESH && r->len < sizeof s) {
    memcpy(s, r->payload, r->len);
    s[r->len] = 0;
    uint0_scan(s, &n);
  } else {
    r->set = now;
    r->ttl = c->window;
  }
  c->make = n < GUESS_NEW;
  if (!c->make) return STORE_KEEP;
  r->len = uint_fmt(r->payload, n + 1);
  return STORE_SET;
}

static int change(struct guess *g, struct key const *k, store_change_by *by,
                  void *data)
{
  if (store_change(&g->store, k->s, k->len, by, data)) return 1;
  g->why = store_why(&g->store);
  return 0;
}

static int try_count(struct guess *g, struct key const *k, struct count *c)
{
  struct key budget;

  c->window = g->policy.window;
  if (!change(g, k, count_up, c)) return 0;
  if (c->result != MISSING) return 1;
  make_key(&budget, GUESS_BUDGET, 0, 0);
  if (!change(g, &budget, count_new, c)) return 0;
  if (c->make) return change(g, k, count_up, c);
  g->why = "too many new addresses and names";
  return 0;
}

static int count(struct guess *g, struct key const *k, struct count *c)
{
  if (try_count(g, k, c)) return 1;
  c->step.counted = 0;
  return 0;
}

static void take_back(struct guess *g, struct key const *k,
                      struct guess_step *s)
{
  if (s->counted) change(g, k, count_down, s);
  s->counted = 0;
}

/* --- the questions --- */

int guess_open(struct guess *g, char const *word)
{
  g->why = 0;
  g->open = store_open(&g->store, word, STORE_ALL);
  if (!g->open) g->why = store_why(&g->store);
  return g->open;
}

void guess_close(struct guess *g)
{
  if (g->open) store_close(&g->store);
  g->open = 0;
}

char const *guess_why(struct guess const *g) { return g->why; }

/* The keys of an attempt. */
struct keys {
  int has_net;
  struct key from;
  struct key user;
  struct key pair;
};

static void make_keys(struct keys *k, char const *ip, char const *user)
{
  char net[GUESS_NET], name[GUESS_NAME + 1];

  guess_name(name, user);
  make_key(&k->user, GUESS_USER, 0, name);
  k->has_net = ip && guess_net(net, ip);
  if (!k->has_net) return;
  make_key(&k->from, GUESS_FROM, net, 0);
  make_key(&k->pair, GUESS_PAIR, net, name);
}

/* The seconds that are left of a mark. */
static uint64_t marked(struct guess *g, struct keys const *k)
{
  struct store_record r;
  uint64_t now;

  if (!k->has_net) return 0;
  switch (store_get(&g->store, k->pair.s, k->pair.len, &r, &now)) {
  case STORE_ERROR: g->why = store_why(&g->store); return 0;
  case STORE_FRESH: return r.set + r.ttl - now;
  default: return 0;
  }
}

static unsigned int delay_of(unsigned int from, unsigned int account)
{
  unsigned int n = (account + PER_ACCOUNT - 1) / PER_ACCOUNT;

  if (n < from) n = from;
  return n < GUESS_DELAY_MAX ? n : GUESS_DELAY_MAX;
}

enum guess_verdict guess_ask(struct guess *g, char const *ip, char const *user,
                             unsigned int *delay)
{
  struct count from = {.n = 0}, account = {.n = 0};
  struct keys k;

  g->address.counted = g->account.counted = 0;
  *delay = GUESS_DELAY_MAX;
  if (!g->open) return GUESS_GO;
  g->why = 0;
  make_keys(&k, ip, user);
  if (!marked(g, &k)) {
    from.limit = g->policy.address;
    account.limit = g->policy.account;
  }
  if (k.has_net && count(g, &k.from, &from) && from.result == OVER)
    return GUESS_REFUSE;
  g->address = from.step;
  if (count(g, &k.user, &account) && account.result == OVER) {
    take_back(g, &k.from, &g->address);
    return GUESS_REFUSE;
  }
  g->account = account.step;
  if (!g->why) *delay = delay_of(from.n, account.n);
  return GUESS_GO;
}

void guess_void(struct guess *g, char const *ip, char const *user)
{
  struct keys k;

  if (!g->open) return;
  g->why = 0;
  make_keys(&k, ip, user);
  take_back(g, &k.from, &g->address);
  take_back(g, &k.user, &g->account);
}

void guess_right(struct guess *g, char const *ip, char const *user)
{
  struct store_record r = {.ttl = GUESS_MARK, .len = sizeof MARK - 1};
  struct keys k;

  if (!g->open) return;
  guess_void(g, ip, user);
  make_keys(&k, ip, user);
  if (!k.has_net || marked(g, &k) > GUESS_MARK - MARK_OLD) return;
  memcpy(r.payload, MARK, r.len);
  r.set = store_now();
  if (!store_put(&g->store, k.pair.s, k.pair.len, &r))
    g->why = store_why(&g->store);
}

/* --- showing and forgiving --- */

/* The bytes as a string that fits. */
static int keep(char *out, size_t max, char const *s, size_t n)
{
  if (!n || n >= max || memchr(s, 0, n)) return 0;
  memcpy(out, s, n);
  out[n] = 0;
  return 1;
}

static int keep_net(char net[GUESS_NET], char const *s, size_t n)
{
  char again[GUESS_NET], *slash;

  if (!keep(net, GUESS_NET, s, n)) return 0;
  slash = strchr(net, '/');
  if (slash) *slash = 0;
  if (!guess_net(again, net)) return 0;
  if (slash) *slash = '/';
  return !strcmp(net, again);
}

static int keep_pair(struct guess_entry *g, char const *s, size_t n)
{
  char const *plus = memchr(s, '+', n);

  return plus && keep_net(g->net, s, (size_t)(plus - s)) &&
         keep(g->user, sizeof g->user, plus + 1, n - (size_t)(plus - s) - 1);
}

static int has_prefix(struct store_entry const *e, char const *prefix)
{
  return e->klen > 5 && !memcmp(e->key, prefix, 5);
}

int guess_from(struct guess_entry *g, struct store_entry const *e)
{
  if (!e->record) return 0;
  g->net[0] = g->user[0] = 0;
  g->set = e->record->set;
  g->ttl = e->record->ttl;
  g->failures = scan_count(e->record);
  if (has_prefix(e, "pair=")) {
    g->kind = GUESS_PAIR;
    return keep_pair(g, e->key + 5, e->klen - 5);
  }
  if (has_prefix(e, "from=")) {
    g->kind = GUESS_FROM;
    return g->failures && keep_net(g->net, e->key + 5, e->klen - 5);
  }
  if (has_prefix(e, "user=")) {
    g->kind = GUESS_USER;
    return g->failures &&
           keep(g->user, sizeof g->user, e->key + 5, e->klen - 5);
  }
  g->kind = GUESS_BUDGET;
  return e->klen == sizeof BUDGET - 1 && !memcmp(e->key, BUDGET, e->klen);
}

struct forgiving {
  struct guess_entry *g;
  int alive;
};

static int forgiven(struct store_entry const *e, void *data)
{
  struct forgiving *f = data;

  if (!guess_from(f->g, e)) return 0;
  f->alive = store_fresh(e->record, store_now());
  return 1;
}

int guess_forgive(struct store *s, struct guess_entry *g)
{
  struct forgiving f = {.g = g};
  struct key k;
  int removed;

  make_key(&k, g->net[0] ? GUESS_FROM : GUESS_USER, g->net, g->user);
  removed = store_remove(s, k.s, k.len, forgiven, &f);
  return removed < 0 ? -1 : removed && f.alive;
}
