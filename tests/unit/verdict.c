/* Unit test of src/lib/verdict.c: one row per rule. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "unit.h"
#include "verdict.h"

static struct {
  char const *ip;
  char const *data; /* the rule's items */
  size_t n;
  enum verdict_kind kind;
  size_t env;
  int relay;
  int max; /* -1: none */
} const t[] = {
    {"10.0.0.1", "", 0, VERDICT_ALLOW, 0, 0, -1},
    {"10.0.0.2", "D", 2, VERDICT_DENY, 0, 0, -1},
    {"10.0.0.18", "+RELAYCLIENT=\0+A=1\0+RELAYCLIENT=@x", 35, VERDICT_ALLOW, 3,
     1, -1},
    {"10.0.0.19", "+RELAYCLIENT=\0+POSTERN_GATEWAY=ok", 34, VERDICT_ALLOW, 2, 1,
     -1},
    {"10.0.0.3", "+RELAYCLIENT=", 14, VERDICT_ALLOW, 1, 1, -1},
    {"10.0.0.4", "+A=1\0+MAXCONNIP=3", 18, VERDICT_ALLOW, 2, 0, 3},
    {"10.0.0.5", "D\0+A=1", 7, VERDICT_DENY, 1, 0, -1},
    {"10.0.0.6", "+MAXCONNIP=many", 16, VERDICT_BAD, 1, 0, -2},
    {"10.0.0.7", "+MAXCONNIP=4x", 14, VERDICT_BAD, 1, 0, -2},
    {"10.0.0.8", "+MAXCONNIP=", 12, VERDICT_BAD, 1, 0, -2},
    {"10.0.0.9", "+nameless", 10, VERDICT_BAD, 0, 0, -1},
    {"10.0.0.10", "+=x", 4, VERDICT_BAD, 0, 0, -1},
    {"10.0.0.11", "?A=1", 5, VERDICT_BAD, 0, 0, -1},
    {"10.0.0.12", "+RELAYCLIENTX=", 15, VERDICT_ALLOW, 1, 0, -1},
    {"10.0.0.13", "+MAXCONNIP=5\0D", 15, VERDICT_DENY, 1, 0, 5},
    {"10.0.0.15", "+POSTERN_GATEWAY=ok", 20, VERDICT_ALLOW, 1, 0, -1},
    {"10.0.0.16", "+POSTERN_GATEWAY=", 18, VERDICT_BAD, 1, 0, -1},
    {"10.0.0.17", "+POSTERN_GATEWAY=yes", 21, VERDICT_BAD, 1, 0, -1},
    {"10.0.0.14", "+nameless\0D", 12, VERDICT_BAD, 0, 0, -1},
};

static cdbmap load(void)
{
  cdbmap m = CDBMAP_ZERO;
  int fd = open("v.cdb", O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);
  static char many[(VERDICT_ENV_MAX + 1) * 5 + 1];

  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    if (!cdbmap_make_add(mk, t[i].ip, strlen(t[i].ip), t[i].data, t[i].n))
      abort();
  for (size_t i = 0; i <= VERDICT_ENV_MAX; i++)
    memcpy(many + i * 5, "+A=1", 5);
  cdbmap_make_add(mk, "11.0.0.1", 8, many, sizeof many - 1);
  cdbmap_make_add(mk, "joe@11.0.0.2", 12, "+A=1", 5);
  cdbmap_make_add(mk, "=mx.example.org", 15, "+A=1\0+B=2", 10);
  cdbmap_make_add(mk, "11.0.0.3", 8, "+DIEMSG=full\0+POSTERN_DENY=no", 30);
  if (!cdbmap_make_finish(mk)) abort();
  cdbmap_make_free(mk);
  lseek(fd, 0, SEEK_SET);
  if (!cdbmap_load(&m, fd)) abort();
  close(fd);
  return m;
}

static struct client client(char const *ip)
{
  struct client c;

  memset(&c, 0, sizeof c);
  if (!addr_scan(ip, &c.remote)) abort();
  return c;
}

/* What remains of a right if the client has the address of that gateway. */
static void trap(cdbmap const *m)
{
  struct client c = client("10.0.0.18"), fine = client("10.0.0.19"),
                plain = client("10.0.0.1");
  struct gateways g = {.n = 1, .ip = {c.remote}}, unknown = {.unknown = 1};
  struct verdict v;

  verdict_find(&v, m, &c);
  verdict_trap(&v, &g, &c);
  ok(v.kind == VERDICT_ALLOW && v.gateway && v.suppressed && !v.relay &&
         v.n == 1 && !strcmp(v.env[0], "A=1"),
     "the gateway: no right, and the rest of the rule");
  g.ip[0] = plain.remote;
  verdict_find(&v, m, &c);
  verdict_trap(&v, &g, &c);
  ok(!v.gateway && !v.suppressed && v.relay && v.n == 3, "another address");
  verdict_find(&v, m, &plain);
  verdict_trap(&v, &g, &plain);
  ok(v.gateway && !v.suppressed && !v.relay, "there was no right");
  verdict_find(&v, 0, &plain);
  verdict_trap(&v, &g, &plain);
  ok(v.gateway && !v.suppressed, "there was no rule");
  g.ip[0] = fine.remote;
  verdict_find(&v, m, &fine);
  verdict_trap(&v, &g, &fine);
  ok(!v.gateway && !v.suppressed && v.relay && v.n == 2,
     "POSTERN_GATEWAY=\"ok\"");
  verdict_find(&v, m, &c);
  verdict_trap(&v, &unknown, &c);
  ok(v.gateway && v.suppressed && !v.relay, "gateways unknown: no right");
  verdict_find(&v, m, &fine);
  verdict_trap(&v, &unknown, &fine);
  ok(!v.gateway && v.relay, "gateways unknown, but ok");
}

int main(void)
{
  cdbmap m = load();
  static char longest[600];
  struct verdict v;
  struct client c;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    c = client(t[i].ip);
    verdict_find(&v, &m, &c);
    ok(v.kind == t[i].kind && v.n == t[i].env && v.relay == t[i].relay &&
           v.matched && (v.kind == VERDICT_BAD) == !!v.why &&
           (t[i].max == -2 ||
            (t[i].max < 0 ? !v.has_max : v.max == (uint32_t)t[i].max)),
       t[i].ip);
  }
  c = client("11.0.0.1");
  verdict_find(&v, &m, &c);
  ok(v.kind == VERDICT_BAD, "too many variables");
  c = client("11.0.0.2");
  verdict_find(&v, &m, &c);
  ok(v.kind == VERDICT_ALLOW && !v.matched, "no rule applies");
  strcpy(c.remote_info, "joe");
  verdict_find(&v, &m, &c);
  ok(v.matched && v.n == 1, "a rule for a user");
  c = client("11.0.0.9");
  strcpy(c.remote_host, "mx.example.org");
  verdict_find(&v, &m, &c);
  ok(v.matched && v.n == 2, "a rule for a name");
  c = client("11.0.0.3");
  verdict_find(&v, &m, &c);
  ok(v.limit_text && !strcmp(v.limit_text, "full") && v.deny_text &&
         !strcmp(v.deny_text, "no"),
     "texts");
  trap(&m);
  verdict_find(&v, 0, &c);
  ok(v.kind == VERDICT_ALLOW && !v.matched && !v.n && !v.limit_text,
     "no rules at all");
  v.has_max = 1;
  v.max = 0;
  ok(verdict_most(&v, 7) == 0, "the rule's limit before the option's");
  v.has_max = 0;
  ok(verdict_most(&v, 7) == 7, "the option's limit");
  for (int i = VERDICT_LIMIT; i <= VERDICT_RESOURCES; i++)
    ok(!strncmp(verdict_text((enum verdict_cause)i), "421 4.", 6),
       verdict_text((enum verdict_cause)i));
  memset(longest, 'x', sizeof longest - 1);
  ok(verdict_line("421 a\r\nb") == 5 && !verdict_line("\nb") &&
         verdict_line(longest) == VERDICT_LINE,
     "one line");
  cdbmap_close(&m);
  return done();
}
