/* Unit test of src/auth/checkerjudge.c: what a checker says, and what it is
   told. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkerjudge.h"
#include "unit.h"

static struct {
  char const *name;
  char const *script;
  enum judge_result want;
  char const *reason;
} const t[] = {
    {"right", "exit 0", JUDGE_OK, ""},
    {"wrong", "exit 1", JUDGE_WRONG, "secret"},
    {"temporary", "exit 111", JUDGE_FAILED, "exit 111"},
    {"killed", "kill -9 $$", JUDGE_FAILED, "signal 9"},
    {"the address",
     "[ \"$TCPREMOTEIP-$TCPLOCALIP-$POSTERN_SESSION\" = "
     "192.0.2.7-2001:db8::1-s.1 ]",
     JUDGE_OK, ""},
};

static struct judge judge;

static enum judge_result ask(char const *script, struct judge_case const *about,
                             char const *secret, char reason[JUDGE_REASON])
{
  char const *argv[] = {"sh", "-c", script, 0};
  struct checker c = {.argv = argv, .timeout = 60};
  struct sasl s = {.mechanism = SASL_PLAIN};
  enum judge_result r;

  strcpy(reason, "");
  checkerjudge_init(&judge, &c);
  sasl_keep(&s.user, "tim", 3);
  sasl_keep(&s.secret, secret, strlen(secret));
  r = judge.password(judge.data, about, &s, reason);
  sasl_free(&s);
  return r;
}

int main(void)
{
  struct judge_case good = {.user = "tim",
                            .remote_ip = "192.0.2.7",
                            .local_ip = "2001:db8::1",
                            .session = "s.1"};
  struct judge_case odd = {.user = "tim",
                           .remote_ip = "192.0.2.7; reboot",
                           .local_ip = "",
                           .session = "a b"};
  struct judge_case none = {.user = "tim"};
  char reason[JUDGE_REASON], big[600];

  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    ok(ask(t[i].script, &good, "pw", reason) == t[i].want &&
           (t[i].want == JUDGE_OK || !strcmp(reason, t[i].reason)),
       t[i].name);
  ok(ask("[ \"$(tr '\\000' , <&3)\" = tim,pw,, ]", &good, "pw", reason) ==
         JUDGE_OK,
     "descriptor 3");
  ok(ask("[ -z \"${TCPREMOTEIP+x}${TCPLOCALIP+x}${POSTERN_SESSION+x}\" ]", &odd,
         "pw", reason) == JUDGE_OK,
     "what is not of the form is not told");
  setenv("TCPREMOTEIP", "192.0.2.1", 1);
  ok(ask("[ -z \"${TCPREMOTEIP+x}\" ]", &none, "pw", reason) == JUDGE_OK,
     "nor what was there before");
  memset(big, 'x', sizeof big);
  big[sizeof big - 1] = 0;
  ok(ask("exit 0", &good, big, reason) == JUDGE_WRONG &&
         !strcmp(reason, "too-long"),
     "more than 512 bytes");
  ok(!judge.secret && !judge.known && !judge.fold,
     "of the rest it knows nothing");
  return done();
}
