#include <string.h>

#include <skalibs/types.h>

#include "verdict.h"

/* The value, if s is NAME=VALUE with that name. */
static char const *value_of(char const *s, char const *name)
{
  size_t n = strlen(name);
  return !strncmp(s, name, n) && s[n] == '=' ? s + n + 1 : 0;
}

static void bad(struct verdict *v, char const *why)
{
  v->kind = VERDICT_BAD;
  v->why = why;
}

static void take(struct verdict *v, char const *env)
{
  char const *x;

  if (!strchr(env, '=') || *env == '=') {
    bad(v, "a variable without a name");
    return;
  }
  if (v->n == VERDICT_ENV_MAX) {
    bad(v, "too many variables");
    return;
  }
  v->env[v->n++] = env;
  if (value_of(env, "RELAYCLIENT")) v->relay = 1;
  if ((x = value_of(env, "POSTERN_DENY"))) v->deny_text = x;
  if ((x = value_of(env, "DIEMSG"))) v->limit_text = x;
  if ((x = value_of(env, "POSTERN_GATEWAY"))) {
    v->gateway_ok = !strcmp(x, "ok");
    if (!v->gateway_ok) bad(v, "POSTERN_GATEWAY is not ok");
  }
  if ((x = value_of(env, "MAXCONNIP"))) {
    v->has_max = 1;
    if (!uint320_scan(x, &v->max)) bad(v, "MAXCONNIP is not a number");
  }
}

void verdict_trap(struct verdict *v, struct gateways const *g,
                  struct client const *c)
{
  size_t n = 0;

  v->gateway = !v->gateway_ok && gateway_is(g, &c->remote);
  if (!v->gateway || !v->relay) return;
  for (size_t i = 0; i < v->n; i++)
    if (!value_of(v->env[i], "RELAYCLIENT")) v->env[n++] = v->env[i];
  v->n = n;
  v->relay = 0;
  v->suppressed = 1;
}

uint32_t verdict_most(struct verdict const *v, uint32_t per_ip)
{
  return v->has_max ? v->max : per_ip;
}

char const *verdict_text(enum verdict_cause cause)
{
  switch (cause) {
  case VERDICT_LIMIT: return "421 4.7.0 too many connections from your address";
  case VERDICT_RATE: return "421 4.7.0 you connect too often, try again later";
  case VERDICT_RULES:
    return "421 4.3.0 temporarily unable to decide, try again later";
  case VERDICT_RESOURCES: break;
  }
  return "421 4.3.2 out of resources, try again later";
}

size_t verdict_line(char const *text)
{
  size_t n = strcspn(text, "\r\n");
  return n < VERDICT_LINE ? n : VERDICT_LINE;
}

void verdict_find(struct verdict *v, cdbmap const *m, struct client const *c)
{
  struct rule_client rc = {.ip = c->remote};
  enum rule_item item;
  char const *env;
  size_t pos = 0;

  v->kind = VERDICT_ALLOW;
  v->why = v->deny_text = v->limit_text = 0;
  v->matched = v->relay = v->has_max = 0;
  v->gateway_ok = v->gateway = v->suppressed = 0;
  v->n = 0;
  if (!m) return;
  if (*c->remote_host) rc.host = c->remote_host;
  if (*c->remote_info) rc.info = c->remote_info;

  switch (rule_find(m, &rc, &v->match)) {
  case RULE_DAMAGED: bad(v, "the file is damaged"); return;
  case RULE_NONE: return;
  case RULE_MATCH: break;
  }
  v->matched = 1;
  while ((item = rule_item(&v->match, &pos, &env)) != RULE_END) {
    if (item == RULE_BAD) {
      bad(v, "the rule is damaged");
      return;
    }
    if (item == RULE_ENV)
      take(v, env);
    else if (v->kind == VERDICT_ALLOW)
      v->kind = VERDICT_DENY;
    if (v->kind == VERDICT_BAD) return;
  }
}
