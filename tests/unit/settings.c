/* Unit test of src/lib/settings.c: the environment; control files have their
   own test. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "settings.h"
#include "unit.h"

#define P SASL_BIT(SASL_PLAIN)
#define C SASL_BIT(SASL_CRAM_MD5)

static char const *const checker[] = {"checker", "/bin/true", 0};
static char const *const slip[] = {"/bin/true", "x", 0};
static char const *const alone[] = {"checker", 0};

static struct {
  char const *name; /* of a variable */
  char const *value;
  char const *const *checker;
  int good;
  unsigned int mechanisms;
  int private; /* or as good as that */
  int required;
} const t[] = {
    {"X", "", checker, 1, P | C, 0, 0},
    {"POSTERN_PLAINAUTH", "ok", checker, 1, P | C, 1, 0},
    {"POSTERN_PLAINAUTH", "yes", checker, 0, 0, 0, 0},
    {"POSTERN_TLS", "X", checker, 1, P | C, 1, 0},
    {"POSTERN_TLS", "", checker, 1, P | C, 0, 0},
    {"PROTO", "SSL", checker, 1, P | C, 1, 0},
    {"PROTO", "TCP", checker, 1, P | C, 0, 0},
    {"SMTPAUTH", "", checker, 1, P | C, 0, 0},
    {"SMTPAUTH", "-", checker, 1, 0, 0, 0},
    {"SMTPAUTH", "0", checker, 1, 0, 0, 0},
    {"SMTPAUTH", "!", checker, 1, P | C, 0, 1},
    {"SMTPAUTH", "!cram", checker, 1, C, 0, 1},
    {"SMTPAUTH", "+CRAM", checker, 1, P | C, 0, 0},
    {"SMTPAUTH", "12", checker, 0, 0, 0, 0},
    {"X", "", 0, 1, 0, 0, 0},
    {"SMTPAUTH", "!", 0, 1, 0, 0, 1},
    {"X", "", slip, 1, 0, 0, 0},
    {"X", "", alone, 1, 0, 0, 0},
    {"SSL_CIPHER", "a b", checker, 1, P | C, 0, 0}, /* nobody looks */
    {"UCSPITLS", "", checker, 1, P | C, 0, 0},
    {"DATABYTES", "12", checker, 1, P | C, 0, 0},
    {"DATABYTES", "12k", checker, 0, 0, 0, 0},
    {"DATABYTES", "", checker, 1, P | C, 0, 0},
    {"POSTERN_BARELF", "normalize", checker, 1, P | C, 0, 0},
    {"POSTERN_BARELF", "1", checker, 0, 0, 0, 0},
};

static void put(char const *name, char const *text)
{
  FILE *f = fopen(name, "w");

  if (f) fputs(text, f), fclose(f);
}

static int loads(struct settings *s)
{
  *s = (struct settings){.control = {.dir = "control"}};
  return settings_load(s);
}

/* relaycerts is read where TLS can be, and only there. */
static void certificates(void)
{
  struct settings s;

  put("control/relaycerts", "00:11 mx\n");
  ok(loads(&s), "relaycerts, and no TLS");
  settings_free(&s);
  setenv("POSTERN_TLS", "TLSv1.3", 1);
  ok(!loads(&s) && !strcmp(s.control.why.s, "control/relaycerts:1: not a "
                                            "SHA-256 fingerprint"),
     "relaycerts, and TLS");
  settings_free(&s);
  put("control/relaycerts", "# none\n");
  setenv("SSL_CIPHER", "X", 1);
  ok(loads(&s) && s.tls.active && !strcmp(s.tls.cipher, "X"), "facts");
  settings_free(&s);
  setenv("POSTERN_CERT_SHA256", "0", 1);
  ok(!loads(&s), "damaged facts");
  settings_free(&s);
  unsetenv("POSTERN_TLS");
  ok(loads(&s) && !s.tls.active, "of no TLS");
  settings_free(&s);
  unsetenv("POSTERN_CERT_SHA256");
  unsetenv("SSL_CIPHER");
}

/* What SMTPAUTH and -m say of the auth server's. */
static void names(void)
{
  struct settings s = {0};

  ok(settings_named(&s, "SCRAM-SHA-256"), "any");
  s.named = " plain  CRAM-md5 ";
  ok(settings_named(&s, "PLAIN") && settings_named(&s, "CRAM-MD5") &&
         !settings_named(&s, "LOGIN") && !settings_named(&s, "PLAI"),
     "some");
  s.cram = CRAM_ONLY;
  ok(!settings_named(&s, "PLAIN") && settings_named(&s, "CRAM-MD5"), "cram");
  s.cram = CRAM_TOO;
  s.named = "LOGIN";
  ok(settings_named(&s, "LOGIN") && settings_named(&s, "CRAM-MD5") &&
         !settings_named(&s, "PLAIN"),
     "+cram");
  s.named = "";
  s.cram = CRAM_AS_IS;
  ok(!settings_named(&s, "PLAIN"), "none");
}

int main(void)
{

  mkdir("control", 0700);
  put("control/me", "me.example\n");
  put("control/smtpgreeting", "me.example hello\n");
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct settings s = {.control = {.dir = "control"},
                         .mechanisms = P | C,
                         .checker = t[i].checker};
    char name[64];
    int good;

    snprintf(name, sizeof name, "%s=%s", t[i].name, t[i].value);
    setenv(t[i].name, t[i].value, 1);
    good = settings_load(&s);
    unsetenv(t[i].name);
    ok(good == t[i].good &&
           (!good || (s.mechanisms == t[i].mechanisms &&
                      (s.tls.active || s.plain_auth) == t[i].private &&
                      s.auth_required == t[i].required)),
       name);
    settings_free(&s);
  }
  {
    struct settings s = {.control = {.dir = "control"}};

    setenv("RELAYCLIENT", "", 1);
    setenv("QMAILQUEUE", "", 1);
    ok(settings_load(&s) && s.relayclient && !*s.relayclient && !s.queue &&
           !strcmp(s.me.s, "me.example") &&
           !strcmp(s.greeting.s, "me.example hello") &&
           !strcmp(s.localiphost.s, "me.example") && !s.has_rcpthosts &&
           s.timeout == 1200 && s.barelf == EOD_REJECT,
       "what is not said");
    settings_free(&s);
  }
  certificates();
  names();
  return done();
}
