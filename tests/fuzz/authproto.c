/*
 * A whole connection with fixed users: the first byte is how much time passes
 * with each line, the rest the client's lines.  The judge never believes a
 * password that is not "pw".  Whatever the client says: every line of ours is
 * one, the numbers in it are the client's, an OK is for who was right, and
 * nothing is left when it ends.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authline.h"
#include "authproto.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

#define SALT "0123456789abcdef"

struct judged {
  int right; /* how many were, and were not told yet */
};

static enum judge_result password(void *data, struct judge_case const *c,
                                  struct sasl const *s,
                                  char reason[JUDGE_REASON])
{
  struct judged *j = data;

  if (!c->user || !*c->user || !s->secret.len) abort();
  strcpy(reason, "secret");
  if (strcmp(c->user, "tim")) return JUDGE_WRONG;
  if (strcmp(s->secret.s, "pw")) return JUDGE_WRONG;
  j->right++;
  return JUDGE_OK;
}

static enum judge_result secret(void *data, struct judge_case const *c,
                                struct scram_secret *x,
                                char reason[JUDGE_REASON])
{
  (void)data;
  if (!c->user || !*c->user) abort();
  *x = (struct scram_secret){.iterations = 4096, .salt_len = 16};
  memcpy(x->salt, SALT, 16);
  strcpy(reason, "unknown");
  /* a key of zeros: a proof that nobody can make by chance */
  return strcmp(c->user, "tim") ? JUDGE_WRONG : JUDGE_OK;
}

static enum judge_result known(void *data, struct judge_case const *c,
                               char reason[JUDGE_REASON])
{
  struct judged *j = data;

  strcpy(reason, "unknown");
  if (strcmp(c->user, "tim")) return JUDGE_WRONG;
  j->right++;
  return JUDGE_OK;
}

static enum judge_result ask(void *counter, struct judge_case const *c,
                             unsigned int *delay)
{
  (void)counter;
  *delay = c->user[0] & 3;
  return c->user[0] == 'r' ? JUDGE_REFUSED : JUDGE_OK;
}

static void tell(void *counter, struct judge_case const *c, enum judge_result r)
{
  (void)counter;
  if (!c->user || r == JUDGE_REFUSED) abort();
}

static void told(void *data, struct exchange const *x)
{
  (void)data;
  if (!x->about.mechanism) abort();
  if (x->result == JUDGE_OK && (!x->about.user || strcmp(x->about.user, "tim")))
    abort();
  if (x->result != JUDGE_OK && !*x->reason) abort();
}

/* Take apart what we said, as a client does. */
static void check(struct authproto *p, struct judged *j)
{
  char *s = p->out.s, *end = s + p->out.len;

  while (s < end) {
    char *lf = memchr(s, '\n', (size_t)(end - s));
    struct authline l;

    if (!lf || lf - s >= AUTHLINE_MAX) abort();
    if (!authline_split(&l, s, (size_t)(lf - s)) || !authline_id(&l, 1))
      abort();
    if (!strcmp(l.word[0], "OK")) {
      char const *user = authline_get(&l, 2, "user");

      if (!user || strcmp(user, "tim") || !j->right--) abort();
    } else if (!strcmp(l.word[0], "FAIL")) {
      if (authline_get(&l, 2, "token")) abort();
    } else if (strcmp(l.word[0], "CONT")) {
      abort();
    }
    s = lf + 1;
  }
  p->out.len = 0;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct judged j = {0};
  struct authproto_settings s = {.judge = {.data = &j,
                                           .fold = 1,
                                           .password = password,
                                           .secret = secret,
                                           .known = known,
                                           .ask = ask,
                                           .tell = tell},
                                 .set = EXCHANGE_BIT(EXCHANGE_MECHANISMS) - 1,
                                 .host = "mx.example.org",
                                 .told = told};
  struct authproto *p;
  char *copy, *line, *end;
  uint64_t now = 0, when;
  int good = 1;

  if (!size) return 0;
  p = calloc(1, sizeof *p);
  copy = malloc(size + 1);
  if (!p || !copy) abort();
  memcpy(copy, data, size);
  line = copy + 1;
  end = copy + size;
  authproto_start(p, &s);
  while (good && line < end) {
    char *lf = memchr(line, '\n', (size_t)(end - line));

    if (!lf) lf = end;
    good = authproto_line(p, line, (size_t)(lf - line), now);
    if (!good && !p->why) abort();
    check(p, &j);
    now += data[0] * UINT64_C(100);
    line = lf + 1;
  }
  while (good && authproto_next(p, &when)) {
    if (!authproto_due(p, when)) abort();
    check(p, &j);
  }
  authproto_free(p);
  if (p->out.s || p->msg.s) abort();
  free(p);
  free(copy);
  return 0;
}
