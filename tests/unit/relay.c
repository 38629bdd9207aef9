/*
 * Unit test of src/lib/relay.c: every combination of its inputs, against the
 * table of the design written as a list; and no right, no relay.
 */
#include <string.h>

#include "relay.h"
#include "unit.h"

static char const *const users[] = {0, "", "joe@example.org", "grant:joe"};
static char const *const certs[] = {0, "", "mx2", "grant:x"};
static char const *const clients[] = {0, "", "@fixme", "rule:x"};
static struct {
  char const *text;
  enum relay relay; /* what it means beside RELAYCLIENT */
  char const *name;
} const whys[] = {
    {0, RELAY_ENV, ""},
    {"", RELAY_ENV, ""},
    {"grant:roam", RELAY_GRANT, "roam"},
    {"grant:", RELAY_ENV, ""},
    {"grant", RELAY_ENV, ""},
    {"Grant:roam", RELAY_ENV, ""},
    {"cert:mx.example.org", RELAY_CERT, "mx.example.org"},
    {"cert:", RELAY_ENV, ""},
    {"rule:192.168.10.", RELAY_RULE, "192.168.10."},
    {"rule:", RELAY_RULE, ""},
    {"rule", RELAY_ENV, ""},
    {"auth:joe", RELAY_ENV, ""},
    {"local", RELAY_ENV, ""},
    {"backup", RELAY_ENV, ""},
    {"none", RELAY_ENV, ""},
    {"env", RELAY_ENV, ""},
    {" rule:x", RELAY_ENV, ""},
    {"suppressed:gateway", RELAY_ENV, ""},
    {"suppressed:", RELAY_ENV, ""},
};

static enum relay want(struct relay_facts const *f, size_t why,
                       char const **name)
{
  *name = "";
  if (f->local) return RELAY_LOCAL;
  if (f->user && f->user[0]) return *name = f->user, RELAY_AUTH;
  if (f->relayclient && whys[why].relay == RELAY_GRANT)
    return *name = whys[why].name, RELAY_GRANT;
  if (f->cert && f->cert[0]) return *name = f->cert, RELAY_CERT;
  if (f->relayclient && whys[why].relay != RELAY_ENV)
    return *name = whys[why].name, whys[why].relay;
  if (f->backup) return RELAY_BACKUP;
  if (f->relayclient) return RELAY_ENV;
  if (whys[why].text && !strcmp(whys[why].text, "suppressed:gateway"))
    *name = whys[why].text;
  return RELAY_NONE;
}

static unsigned int combinations, wrong, open;

static void one(struct relay_facts const *f, size_t why)
{
  char const *name, *expected;
  enum relay r = relay_decide(f, &name);

  combinations++;
  if (r != want(f, why, &expected) || strcmp(name, expected)) wrong++;
  /* said apart from the model: without any right there is no relay */
  if (!f->local && !f->backup && !(f->user && f->user[0]) &&
      !(f->cert && f->cert[0]) && !f->relayclient && r != RELAY_NONE)
    open++;
}

static struct {
  enum relay relay;
  char const *prefix;
} const prefixes[] = {
    {RELAY_NONE, "none"},  {RELAY_ENV, "env"},     {RELAY_BACKUP, "backup"},
    {RELAY_RULE, "rule:"}, {RELAY_CERT, "cert:"},  {RELAY_GRANT, "grant:"},
    {RELAY_AUTH, "auth:"}, {RELAY_LOCAL, "local"},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

int main(void)
{
  for (size_t u = 0; u < COUNT(users); u++)
    for (size_t x = 0; x < COUNT(certs); x++)
      for (size_t c = 0; c < COUNT(clients); c++)
        for (size_t w = 0; w < COUNT(whys); w++)
          for (int bits = 0; bits < 4; bits++) {
            struct relay_facts f = {bits & 1, bits >> 1,  users[u],
                                    certs[x], clients[c], whys[w].text};
            one(&f, w);
          }
  printf("# %u combinations\n", combinations);
  ok(combinations == 4 * 4 * 4 * 19 * 4 && !wrong, "the table of the design");
  ok(!open, "no right, no relay");
  for (size_t i = 0; i < COUNT(prefixes); i++)
    ok(!strcmp(relay_prefix(prefixes[i].relay, ""), prefixes[i].prefix),
       prefixes[i].prefix);
  ok(!*relay_prefix(RELAY_NONE, "suppressed:gateway") &&
         !strcmp(relay_prefix(RELAY_NONE, "suppressed:"), "none") &&
         !strcmp(relay_prefix(RELAY_RULE, "suppressed:x"), "rule:"),
     "suppressed");
  return done();
}
