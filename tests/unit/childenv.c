/* Unit test of src/lib/childenv.c. */
#include <stdlib.h>
#include <string.h>

#include <skalibs/env.h>

#include "addr.h"
#include "childenv.h"
#include "unit.h"

static char const *const inherited[] = {"PATH=/bin",
                                        "RELAYCLIENT=",
                                        "TCPREMOTEHOST=evil",
                                        "SMTPAUTHUSER=evil",
                                        "POSTERN_SESSION=evil",
                                        "POSTERN_RULE=evil",
                                        "POSTERN_GATEWAY=ok",
                                        "RELAYREASON=evil",
                                        "RELAYCLIENTS=other",
                                        "PROTO=SSL",
                                        "LISTEN_FDS=3",
                                        "SSLCTLFD=3",
                                        "UCSPITLS=!",
                                        "POSTERN_TLS=evil",
                                        "POSTERN_CERT_SHA256=evil",
                                        "SSL_CIPHER=evil",
                                        "A=outer",
                                        "malformed",
                                        0};

static char const *const removed[] = {
    "RELAYCLIENT",    "TCPREMOTEHOST",       "SMTPAUTHUSER",  "POSTERN_RULE",
    "RELAYREASON",    "LISTEN_FDS",          "TCPREMOTEINFO", "TCPLOCALHOST",
    "POSTERN_TLS",    "POSTERN_CERT_SHA256", "SSL_CIPHER",    "SSLCTLFD",
    "POSTERN_GATEWAY"};

static int is(char const *const *envp, char const *name, char const *want)
{
  char const *x = env_get2(envp, name);
  size_t n = 0, len = strlen(name);

  for (char const *const *e = envp; *e; e++)
    n += !strncmp(*e, name, len) && (*e)[len] == '=';
  return want ? n == 1 && x && !strcmp(x, want) : n == 0;
}

static struct client client(void)
{
  struct client c;

  memset(&c, 0, sizeof c);
  addr_scan("192.0.2.1", &c.remote);
  addr_scan("2001:db8::2", &c.local);
  c.remote_port = 4200;
  c.local_port = 25;
  strcpy(c.session, "s.1");
  return c;
}

int main(void)
{
  struct client c = client();
  struct verdict v;
  struct childenv e;
  stralloc dropped = STRALLOC_ZERO;
  char const *const *envp;

  memset(&v, 0, sizeof v);
  ok(childenv_init(&e, inherited, 0, &dropped), "start");
  stralloc_0(&dropped);
  ok(!strcmp(dropped.s, " RELAYCLIENT SMTPAUTHUSER RELAYREASON POSTERN_TLS"
                        " POSTERN_CERT_SHA256 SSL_CIPHER"),
     "what was removed is told");
  envp = childenv_make(&e, &c, &v);
  ok(envp && is(envp, "PROTO", "TCP") && is(envp, "TCPREMOTEIP", "192.0.2.1") &&
         is(envp, "TCPREMOTEPORT", "4200") &&
         is(envp, "TCPLOCALIP", "2001:db8::2") &&
         is(envp, "TCPLOCALPORT", "25") && is(envp, "POSTERN_SESSION", "s.1"),
     "the connection");
  ok(is(envp, "PATH", "/bin") && is(envp, "A", "outer") &&
         is(envp, "RELAYCLIENTS", "other") && is(envp, "UCSPITLS", "!"),
     "the rest stays");
  for (size_t i = 0; i < sizeof removed / sizeof *removed; i++)
    ok(is(envp, removed[i], 0), removed[i]);

  v.matched = 1;
  v.relay = 1;
  v.match.klen = 3;
  memcpy(v.match.key, "1 2", 3);
  v.env[v.n++] = "RELAYCLIENT=@x";
  v.env[v.n++] = "A=inner";
  v.env[v.n++] = "TCPREMOTEIP=9.9.9.9";
  v.env[v.n++] = "RELAYREASON=auth:root";
  v.env[v.n++] = "A=last";
  strcpy(c.remote_host, "mx.example.org");
  strcpy(c.remote_info, "joe");
  strcpy(c.local_host, "0");
  envp = childenv_make(&e, &c, &v);
  ok(is(envp, "RELAYCLIENT", "@x") && is(envp, "A", "last") &&
         is(envp, "TCPREMOTEIP", "9.9.9.9"),
     "the rule comes last");
  ok(is(envp, "POSTERN_RULE", "1\\x202") &&
         is(envp, "RELAYREASON", "rule:1\\x202"),
     "but the reason is ours");
  ok(is(envp, "TCPREMOTEHOST", "mx.example.org") &&
         is(envp, "TCPREMOTEINFO", "joe") && is(envp, "TCPLOCALHOST", "0"),
     "names");

  memset(&v, 0, sizeof v);
  c = client();
  envp = childenv_make(&e, &c, &v);
  ok(is(envp, "A", "outer") && is(envp, "RELAYCLIENT", 0) &&
         is(envp, "RELAYREASON", 0) && is(envp, "TCPREMOTEHOST", 0) &&
         is(envp, "POSTERN_RULE", 0),
     "nothing of one client is left for the next");
  v.matched = v.relay = 1;
  envp = childenv_make(&e, &c, &v);
  ok(is(envp, "POSTERN_RULE", "") && is(envp, "RELAYREASON", "rule:"),
     "the empty key");
  v.gateway = 1;
  v.relay = 0;
  v.env[v.n++] = "POSTERN_GATEWAY=ok";
  v.env[v.n++] = "RELAYREASON=rule:x";
  envp = childenv_make(&e, &c, &v);
  ok(is(envp, "POSTERN_GATEWAY", "no") && is(envp, "RELAYREASON", "rule:x"),
     "the gateway");
  v.suppressed = 1;
  envp = childenv_make(&e, &c, &v);
  ok(is(envp, "POSTERN_GATEWAY", "no") &&
         is(envp, "RELAYREASON", "suppressed:gateway") &&
         is(envp, "RELAYCLIENT", 0),
     "its right");
  v.n = 0;
  v.match.klen = RULE_KEY_MAX;
  memset(v.match.key, 1, RULE_KEY_MAX);
  memset(c.local_host, 'x', LOCAL_HOST_MAX);
  memset(c.remote_host, 'x', HOSTNAME_MAX);
  memset(c.remote_info, 'x', IDENT_INFO_MAX);
  ok(!!childenv_make(&e, &c, &v), "the longest of everything fits");
  childenv_free(&e);

  dropped.len = 0;
  ok(childenv_init(&e, inherited, 1, &dropped) && !dropped.len, "-k");
  memset(&v, 0, sizeof v);
  c = client();
  envp = childenv_make(&e, &c, &v);
  ok(is(envp, "RELAYCLIENT", "") && is(envp, "SMTPAUTHUSER", "evil") &&
         is(envp, "POSTERN_TLS", "evil") && is(envp, "SSLCTLFD", 0) &&
         is(envp, "TCPREMOTEHOST", 0),
     "-k keeps what grants, not who the client is");
  v.matched = v.gateway = v.suppressed = 1;
  envp = childenv_make(&e, &c, &v);
  ok(is(envp, "RELAYCLIENT", 0) &&
         is(envp, "RELAYREASON", "suppressed:gateway"),
     "but nothing beside a right that was taken away");
  childenv_free(&e);
  stralloc_free(&dropped);
  return done();
}
