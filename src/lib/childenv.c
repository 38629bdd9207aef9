#include <stdlib.h>
#include <string.h>

#include <skalibs/env.h>
#include <skalibs/types.h>

#include "addr.h"
#include "childenv.h"
#include "relay.h"
#include "text.h"
#include "tlsfacts.h"

/* The right to relay, names of users, and that the wire is private; what else
   is told of a private wire is in tlsfacts_names. */
static char const *const identity[] = {
    "RELAYCLIENT",    "RELAYREASON",    "SMTPAUTHUSER",
    "SMTP_AUTH_USER", "SMTPAUTHMETHOD", "AUTHUSER",
    "AUTHPROTOCOL",   "POSTERN_TLS",    0};

/* What only this connection's listener can say, and what was said to the
   listener itself; descriptors that it inherited are closed. */
static char const *const ours[] = {
    "PROTO",         "TCPLOCALIP",      "TCPLOCALPORT",
    "TCPLOCALHOST",  "TCPREMOTEIP",     "TCPREMOTEPORT",
    "TCPREMOTEHOST", "TCPREMOTEINFO",   "POSTERN_SESSION",
    "POSTERN_RULE",  "POSTERN_GATEWAY", "LISTEN_FDS",
    "LISTEN_PID",    "LISTEN_FDNAMES",  "SSLCTLFD",
    "SSLREADFD",     "SSLWRITEFD",      0};

static int is_one_of(char const *env, size_t n, char const *const *names)
{
  for (; *names; names++)
    if (strlen(*names) == n && !memcmp(env, *names, n)) return 1;
  return 0;
}

static int is_right(char const *env, size_t n)
{
  return is_one_of(env, n, identity) || is_one_of(env, n, tlsfacts_names);
}

int childenv_init(struct childenv *e, char const *const *environ_, int keep,
                  stralloc *dropped)
{
  size_t n = env_len(environ_);

  e->base_len = 0;
  e->base = malloc((n + 1) * sizeof *e->base);
  e->envp = malloc((n + CHILDENV_OWN + VERDICT_ENV_MAX + 1) * sizeof *e->envp);
  if (!e->base || !e->envp) return 0;
  for (size_t i = 0; i < n; i++) {
    char const *s = environ_[i];
    size_t len = strcspn(s, "=");

    if (is_one_of(s, len, ours)) continue;
    if (!keep && is_right(s, len)) {
      if (!stralloc_append(dropped, ' ') || !stralloc_catb(dropped, s, len))
        return 0;
      continue;
    }
    e->base[e->base_len++] = s;
  }
  return 1;
}

void childenv_free(struct childenv *e)
{
  free(e->base);
  free(e->envp);
}

/* Set one variable, replacing one of that name. */
static void set(struct childenv *e, char const *s)
{
  size_t len = strcspn(s, "=") + 1;
  size_t i = 0;

  while (i < e->n && strncmp(e->envp[i], s, len))
    i++;
  e->envp[i] = s;
  if (i == e->n) e->n++;
}

/* The variables of the connection itself are known not to be there yet. */
static int add(struct childenv *e, char const *name, char const *value,
               size_t len)
{
  size_t n = strlen(name);
  char *s = e->text + e->text_len;

  if (n + len + 2 > sizeof e->text - e->text_len) return 0;
  memcpy(s, name, n);
  s[n] = '=';
  memcpy(s + n + 1, value, len);
  s[n + 1 + len] = 0;
  e->text_len += n + len + 2;
  e->envp[e->n++] = s;
  return 1;
}

static int add_string(struct childenv *e, char const *name, char const *value)
{
  return !*value || add(e, name, value, strlen(value));
}

static int add_ip(struct childenv *e, char const *name, ip46 const *ip)
{
  char s[ADDR_FMT];
  return add(e, name, s, addr_fmt(s, ip));
}

static int add_port(struct childenv *e, char const *name, uint16_t port)
{
  char s[UINT16_FMT];
  return add(e, name, s, uint16_fmt(s, port));
}

static int add_client(struct childenv *e, struct client const *c)
{
  return add_string(e, "PROTO", "TCP") && add_ip(e, "TCPLOCALIP", &c->local) &&
         add_port(e, "TCPLOCALPORT", c->local_port) &&
         add_string(e, "TCPLOCALHOST", c->local_host) &&
         add_ip(e, "TCPREMOTEIP", &c->remote) &&
         add_port(e, "TCPREMOTEPORT", c->remote_port) &&
         add_string(e, "TCPREMOTEHOST", c->remote_host) &&
         add_string(e, "TCPREMOTEINFO", c->remote_info);
}

/* Build the string at the end of the list, then let it replace what the rule or
   the run line may have said. */
static int put(struct childenv *e, char const *name, char const *value,
               size_t len)
{
  if (!add(e, name, value, len)) return 0;
  e->n--;
  set(e, e->envp[e->n]);
  return 1;
}

static void unset(struct childenv *e, char const *name)
{
  size_t len = strlen(name), n = 0;

  for (size_t i = 0; i < e->n; i++)
    if (strncmp(e->envp[i], name, len) || e->envp[i][len] != '=')
      e->envp[n++] = e->envp[i];
  e->n = n;
}

/* What programs behind may not rest a right on. */
static int put_trap(struct childenv *e, struct verdict const *v)
{
  static char const reason[] = RELAY_SUPPRESSED "gateway";

  if (v->gateway && !put(e, "POSTERN_GATEWAY", "no", 2)) return 0;
  if (!v->suppressed) return 1;
  unset(e, "RELAYCLIENT"); /* -k may have kept one */
  return put(e, "RELAYREASON", reason, sizeof reason - 1);
}

static int put_session(struct childenv *e, struct client const *c,
                       struct verdict const *v)
{
  char reason[5 + RULE_KEY_MAX * 4];
  size_t n;

  if (!put(e, "POSTERN_SESSION", c->session, strlen(c->session))) return 0;
  if (!v->matched) return 1;
  memcpy(reason, "rule:", 5);
  n = text_escape(reason + 5, sizeof reason - 5, v->match.key, v->match.klen);
  return put(e, "POSTERN_RULE", reason + 5, n) &&
         (!v->relay || put(e, "RELAYREASON", reason, n + 5));
}

char const *const *childenv_make(struct childenv *e, struct client const *c,
                                 struct verdict const *v)
{
  memcpy(e->envp, e->base, e->base_len * sizeof *e->envp);
  e->n = e->base_len;
  e->text_len = 0;
  if (!add_client(e, c)) return 0;
  for (size_t i = 0; i < v->n; i++)
    set(e, v->env[i]);
  if (!put_session(e, c, v) || !put_trap(e, v)) return 0;
  e->envp[e->n] = 0;
  return e->envp;
}
