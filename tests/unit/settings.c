/* Unit test of src/smtp/settings.c: the environment; control files have their
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
  unsigned int offered;
  int required;
} const t[] = {
    {"X", "", checker, 1, P | C, C, 0},
    {"POSTERN_PLAINAUTH", "ok", checker, 1, P | C, P | C, 0},
    {"POSTERN_PLAINAUTH", "yes", checker, 0, 0, 0, 0},
    {"POSTERN_TLS", "X", checker, 1, P | C, P | C, 0},
    {"POSTERN_TLS", "", checker, 1, P | C, C, 0},
    {"PROTO", "SSL", checker, 1, P | C, P | C, 0},
    {"PROTO", "TCP", checker, 1, P | C, C, 0},
    {"SMTPAUTH", "", checker, 1, P | C, C, 0},
    {"SMTPAUTH", "-", checker, 1, 0, 0, 0},
    {"SMTPAUTH", "0", checker, 1, 0, 0, 0},
    {"SMTPAUTH", "!", checker, 1, P | C, C, 1},
    {"SMTPAUTH", "!cram", checker, 1, C, C, 1},
    {"SMTPAUTH", "+CRAM", checker, 1, P | C, C, 0},
    {"SMTPAUTH", "12", checker, 0, 0, 0, 0},
    {"X", "", 0, 1, 0, 0, 0},
    {"SMTPAUTH", "!", 0, 1, 0, 0, 1},
    {"X", "", slip, 1, 0, 0, 0},
    {"X", "", alone, 1, 0, 0, 0},
    {"DATABYTES", "12", checker, 1, P | C, C, 0},
    {"DATABYTES", "12k", checker, 0, 0, 0, 0},
    {"DATABYTES", "", checker, 1, P | C, C, 0},
    {"POSTERN_BARELF", "normalize", checker, 1, P | C, C, 0},
    {"POSTERN_BARELF", "1", checker, 0, 0, 0, 0},
};

int main(void)
{
  FILE *f;

  mkdir("control", 0700);
  f = fopen("control/me", "w");
  if (f) fputs("me.example\n", f), fclose(f);
  f = fopen("control/smtpgreeting", "w");
  if (f) fputs("me.example hello\n", f), fclose(f);
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
    ok(good == t[i].good && (!good || (s.mechanisms == t[i].mechanisms &&
                                       settings_offered(&s) == t[i].offered &&
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
  return done();
}
