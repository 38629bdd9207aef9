#include <string.h>
#include <stdlib.h>

#include <crypt.h>

#include <skalibs/genalloc.h>
#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include "password.h"
#include "scheme.h"
#include "secret.h"
#include "text.h"
#include "userdb.h"
#include "userline.h"
#include "users.h"

#define COSTS                                                                  \
  32 /* kinds of hashes that are counted; the rest does not matter */

struct seen {
  char const *name;
  size_t len;
  unsigned int line;
};

struct check {
  userdb_tell *tell;
  void *arg;
  int fatal;
  stralloc sa;   /* the parsed line */
  genalloc seen; /* struct seen */
};

static void say(struct check *k, unsigned int line, unsigned int other,
                int fatal, char const *why)
{
  struct userdb_problem p = {line, other, fatal, why};

  k->fatal += fatal;
  k->tell(k->arg, &p);
}

static void check_hash(struct check *k, unsigned int line, char const *hash)
{
  switch (crypt_checksalt(hash)) {
  case CRYPT_SALT_OK: return;
  case CRYPT_SALT_METHOD_LEGACY:
  case CRYPT_SALT_TOO_CHEAP: say(k, line, 0, 0, "a weak hash"); return;
  default: say(k, line, 0, 1, "not a hash that crypt(3) knows");
  }
}

static void check_password(struct check *k, unsigned int line,
                           char const *field)
{
  char const *value, *why;

  switch (scheme_parse(field, &value, &why)) {
  case SCHEME_BAD: say(k, line, 0, 1, why); break;
  case SCHEME_CRYPT: check_hash(k, line, value); break;
  case SCHEME_PLAIN:
    say(k, line, 0, 0, "a {PLAIN} password needs postern-checkpassword -p");
    break;
  case SCHEME_CRAM_MD5:
  case SCHEME_SCRAM_SHA_256:
  case SCHEME_NONE: break;
  }
}

static void check_scram(struct check *k, unsigned int line, char const *value)
{
  struct scram_secret x;

  if (*value && !scramsecret_scan(&x, value))
    say(k, line, 0, 1,
        "scram_sha_256 is not ITERATIONS,SALT,STOREDKEY,SERVERKEY");
}

static int check_line(struct check *k, struct userline const *l)
{
  struct seen s = {l->name, l->nlen, l->number};
  struct user u;
  char const *why = l->why;
  int r = 0;

  if (!why) {
    r = users_parse(l->name, l->nlen, l->rest, l->len, &k->sa, &u, &why);
    if (r < 0) return 0;
  }
  if (r) {
    check_password(k, l->number, u.password);
    check_scram(k, l->number, u.scram_sha_256);
  } else {
    say(k, l->number, 0, 1, why);
  }
  return !l->nlen || genalloc_append(struct seen, &k->seen, &s);
}

static int compare(void const *x, void const *y)
{
  struct seen const *a = x, *b = y;
  size_t n = a->len < b->len ? a->len : b->len;

  for (size_t i = 0; i < n; i++) {
    char c[2] = {a->name[i], b->name[i]};

    text_lower(c, 2);
    if (c[0] != c[1]) return (unsigned char)c[0] - (unsigned char)c[1];
  }
  if (a->len != b->len) return a->len < b->len ? -1 : 1;
  return a->line < b->line ? -1 : a->line > b->line;
}

static void check_duplicates(struct check *k)
{
  struct seen *s = genalloc_s(struct seen, &k->seen);
  size_t n = genalloc_len(struct seen, &k->seen);

  if (n) qsort(s, n, sizeof *s, compare);
  for (size_t i = 1; i < n; i++)
    if (text_equal(s[i].name, s[i].len, s[i - 1].name, s[i - 1].len))
      say(k, s[i].line, s[i - 1].line, 1, "the same user as on line");
}

int userdb_check(char const *s, size_t n, userdb_tell *tell, void *arg)
{
  struct check k = {.tell = tell, .arg = arg};
  struct userline l = {0};
  size_t pos = 0;
  int good = 1;

  while (good && userline_next(s, n, &pos, &l))
    good = check_line(&k, &l);
  if (good) check_duplicates(&k);
  secret_free(&k.sa);
  genalloc_free(struct seen, &k.seen);
  return good ? k.fatal : -1;
}

/* How many hashes have that cost, and who has the first of them. */
struct cost {
  char const *prefix;
  size_t len;
  unsigned int count;
  struct userline first;
};

static void count(struct cost *c, struct userline const *l)
{
  char const *end = memchr(l->rest, ':', l->len);
  char const *hash = memchr(l->rest, '$', l->len);
  size_t n;

  if (!hash || (end && hash > end)) return;
  n = scheme_cost(hash);
  for (size_t i = 0; i < COSTS; i++) {
    if (!c[i].count) {
      c[i].prefix = hash;
      c[i].len = n;
      c[i].first = *l;
    }
    if (c[i].len != n || memcmp(c[i].prefix, hash, n)) continue;
    c[i].count++;
    return;
  }
}

static int add_model(char const *s, size_t n, cdbmap_make *mk)
{
  struct cost costs[COSTS] = {{0}}, *most = costs;
  struct userline l = {0};
  size_t pos = 0;

  while (userline_next(s, n, &pos, &l))
    count(costs, &l);
  for (size_t i = 1; i < COSTS; i++)
    if (costs[i].count > most->count) most = costs + i;
  return !most->count ||
         cdbmap_make_add(mk, USERDB_MODEL, sizeof USERDB_MODEL - 1,
                         most->first.name, most->first.nlen);
}

/* How many SCRAM secrets have so many iterations. */
struct tally {
  uint32_t iterations;
  unsigned int count;
};

static void count_iterations(struct tally *t, uint32_t iterations)
{
  for (size_t i = 0; i < COSTS; i++) {
    if (!t[i].count) t[i].iterations = iterations;
    if (t[i].iterations != iterations) continue;
    t[i].count++;
    return;
  }
}

static int add_most(cdbmap_make *mk, char const *key, struct tally const *t)
{
  struct tally const *most = t;
  char n[UINT32_FMT];

  for (size_t i = 1; i < COSTS; i++)
    if (t[i].count > most->count) most = t + i;
  return !most->count || cdbmap_make_add(mk, key, strlen(key), n,
                                         uint32_fmt(n, most->iterations));
}

static int add_iterations(char const *s, size_t n, cdbmap_make *mk)
{
  struct tally scram[COSTS] = {{0}}, derive[COSTS] = {{0}};
  stralloc sa = STRALLOC_ZERO;
  struct userline l = {0};
  size_t pos = 0;
  int r = 1;

  while (r > 0 && userline_next(s, n, &pos, &l)) {
    struct scram_secret x;
    char const *value, *why;
    struct user u;

    r = users_parse(l.name, l.nlen, l.rest, l.len, &sa, &u, &why);
    if (r <= 0 || password_scram(&x, &u) <= 0) continue;
    count_iterations(scram, x.iterations);
    if (password_derives(scheme_parse(u.password, &value, &why)))
      count_iterations(derive, x.iterations);
  }
  secret_free(&sa);
  return r >= 0 && add_most(mk, USERDB_SCRAM, scram) &&
         add_most(mk, USERDB_DERIVE, derive);
}

static int add(cdbmap_make *mk, struct userline const *l, char const *data,
               size_t len)
{
  char key[USERS_NAME_MAX];

  memcpy(key, l->name, l->nlen);
  text_lower(key, l->nlen);
  return cdbmap_make_add(mk, key, l->nlen, data, len);
}

int userdb_add_users(char const *s, size_t n, cdbmap_make *mk)
{
  struct userline l = {0};
  size_t pos = 0;

  while (userline_next(s, n, &pos, &l))
    if (!add(mk, &l, l.rest, l.len)) return 0;
  return add_model(s, n, mk) && add_iterations(s, n, mk);
}

int userdb_add_mailboxes(char const *s, size_t n, cdbmap_make *mk)
{
  struct userline l = {0};
  stralloc sa = STRALLOC_ZERO;
  size_t pos = 0;
  int good = 1;

  while (good && userline_next(s, n, &pos, &l)) {
    sa.len = 0;
    good = userline_public(&sa, l.rest, l.len) && add(mk, &l, sa.s, sa.len);
  }
  stralloc_free(&sa);
  return good;
}
