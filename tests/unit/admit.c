/* Unit test of src/accept/admit.c: limits and refusals; programs are started in
   tests/accept. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "addr.h"
#include "admit.h"
#include "unit.h"

#define SEC UINT64_C(1000000000)

static struct admit a;
static struct options o;
static int peer;

static struct client client(char const *ip)
{
  struct client c;
  int s[2];

  memset(&c, 0, sizeof c);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s);
  addr_scan(ip, &c.remote);
  c.local = c.remote;
  c.fd = s[0];
  peer = s[1];
  return c;
}

static int hears(char const *want)
{
  char buf[200];
  ssize_t n = 0, r;

  while ((r = read(peer, buf + n, sizeof buf - 1 - (size_t)n)) > 0)
    n += r;
  close(peer);
  return (size_t)n == strlen(want) && !memcmp(buf, want, (size_t)n);
}

static void start(char const *const *argv)
{
  char const *const env[] = {"PATH=/bin", 0};
  stralloc dropped = STRALLOC_ZERO;

  memset(&o, 0, sizeof o);
  o.prog = "test";
  o.limit = 10;
  o.prog_argv = argv;
  ok(admit_init(&a, &o, env, &dropped), "start");
}

/* A rule for 192.0.2.1 that says so. */
static void rule(char const *env)
{
  int fd = open("rules.cdb", O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);

  if (!cdbmap_make_add(mk, "192.0.2.1", 9, env, strlen(env) + 1) ||
      !cdbmap_make_finish(mk))
    abort();
  cdbmap_make_free(mk);
  close(fd);
  ruleset_init(&a.rules, "rules.cdb", 0);
}

/* How many may wait for a lookup; at most 9. */
static int may_wait(char const *last)
{
  struct client c[10];
  int p[10], n = 0;

  for (; n < 9; n++) {
    c[n] = client("192.0.2.1");
    p[n] = peer;
    if (!admit_enter(&a, c + n, 2 * SEC, 1)) break;
  }
  if (n < 9 && !hears(last)) n = -1;
  for (int i = 0; i < n; i++) {
    limit_leave(&a.limit, c[i].address);
    close(c[i].fd);
    close(p[i]);
  }
  return n;
}

static void waiting(char const *const *argv)
{
  static char const many[] =
      "421 4.7.0 too many connections from your address\r\n";

  start(argv);
  ok(may_wait("") == 9, "no limit");
  o.per_ip = 2;
  ok(may_wait(many) == 2, "-C, while nobody knows a name");
  rule("+MAXCONNIP=4");
  ok(may_wait(many) == 4, "or what a rule for the address says");
  rule("+MAXCONNIP=0");
  ok(may_wait(many) == 9, "which may be no limit");
  rule("+DIEMSG=450 no");
  ok(may_wait("450 no\r\n") == 2, "or another line");
  rule("+MAXCONNIP=x");
  ok(may_wait(many) == 2, "a damaged one is told later");
  admit_free(&a);
}

int main(void)
{
  char const *const argv[] = {"/bin/sleep", "0", 0};
  char const *const missing[] = {"/no/such/program", 0};
  struct client c, d;
  int other;

  start(argv);
  o.per_ip = 1;
  c = client("192.0.2.1");
  other = peer;
  ok(admit_enter(&a, &c, SEC, 0), "the first");
  d = client("192.0.2.1");
  ok(admit_enter(&a, &d, SEC, 0), "the second is judged later");
  admit_judge(&a, &d, SEC);
  ok(hears("421 4.7.0 too many connections from your address\r\n"),
     "and has one too many");
  ok(limit_count(&a.limit, c.address) == 1, "which is not counted any more");
  d = client("192.0.2.1");
  ok(!admit_enter(&a, &d, SEC, 1) &&
         hears("421 4.7.0 too many connections from your address\r\n"),
     "one that would wait for a lookup is not kept");
  admit_judge(&a, &c, SEC);
  peer = other;
  ok(hears("") && a.limit.children == 1, "a program");
  while (a.limit.children)
    admit_reap(&a);
  d = client("192.0.2.1");
  ok(admit_enter(&a, &d, SEC, 1), "it has ended: room again");
  limit_leave(&a.limit, d.address);
  admit_turn_away(&a, d.fd, VERDICT_RESOURCES);
  ok(hears("421 4.3.2 out of resources, try again later\r\n"),
     "out of resources");
  o.refusal = "-ERR no\r\nDATA";
  d = client("192.0.2.1");
  admit_turn_away(&a, d.fd, VERDICT_RATE);
  ok(hears("-ERR no\r\n"), "-m, one line of it");
  o.refusal = "";
  d = client("192.0.2.1");
  admit_turn_away(&a, d.fd, VERDICT_RATE);
  ok(hears(""), "-m '': silence");
  admit_free(&a);

  start(argv);
  ruleset_init(&a.rules, "no-such-file", 0);
  c = client("192.0.2.1");
  ok(admit_enter(&a, &c, SEC, 0), "without rules");
  admit_judge(&a, &c, SEC);
  ok(hears("421 4.3.0 temporarily unable to decide, try again later\r\n") &&
         !a.limit.children,
     "nobody gets in");
  admit_free(&a);

  start(missing);
  c = client("192.0.2.1");
  ok(admit_enter(&a, &c, SEC, 0), "without a program");
  admit_judge(&a, &c, SEC);
  ok(hears("421 4.3.2 out of resources, try again later\r\n"), "says so");
  while (a.limit.children)
    admit_reap(&a);
  admit_free(&a);
  waiting(argv);
  return done();
}
