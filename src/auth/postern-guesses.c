/*
 * postern-guesses: show who failed to log in, and forgive.
 *
 * reads   the store
 * writes  stdout: the counts and marks that are alive, or what was forgiven;
 *         the store, when it forgives
 * exits   0 done, even if there was nothing; 100 wrong usage; 111 the store
 *         cannot be read or changed, or stdout not written
 */
#include <string.h>

#include <skalibs/buffer.h>
#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "guess.h"
#include "store.h"
#include "text.h"

#define USAGE                                                                  \
  "postern-guesses [ -k ] store [ list | forgive-address address | "           \
  "forgive-user user ]"
#define dieusage() strerr_dieusage(100, USAGE)

struct job {
  struct store store;
  char const *word;
  int pairs;
  size_t alien;
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

static size_t put_escaped(char const *s)
{
  char out[4 * GUESS_NAME];
  size_t n = text_escape(out, sizeof out, s, strlen(s));

  put(out, n);
  return n;
}

static uint64_t left(struct guess_entry const *g)
{
  uint64_t now = store_now();

  return now >= g->set && now - g->set < g->ttl ? g->ttl - (now - g->set) : 0;
}

static void show_pairs(struct guess_entry const *g)
{
  if (g->kind != GUESS_USER) {
    put_string("address=");
    put_string(g->net);
    put_string(g->kind == GUESS_PAIR ? " " : "");
  }
  if (g->kind != GUESS_FROM) {
    put_string("user=");
    put_escaped(g->user);
  }
  if (g->kind != GUESS_PAIR) {
    put_string(" failures=");
    put_number(g->failures);
  }
  put_string(" set=");
  put_number(g->set);
  put_string(" ttl=");
  put_number(g->ttl);
  put_string(" left=");
  put_number(left(g));
  put_string("\n");
}

static void pad(size_t len, size_t width)
{
  do
    put(" ", 1);
  while (++len < width);
}

static void show_text(struct guess_entry const *g)
{
  size_t len;

  if (g->kind == GUESS_PAIR) {
    put_string("good     ");
    len = put_escaped(g->user) + 6;
    put_string(" from ");
    put_string(g->net);
    len += strlen(g->net);
  } else {
    put_string(g->kind == GUESS_FROM ? "address  " : "account  ");
    len = put_escaped(g->kind == GUESS_FROM ? g->net : g->user);
  }
  pad(len, 40);
  if (g->kind != GUESS_PAIR) {
    put_number(g->failures);
    put_string(g->failures == 1 ? " failure, " : " failures, ");
  }
  put_number(left(g));
  put_string(" s left\n");
}

static void show(struct job const *j, struct guess_entry const *g)
{
  if (j->pairs)
    show_pairs(g);
  else
    show_text(g);
}

static int list_one(struct store_entry const *e, void *data)
{
  struct job *j = data;
  struct guess_entry g;

  if (!guess_from(&g, e))
    j->alien++;
  else if (g.kind != GUESS_BUDGET && left(&g))
    show(j, &g);
  return 1;
}

static void open_store(struct job *j)
{
  if (!store_open(&j->store, j->word, STORE_ALL))
    strerr_diefu(111, "open ", j->word, ": ", store_why(&j->store));
}

static void list(struct job *j)
{
  char n[SIZE_FMT];

  open_store(j);
  if (!store_each(&j->store, list_one, j))
    strerr_diefu(111, "list ", j->word, ": ", store_why(&j->store));
  if (!buffer_flush(buffer_1small)) strerr_diefusys(111, "write to stdout");
  if (!j->alien) return;
  n[size_fmt(n, j->alien)] = 0;
  strerr_warnw("entries of ", j->word, " that are not ours: ", n);
}

static void forgive(struct job *j, struct guess_entry *g)
{
  open_store(j);
  switch (guess_forgive(&j->store, g)) {
  case 0: strerr_warnw("there was nothing to forgive in ", j->word); return;
  case 1: show(j, g); break;
  default: strerr_diefu(111, "change ", j->word, ": ", store_why(&j->store));
  }
  if (!buffer_flush(buffer_1small)) strerr_diefusys(111, "write to stdout");
}

static void act(struct job *j, char const *verb, char const *arg)
{
  struct guess_entry g = {.net = ""};

  if (!strcmp(verb, "forgive-user") && arg && *arg) {
    guess_name(g.user, arg);
    forgive(j, &g);
  } else if (!strcmp(verb, "forgive-address") && arg && guess_net(g.net, arg)) {
    forgive(j, &g);
  } else if (arg || strcmp(verb, "list")) {
    dieusage();
  } else {
    list(j);
  }
}

int main(int argc, char const *const *argv)
{
  struct job j = {.pairs = 0};
  subgetopt l = SUBGETOPT_ZERO;

  PROG = "postern-guesses";
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
