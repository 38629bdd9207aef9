/* Unit test of src/admin/why.c: codes by case.  What it prints is
   tests/admin/postern-why.t's, and that sessions agree tests/admin/agree.t's.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "addr.h"
#include "unit.h"
#include "why.h"

static void put(char const *path, char const *s)
{
  FILE *f = fopen(path, "w");

  if (!f || fputs(s, f) < 0 || fclose(f)) abort();
}

static struct why_case somebody(char const *const *env)
{
  struct why_case c = {.env = env,
                       .maxage = 100,
                       .bits6 = 64,
                       .control = "control",
                       .mechanism = "PLAIN",
                       .recipient = "<a@far.example>"};

  addr_scan("192.0.2.1", &c.client.remote);
  c.client.local = c.client.remote;
  return c;
}

static enum why_code run(struct why_case const *c, char const *says)
{
  struct whyprint p = {.json = 1};
  enum why_code code = why_run(c, &p);

  if (!stralloc_0(&p.out) || !strstr(p.out.s, says)) {
    printf("# %s\n", p.out.s);
    code = (enum why_code) - 1;
  }
  whyprint_free(&p);
  return code;
}

int main(void)
{
  static char const *const none[] = {0};
  static char const *const relay[] = {"RELAYCLIENT=", 0};
  struct why_case c = somebody(none);

  setenv("RELAYCLIENT", "", 1);
  mkdir("control", 0700);
  put("control/me", "mx.example\n");
  put("control/rcpthosts", "local.example\n");
  ok(run(&c, "\"code\":553") == WHY_REFUSED, "our own environment is not his");
  ok(getenv("RELAYCLIENT") != 0, "and stays as it was");
  c.user = "joe";
  c.tls = 1;
  ok(run(&c, "\"relay\":\"auth:joe\"") == WHY_ACCEPTED, "who logged in");
  c = somebody(relay);
  ok(run(&c, "removes") == WHY_REFUSED, "the listener's is removed");
  c.keep = 1;
  ok(run(&c, "\"relay\":\"env\"") == WHY_ACCEPTED, "or kept");
  c = somebody(none);
  c.grants = "absent";
  ok(run(&c, "\"doubt\":\"absent") == WHY_UNKNOWN, "no store");
  c.recipient = "<a@local.example>";
  ok(run(&c, "\"relay\":\"local\"") == WHY_ACCEPTED,
     "which does not matter for our own");
  c.rules = "absent.cdb";
  ok(run(&c, "\"verb\":\"CONNECT\"") == WHY_UNKNOWN, "no rules");
  c.may_be_missing = 1;
  ok(run(&c, "\"relay\":\"local\"") == WHY_ACCEPTED, "-X");
  c.per_ip = c.has_per_ip = 1;
  c.count = 2;
  ok(run(&c, "\"why\":\"limit\"") == WHY_REFUSED, "too many connections");
  c = somebody(none);
  c.control = "absent";
  ok(run(&c, "421 4.3.0") == WHY_UNKNOWN, "no control files");
  return done();
}
