/* Unit test of src/smtp/recipient.c: RCPT, by client and recipient. */
#include "dialogue.h"
#include "unit.h"

static struct {
  char const *to;
  char const *relayclient;
  char const *reason;
  int code;
  char const *relay; /* in the log */
} const t[] = {
    {"<joe@local.example>", 0, 0, 250, "relay=local "},
    {"<joe@foreign.example>", 0, 0, 553, "relay=none "},
    {"<joe@foreign.example>", 0, "rule:x", 553, "relay=none "},
    {"<joe@foreign.example>", "", "rule:x", 250, "relay=rule:x "},
    {"<joe@foreign.example>", "", 0, 250, "relay=env "},
    {"<joe@foreign.example>", "@gate", 0, 250, "to=joe@foreign.example "},
    {"<joe@foreign.example>", "not a domain", 0, 553, "why=suffix"},
    {"<joe%x@local.example>", 0, 0, 553, "relay=none "},
    {"<joe%x@local.example>", "", "grant:joe", 250, "relay=local "},
    {"<postmaster>", 0, 0, 250, "relay=local "},
    {"<root>", 0, 0, 553, "why=syntax"},
    {"<joe@local.example> X", 0, 0, 555, "why=syntax"},
    {"<j\xc3\xb6@local.example>", 0, 0, 553, "why=syntax"},
};

static int logged(char const *what)
{
  static char buf[8192];
  FILE *f = fopen("log", "r");
  size_t n = f ? fread(buf, 1, sizeof buf - 1, f) : 0;

  if (f) fclose(f);
  buf[n] = 0;
  return !!strstr(buf, what);
}

int main(void)
{
  struct settings set = dialogue_settings();

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    char in[256], want[32];
    char const *got;

    set.relayclient = t[i].relayclient;
    set.relayreason = t[i].reason;
    snprintf(in, sizeof in, "MAIL FROM:<>\r\nRCPT TO:%s\r\n", t[i].to);
    snprintf(want, sizeof want, "\r\n%d ", t[i].code);
    got = dialogue_rest(&set, in);
    ok(strstr(got, want) && logged(t[i].relay), t[i].to);
  }
  set.relayclient = 0;
  ok(!!strstr(dialogue_rest(&set, "MAIL FROM:<>\r\n"
                                  "RCPT TO:<a@local.example>\r\n"
                                  "RCPT TO:<b@local.example>\r\n"
                                  "RCPT TO:<c@local.example>\r\n"
                                  "RCPT TO:<d@local.example>\r\n"),
              "452 4.5.3 too many recipients\r\n"),
     "too many");
  set.has_rcpthosts = 0;
  ok(!!strstr(
         dialogue_rest(&set, "MAIL FROM:<>\r\nRCPT TO:<a@local.example>\r\n"),
         "553 5.7.1"),
     "without rcpthosts nothing is local");
  settings_free(&set);
  return done();
}
