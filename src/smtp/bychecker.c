#include <string.h>

#include "bychecker.h"
#include "limits.h"

static int list(struct smtp *s, struct login_mechanism *m, size_t *n,
                char const **why)
{
  (void)why;
  *n = 0;
  for (enum sasl_mechanism i = SASL_PLAIN; i <= SASL_CRAM_MD5; i++)
    if (s->set->mechanisms & SASL_BIT(i))
      m[(*n)++] = (struct login_mechanism){sasl_name(i), i != SASL_CRAM_MD5};
  return 1;
}

static enum attempt_step say(struct attempt *a, enum attempt_step step,
                             char const *why)
{
  a->why = why;
  return step;
}

/* With -p: does it refuse what nobody can know?  One that does not will not
   learn it in this session. */
static enum attempt_step prove(struct smtp *s, struct attempt *a,
                               struct checker const *c)
{
  int status;

  if (!s->set->prove) return ATTEMPT_RIGHT;
  switch (checker_probe(c, &status, a->reason)) {
  case CHECKER_WRONG: return ATTEMPT_RIGHT;
  case CHECKER_OK:
    s->auth_off = 1;
    return say(a, ATTEMPT_FAILED, "the checker accepts every password");
  default: return say(a, ATTEMPT_FAILED, a->reason);
  }
}

static enum attempt_step ask(struct smtp *s, struct attempt *a)
{
  struct checker c = {.argv = s->set->checker,
                      .order = s->set->order,
                      .timeout = LIMIT_LOGIN_SECONDS};
  int status;

  switch (checker_run(&c, &a->sasl, &status, a->reason)) {
  case CHECKER_OK: return prove(s, a, &c);
  case CHECKER_WRONG: return say(a, ATTEMPT_WRONG, a->reason);
  case CHECKER_TOO_LONG: return say(a, ATTEMPT_WRONG, "too long");
  case CHECKER_FAILED: break;
  }
  return say(a, ATTEMPT_FAILED, a->reason);
}

static enum attempt_step judge(struct smtp *s, struct attempt *a,
                               enum sasl_step step)
{
  a->user = a->sasl.user.s;
  a->user_len = a->sasl.user.len;
  switch (step) {
  case SASL_CHALLENGE: return ATTEMPT_MORE;
  case SASL_DONE: return ask(s, a);
  case SASL_NOMEM: return say(a, ATTEMPT_FAILED, "out of memory");
  default: return ATTEMPT_BAD;
  }
}

static enum attempt_step start(struct smtp *s, struct attempt *a,
                               char const *initial, size_t len)
{
  enum sasl_mechanism m = sasl_find(a->mechanism, strlen(a->mechanism));

  return judge(
      s, a, sasl_start(&a->sasl, m, s->set->auth_host, initial, len, &a->out));
}

static enum attempt_step feed(struct smtp *s, struct attempt *a,
                              char const *line, size_t len)
{
  return judge(s, a, sasl_feed(&a->sasl, line, len, &a->out));
}

static void end(struct smtp *s, struct attempt *a)
{
  (void)s;
  sasl_free(&a->sasl);
}

struct backend const bychecker = {list, start, feed, end};
