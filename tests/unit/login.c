/* Unit test of src/smtp/login.c: the environment that follows from it, and the
   answers that need no checker. */
#include "dialogue.h"
#include "login.h"
#include "unit.h"

/* modifs as one string, NULs as blanks */
static int modifs_are(struct smtp const *s, char const *want)
{
  stralloc sa = STRALLOC_ZERO;
  int good = login_env(s, &sa) && stralloc_0(&sa);

  for (size_t i = 0; good && i + 1 < sa.len; i++)
    if (!sa.s[i]) sa.s[i] = ' ';
  good = good && !strcmp(sa.s, want);
  stralloc_free(&sa);
  return good;
}

static struct {
  char const *in;
  char const *want;
} const t[] = {
    {"AUTH PLAIN", "334 \r\n"},
    {"AUTH LOGIN", "334 VXNlcm5hbWU6\r\n"},
    {"AUTH CRAM-MD5", "504 5.5.4 auth type unimplemented\r\n"},
    {"AUTH PLAIN *\r\n", "501"},
};

int main(void)
{
  struct smtp s = {0};
  struct settings set = dialogue_settings();

  ok(modifs_are(&s, "SMTPAUTHUSER SMTP_AUTH_USER AUTHUSER SMTPAUTHMETHOD "
                    "AUTHPROTOCOL "),
     "nobody: all are removed");
  stralloc_copyb(&s.user, "() { x; }@b", 12);
  strcpy(s.mechanism, "PLAIN");
  ok(modifs_are(&s, "SMTPAUTHUSER=?\??\??x?\??@b SMTP_AUTH_USER=?\??\??x?\??@b "
                    "AUTHUSER=?\??\??x?\??@b SMTPAUTHMETHOD=PLAIN "
                    "AUTHPROTOCOL=PLAIN TCPREMOTEINFO=?\??\??x?\??@b "
                    "RELAYCLIENT= "),
     "a name that a shell would like");
  stralloc_free(&s.user);

  set.mechanisms = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_LOGIN);
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    char in[64];

    set.plain_auth = 1;
    snprintf(in, sizeof in, "EHLO c\r\n%s\r\n", t[i].in);
    ok(!!strstr(dialogue_rest(&set, in), t[i].want), t[i].in);
  }
  set.plain_auth = 0;
  ok(!!strstr(dialogue_rest(&set, "EHLO c\r\nAUTH PLAIN\r\n"), "538 5.7.11"),
     "no prompt in clear");
  set.mechanisms = 0;
  ok(!!strstr(dialogue_rest(&set, "EHLO c\r\nAUTH PLAIN\r\n"), "503 5.5.1"),
     "no AUTH at all");
  settings_free(&set);
  return done();
}
