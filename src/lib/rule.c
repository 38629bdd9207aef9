#include <errno.h>
#include <string.h>

#include <skalibs/types.h>

#include "rule.h"

/* What is asked for, and of what. */
struct query {
  cdbmap const *m;
  char const *ip;
  char const *host;
  char const *info;
  struct rule_match *match;
};

/* Look up the three parts, joined.  What does not fit has no rule. */
static enum rule_found look(struct query const *q, char const *a, char const *b,
                            char const *c, size_t clen)
{
  struct rule_match *match = q->match;
  size_t alen = strlen(a), blen = strlen(b);

  if (alen > RULE_KEY_MAX || blen > RULE_KEY_MAX || clen > RULE_KEY_MAX ||
      alen + blen + clen > RULE_KEY_MAX)
    return RULE_NONE;
  memcpy(match->key, a, alen);
  memcpy(match->key + alen, b, blen);
  memcpy(match->key + alen + blen, c, clen);
  match->klen = alen + blen + clen;
  return (enum rule_found)cdbmap_find(q->m, match->key, match->klen,
                                      &match->data, &match->dlen);
}

static enum rule_found exact(struct query const *q)
{
  size_t iplen = strlen(q->ip), hostlen = q->host ? strlen(q->host) : 0;
  enum rule_found r = RULE_NONE;

  if (q->info) {
    r = look(q, q->info, "@", q->ip, iplen);
    if (!r && q->host) r = look(q, q->info, "@=", q->host, hostlen);
  }
  if (!r) r = look(q, "", "", q->ip, iplen);
  if (!r && q->host) r = look(q, "=", "", q->host, hostlen);
  return r;
}

static enum rule_found prefixes(struct query const *q)
{
  enum rule_found r = RULE_NONE;

  for (size_t i = strlen(q->ip); i && !r; i--)
    if (q->ip[i - 1] == '.') r = look(q, "", "", q->ip, i);
  return r;
}

static enum rule_found suffixes(struct query const *q)
{
  enum rule_found r = RULE_NONE;
  char const *dot = q->host;

  while (!r && (dot = strchr(dot, '.'))) {
    r = look(q, "=", "", dot, strlen(dot));
    dot++;
  }
  return r ? r : look(q, "=", "", "", 0);
}

static enum rule_found damaged(void)
{
  errno = EPROTO;
  return RULE_DAMAGED;
}

static enum rule_found network(struct query const *q, ip46 const *ip,
                               unsigned int bits)
{
  char net[ADDR_FMT + 4];
  ip46 masked = *ip;
  size_t n;

  addr_mask(&masked, bits);
  n = addr_fmt(net, &masked);
  net[n++] = '/';
  n += uint_fmt(net + n, bits);
  return look(q, "", "", net, n);
}

/* The index: "/64/48/0", the prefix lengths in use, longest first. */
static enum rule_found networks(struct query const *q, ip46 const *ip)
{
  char const *index;
  size_t len;
  unsigned int last = 128;
  int r = cdbmap_find(q->m, RULE_NETS, sizeof RULE_NETS - 1, &index, &len);

  if (r <= 0) return (enum rule_found)r;
  if (!len || index[0] != '/')
    return RULE_NONE; /* a dead key of tcprules 0.88 */
  for (size_t i = 0; i < len;) {
    unsigned int bits = 0;
    size_t start;
    enum rule_found f;

    if (index[i++] != '/') return damaged();
    for (start = i; i < len && i - start < 3; i++) {
      if (index[i] < '0' || index[i] > '9') break;
      bits = 10 * bits + (unsigned int)(index[i] - '0');
    }
    if (i == start || bits >= last) return damaged();
    last = bits;
    f = network(q, ip, bits);
    if (f) return f;
  }
  return RULE_NONE;
}

static enum rule_found find(struct query const *q, ip46 const *ip)
{
  enum rule_found r = exact(q);

  if (!r) r = ip && ip46_is6(ip) ? networks(q, ip) : prefixes(q);
  if (!r && q->host) r = suffixes(q);
  if (!r) r = look(q, "", "", "", 0);
  return r;
}

enum rule_found rule_find(cdbmap const *m, struct rule_client const *c,
                          struct rule_match *match)
{
  char ip[ADDR_FMT];
  struct query q = {m, ip, c->host, c->info, match};

  addr_fmt(ip, &c->ip);
  return find(&q, &c->ip);
}

enum rule_found rule_find_text(cdbmap const *m, char const *ip,
                               char const *host, char const *info,
                               struct rule_match *match)
{
  struct query q = {m, ip, host, info, match};

  return find(&q, 0);
}

enum rule_item rule_item(struct rule_match const *match, size_t *pos,
                         char const **env)
{
  char const *item = match->data + *pos;
  size_t len = match->dlen - *pos;
  char const *end;

  if (!len) return RULE_END;
  end = memchr(item, 0, len);
  if (!end) return RULE_BAD;
  *pos += (size_t)(end - item) + 1;
  if (item[0] == 'D') return item[1] ? RULE_BAD : RULE_DENY;
  if (item[0] != '+' || !strchr(item, '=')) return RULE_BAD;
  *env = item + 1;
  return RULE_ENV;
}
