#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "checkerjudge.h"
#include "session.h"

_Static_assert(JUDGE_REASON >= 64, "a reason of the checker's fits");

static int set(char const *name, char const *value)
{
  return value ? !setenv(name, value, 1) : !unsetenv(name);
}

static int set_address(char const *name, char const *value)
{
  ip46 ip;

  return set(name, value && addr_scan(value, &ip) ? value : 0);
}

static int set_environment(struct judge_case const *about)
{
  char const *session = about->session;

  if (session && !session_good(session)) session = 0;
  return set_address("TCPREMOTEIP", about->remote_ip) &&
         set_address("TCPLOCALIP", about->local_ip) &&
         set("POSTERN_SESSION", session);
}

static enum judge_result say(char reason[JUDGE_REASON], enum judge_result r,
                             char const *why)
{
  memcpy(reason, why, strlen(why) + 1);
  return r;
}

static enum judge_result password(void *data, struct judge_case const *about,
                                  struct sasl const *s,
                                  char reason[JUDGE_REASON])
{
  struct checker const *c = data;
  int status;

  if (!set_environment(about))
    return say(reason, JUDGE_FAILED, "out of memory");
  switch (checker_run(c, s, &status, reason)) {
  case CHECKER_OK: return JUDGE_OK;
  case CHECKER_WRONG: return say(reason, JUDGE_WRONG, "secret");
  case CHECKER_TOO_LONG: return say(reason, JUDGE_WRONG, "too-long");
  case CHECKER_FAILED: break;
  }
  return JUDGE_FAILED;
}

void checkerjudge_init(struct judge *j, struct checker *c)
{
  j->data = c;
  j->fold = 0;
  j->password = password;
  j->secret = 0;
  j->known = 0;
}
