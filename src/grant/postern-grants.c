/*
 * postern-grants: show and revoke grants, make their store.
 *
 * reads   the store
 * writes  stdout: the grants that are alive, or those that were revoked; the
 *         store, when it revokes or makes
 * exits   0 done, even if there was nothing; 100 wrong usage; 111 the store
 *         cannot be read or changed, or stdout not written
 */
#include <string.h>

#include <skalibs/buffer.h>
#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "grant.h"
#include "store.h"
#include "text.h"

#define USAGE                                                                  \
  "postern-grants [ -k ] store [ list | revoke-user user | revoke-ip address " \
  "| revoke-all | make | make-sharded ]"
#define dieusage() strerr_dieusage(100, USAGE)

#define FIELD_MAX (4 * GRANT_USER_MAX)

struct job {
  struct store store;
  char const *word;
  char const *user; /* what to revoke: this user's grants ... */
  ip46 ip;          /* ... or those that cover this address, if by_ip ... */
  int by_ip;        /* ... or, with neither, all */
  int pairs;
  int failed;
  size_t seen;
  size_t alien;
  struct grant last; /* that was removed */
};

static void put(char const *s, size_t n)
{
  if (buffer_put(buffer_1small, s, n) < 0)
    strerr_diefusys(111, "write to stdout");
}

static void put_string(char const *s) { put(s, strlen(s)); }

static void put_number(uint64_t u)
{
  char s[UINT64_FMT];
  put(s, uint64_fmt(s, u));
}

static void pad(size_t len, size_t width)
{
  do
    put(" ", 1);
  while (++len < width);
}

static size_t fmt_user(char s[FIELD_MAX], struct grant const *g)
{
  return text_escape(s, FIELD_MAX, g->user, strlen(g->user));
}

static void show_pairs(char const *net, struct grant const *g, uint64_t now)
{
  char user[FIELD_MAX];

  put_string("ip=");
  put_string(net);
  put_string(" user=");
  put(user, fmt_user(user, g));
  put_string(" set=");
  put_number(g->set);
  put_string(" ttl=");
  put_number(g->ttl);
  put_string(" left=");
  put_number(grant_left(g, g->ttl, now));
  put_string("\n");
}

static void show_text(char const *net, struct grant const *g, uint64_t now)
{
  char user[FIELD_MAX];
  size_t n = fmt_user(user, g);

  put_string(net);
  pad(strlen(net), 24);
  put(user, n);
  pad(n, 32);
  put_number(grant_left(g, g->ttl, now));
  put_string(" s left\n");
}

static void show(struct job const *j, struct grant const *g)
{
  char net[GRANT_KEY_MAX];
  uint64_t now = store_now();

  grant_key(net, &g->ip, g->bits);
  if (j->pairs)
    show_pairs(net, g, now);
  else
    show_text(net, g, now);
}

static int list_one(struct store_entry const *e, void *data)
{
  struct job *j = data;
  struct grant g;

  if (!grant_from(&g, e))
    j->alien++;
  else if (grant_left(&g, g.ttl, store_now()))
    show(j, &g);
  return 1;
}

static int is_meant(struct job const *j, struct grant const *g)
{
  if (j->by_ip) return addr_inside(&j->ip, &g->ip, g->bits);
  if (!j->user) return 1;
  return text_equal(g->user, strlen(g->user), j->user, strlen(j->user));
}

/* Called with the lock held, with what is about to be removed. */
static int is_doomed(struct store_entry const *e, void *data)
{
  struct job *j = data;

  return grant_from(&j->last, e) && is_meant(j, &j->last);
}

static int revoke_one(struct store_entry const *e, void *data)
{
  struct job *j = data;
  int removed;

  if (!grant_from(&j->last, e)) {
    j->alien++;
    return 1;
  }
  if (!is_meant(j, &j->last)) return 1;
  removed = store_remove(&j->store, e->key, e->klen, is_doomed, j);
  if (removed < 0) j->failed = 1;
  if (removed > 0 && grant_left(&j->last, j->last.ttl, store_now())) {
    show(j, &j->last);
    j->seen++;
  }
  return removed >= 0;
}

static void each(struct job *j, store_visit *visit, char const *verb)
{
  char n[SIZE_FMT];

  if (!store_open(&j->store, j->word, STORE_ALL))
    strerr_diefu(111, "open ", j->word, ": ", store_why(&j->store));
  if (!store_each(&j->store, visit, j) || j->failed)
    strerr_diefu(111, verb, " grants in ", j->word, ": ", store_why(&j->store));
  store_close(&j->store);
  if (!buffer_flush(buffer_1small)) strerr_diefusys(111, "write to stdout");
  if (!j->alien) return;
  n[size_fmt(n, j->alien)] = 0;
  strerr_warnw("entries of ", j->word, " that are not grants: ", n);
}

static void revoke(struct job *j)
{
  each(j, revoke_one, "revoke");
  if (!j->seen) strerr_warnw("there was nothing to revoke in ", j->word);
}

static void make(struct job *j, int sharded)
{
  if (!store_make(&j->store, j->word, sharded))
    strerr_diefu(111, "make ", j->word, ": ", store_why(&j->store));
}

static void act(struct job *j, char const *verb, char const *arg)
{
  if (!strcmp(verb, "revoke-user") && arg && *arg) {
    j->user = arg;
    revoke(j);
  } else if (!strcmp(verb, "revoke-ip") && arg && addr_scan(arg, &j->ip)) {
    j->by_ip = 1;
    revoke(j);
  } else if (arg) {
    dieusage();
  } else if (!strcmp(verb, "list")) {
    each(j, list_one, "list");
  } else if (!strcmp(verb, "revoke-all")) {
    revoke(j);
  } else if (!strcmp(verb, "make")) {
    make(j, 0);
  } else if (!strcmp(verb, "make-sharded")) {
    make(j, 1);
  } else {
    dieusage();
  }
}

int main(int argc, char const *const *argv)
{
  struct job j = {.pairs = 0};
  subgetopt l = SUBGETOPT_ZERO;

  PROG = "postern-grants";
  for (;;) {
    int opt = subgetopt_r(argc, argv, "k", &l);
    if (opt == -1) break;
    if (opt != 'k') dieusage();
    j.pairs = 1;
  }
  argc -= l.ind;
  argv += l.ind;
  if (argc < 1 || argc > 3) dieusage();
  j.word = argv[0];
  act(&j, argc > 1 ? argv[1] : "list", argc > 2 ? argv[2] : 0);
  return 0;
}
