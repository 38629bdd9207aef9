/* Unit test of src/smtp/bychecker.c: each answer of a checker's. */
#include "bychecker.h"
#include "dialogue.h"
#include "unit.h"

/* joe is right, jim wrong; for others the checker fails. */
static char const *const checker[] = {
    "sh", "-c",
    "case $(tr '\\0' , <&3) in joe,x,,) exit 0;; jim,*) exit 1;; *) exit 111;; "
    "esac",
    "sh", 0};
static char const *const open_door[] = {"sh", "-c", "exit 0", "sh", 0};

static enum attempt_step start(struct smtp *s, char const *mechanism,
                               char const *initial, char *user)
{
  struct attempt a = {0};
  enum attempt_step step;

  strcpy(a.mechanism, mechanism);
  step = bychecker.start(s, &a, initial, initial ? strlen(initial) : 0);
  user[0] = 0;
  if (a.user_len) memcpy(user, a.user, a.user_len);
  user[a.user_len] = 0;
  bychecker.end(s, &a);
  stralloc_free(&a.out);
  return step;
}

static struct {
  char const *mechanism;
  char const *initial;
  enum attempt_step step;
  char const *user;
} const t[] = {
    {"PLAIN", "AGpvZQB4", ATTEMPT_RIGHT, "joe"},
    {"PLAIN", "AGppbQB4", ATTEMPT_WRONG, "jim"},
    {"PLAIN", "AGFubgB4", ATTEMPT_FAILED, "ann"},
    {"PLAIN", "AGpvZQB", ATTEMPT_BAD, ""},
    {"PLAIN", 0, ATTEMPT_MORE, ""},
    {"LOGIN", "am9l", ATTEMPT_MORE, "joe"},
    {"CRAM-MD5", 0, ATTEMPT_MORE, ""},
    {"CRAM-MD5", "am9l", ATTEMPT_BAD, ""},
};

int main(void)
{
  struct settings set = dialogue_settings();
  struct smtp s = {.set = &set};
  struct login_mechanism m[LOGIN_MECHANISMS];
  char const *why;
  char user[64];
  size_t n;

  set.checker = checker;
  set.auth_host = "mx.example";
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    ok(start(&s, t[i].mechanism, t[i].initial, user) == t[i].step &&
           !strcmp(user, t[i].user),
       t[i].mechanism);
  set.checker = open_door;
  ok(start(&s, "PLAIN", "AGpvZQB4", user) == ATTEMPT_RIGHT, "an open door");
  set.prove = 1;
  ok(start(&s, "PLAIN", "AGpvZQB4", user) == ATTEMPT_FAILED, "is found out");
  ok(bychecker.list(&s, m, &n, &why) && !n, "no mechanism");
  set.mechanisms = SASL_BIT(SASL_LOGIN) | SASL_BIT(SASL_CRAM_MD5);
  ok(bychecker.list(&s, m, &n, &why) && n == 2 && !strcmp(m[0].name, "LOGIN") &&
         m[0].plaintext && !strcmp(m[1].name, "CRAM-MD5") && !m[1].plaintext,
     "two");
  settings_free(&set);
  return done();
}
