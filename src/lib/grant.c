#include <string.h>

#include <skalibs/types.h>

#include "grant.h"
#include "text.h"

size_t grant_key(char s[GRANT_KEY_MAX], ip46 const *ip, unsigned int bits6)
{
  ip46 net = *ip;
  size_t n;

  if (!ip46_is6(ip) || bits6 >= addr_bits(ip)) return addr_fmt(s, ip);
  addr_mask(&net, bits6);
  n = addr_fmt(s, &net);
  s[n++] = '/';
  n += uint_fmt(s + n, bits6);
  s[n] = 0;
  return n;
}

int grant_is_gateway(char const *said) { return said && strcmp(said, "ok"); }

static int scan_key(struct grant *g, char const *key, size_t klen)
{
  char s[GRANT_KEY_MAX], again[GRANT_KEY_MAX];

  if (klen >= sizeof s || memchr(key, 0, klen)) return 0;
  memcpy(s, key, klen);
  s[klen] = 0;
  if (addr_scan(s, &g->ip))
    g->bits = addr_bits(&g->ip);
  else if (!addr_scan_net(s, &g->ip, &g->bits))
    return 0;
  grant_key(again, &g->ip, g->bits);
  return !strcmp(s, again);
}

static int is_user(char const *s, size_t n)
{
  return n && n <= GRANT_USER_MAX && !memchr(s, 0, n);
}

/* All but the network. */
static int from_record(struct grant *g, struct store_record const *r)
{
  if (!is_user(r->payload, r->len) || r->ttl > GRANT_TTL_MAX) return 0;
  g->set = r->set;
  g->ttl = r->ttl;
  memcpy(g->user, r->payload, r->len);
  g->user[r->len] = 0;
  return 1;
}

int grant_from(struct grant *g, struct store_entry const *e)
{
  return e->record && scan_key(g, e->key, e->klen) && from_record(g, e->record);
}

uint32_t grant_left(struct grant const *g, uint32_t maxage, uint64_t now)
{
  uint32_t ttl = g->ttl < maxage ? g->ttl : maxage;

  if (now < g->set || now - g->set >= ttl) return 0;
  return ttl - (uint32_t)(now - g->set);
}

int grant_record(struct store *s, ip46 const *ip, unsigned int bits6,
                 char const *user, uint32_t ttl, char const **why)
{
  struct store_record r = {.ttl = ttl, .len = strlen(user)};
  char key[GRANT_KEY_MAX];
  size_t klen = grant_key(key, ip, bits6);

  *why = "the user's name is empty or too long";
  if (!is_user(user, r.len)) return 0;
  *why = "time to live out of bounds";
  if (!ttl || ttl > GRANT_TTL_MAX) return 0;
  memcpy(r.payload, user, r.len);
  r.set = store_now();
  if (store_put(s, key, klen, &r)) return 1;
  *why = store_why(s);
  return 0;
}

enum grant_found grant_check(struct store *s, ip46 const *ip,
                             unsigned int bits6, uint32_t maxage,
                             struct grant *g, uint64_t *now, char const **why)
{
  struct store_record r;
  char key[GRANT_KEY_MAX];
  size_t klen = grant_key(key, ip, bits6);
  enum store_found found = store_get(s, key, klen, &r, now);

  if (found == STORE_NONE) return GRANT_NONE;
  *why = found == STORE_ERROR ? store_why(s) : "not a grant";
  if (found == STORE_ERROR || !from_record(g, &r)) return GRANT_ERROR;
  g->ip = *ip;
  g->bits = bits6 < addr_bits(ip) ? bits6 : addr_bits(ip);
  addr_mask(&g->ip, g->bits);
  return grant_left(g, maxage, *now) ? GRANT_FRESH : GRANT_STALE;
}

void grant_reason(char s[GRANT_REASON], struct grant const *g)
{
  memcpy(s, "grant:", 6);
  s[6 + text_escape(s + 6, GRANT_REASON - 7, g->user, strlen(g->user))] = 0;
}
