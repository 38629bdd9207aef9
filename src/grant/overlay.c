#include <errno.h>
#include <string.h>

#include "overlay.h"
#include "rule.h"
#include "text.h"

static int is_relay(char const *env)
{
  static char const name[] = "RELAYCLIENT=";
  return !strncmp(env, name, sizeof name - 1);
}

/* The rule's variables, in its order. */
static enum overlay_result repeat(struct rule_match const *m, stralloc *data)
{
  size_t pos = 0;
  char const *env;

  for (;;) {
    switch (rule_item(m, &pos, &env)) {
    case RULE_END: return OVERLAY_RULE;
    case RULE_DENY: return OVERLAY_NONE;
    case RULE_BAD: errno = EPROTO; return OVERLAY_FAILED;
    case RULE_ENV: break;
    }
    if (is_relay(env)) return OVERLAY_NONE;
    if (!stralloc_append(data, '+') ||
        !stralloc_catb(data, env, strlen(env) + 1))
      return OVERLAY_FAILED;
  }
}

static int add_grant(struct grant const *g, stralloc *data)
{
  static char const relay[] = "+RELAYCLIENT=", reason[] = "+RELAYREASON=grant:";
  char user[4 * GRANT_USER_MAX];
  size_t n = text_escape(user, sizeof user, g->user, strlen(g->user));

  return stralloc_catb(data, relay, sizeof relay) &&
         stralloc_catb(data, reason, sizeof reason - 1) &&
         stralloc_catb(data, user, n) && stralloc_append(data, 0);
}

enum overlay_result overlay_rule(cdbmap const *rules, struct grant const *g,
                                 stralloc *data)
{
  struct rule_client client = {.ip = g->ip};
  struct rule_match m;
  char key[GRANT_KEY_MAX];
  size_t klen = grant_key(key, &g->ip, g->bits);
  enum rule_found found;
  enum overlay_result r = OVERLAY_RULE;

  data->len = 0;
  if (ip46_is6(&g->ip)) return OVERLAY_NONE;
  found = rule_find(rules, &client, &m);
  if (found == RULE_DAMAGED) return OVERLAY_FAILED;
  if (found == RULE_MATCH) {
    if (m.klen == klen && !memcmp(m.key, key, klen)) return OVERLAY_NONE;
    r = repeat(&m, data);
  }
  if (r == OVERLAY_RULE && !add_grant(g, data)) return OVERLAY_FAILED;
  return r;
}

/* What is not a rule's data counts as a refusal: tcpserver drops the client. */
static int denies(char const *data, size_t dlen)
{
  struct rule_match m = {.data = data, .dlen = dlen};
  enum rule_item item;
  char const *env;
  size_t pos = 0;

  while ((item = rule_item(&m, &pos, &env)) == RULE_ENV)
    continue;
  return item != RULE_END;
}

int overlay_hides(cdbmap const *rules, stralloc *name)
{
  uint32_t pos = 0;
  char const *key, *data;
  size_t klen, dlen;
  int r;

  while ((r = cdbmap_next(rules, &pos, &key, &klen, &data, &dlen)) > 0) {
    if (!klen || key[0] != '=' || !denies(data, dlen)) continue;
    return stralloc_copyb(name, key, klen) && stralloc_0(name) ? 1 : -1;
  }
  return r;
}
