/*
 * One exchange.  The first byte chooses the mechanism and whether the first
 * message is an initial response, the second what is known of the channel; the
 * rest is the client's messages, decoded, an LF after each.  It ends, after few
 * messages; the judge sees whole names; only "tim" with "pw", or whom the
 * certificate names, gets in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "exchange.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

#define MESSAGES 4 /* no mechanism takes more */

static void check_case(struct judge_case const *c)
{
  if (!c->mechanism || !c->user || !*c->user) abort();
  for (char const *s = c->user; *s; s++)
    if (*s >= 'A' && *s <= 'Z') abort();
}

static enum judge_result password(void *data, struct judge_case const *c,
                                  struct sasl const *s,
                                  char reason[JUDGE_REASON])
{
  (void)data;
  check_case(c);
  if (!s->secret.len || strlen(s->secret.s) != s->secret.len) abort();
  strcpy(reason, "secret");
  return strcmp(c->user, "tim") || strcmp(s->secret.s, "pw") ? JUDGE_WRONG
                                                             : JUDGE_OK;
}

static enum judge_result secret(void *data, struct judge_case const *c,
                                struct scram_secret *x,
                                char reason[JUDGE_REASON])
{
  (void)data;
  check_case(c);
  *x = (struct scram_secret){.iterations = 4096, .salt_len = 16};
  strcpy(reason, "unknown");
  return strcmp(c->user, "tim") ? JUDGE_WRONG : JUDGE_OK;
}

static enum judge_result known(void *data, struct judge_case const *c,
                               char reason[JUDGE_REASON])
{
  (void)data;
  (void)reason;
  check_case(c);
  if (strcmp(c->user, "tim")) abort();
  return JUDGE_OK;
}

static struct judge const judge = {
    .fold = 1, .password = password, .secret = secret, .known = known};

static void check(struct exchange const *x, enum exchange_step step,
                  stralloc const *out)
{
  char buf[2 * SCRAM_MESSAGE_MAX];
  size_t n;

  if (BASE64_DECODED(out->len) > sizeof buf ||
      !base64_decode(buf, &n, out->s, out->len))
    abort();
  if (step == EXCHANGE_FAIL && (out->len || x->result == JUDGE_OK)) abort();
  if (step == EXCHANGE_FAIL && !*x->reason) abort();
  if (step != EXCHANGE_OK) return;
  if (x->result != JUDGE_OK || strcmp(x->about.user, "tim")) abort();
  /* nobody has the keys */
  if (!strncmp(x->about.mechanism, "SCRAM", 5)) abort();
}

/* The next message, encoded; the caller frees it. */
static char *next(char const **s, char const *end)
{
  char const *lf = memchr(*s, '\n', (size_t)(end - *s));
  size_t n = (size_t)((lf ? lf : end) - *s);
  char *text = malloc(BASE64_ENCODED(n) + 1);

  if (!text) abort();
  base64_encode(text, *s, n);
  text[BASE64_ENCODED(n)] = 0;
  *s += lf ? n + 1 : n;
  return text;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct exchange_request r = {.set = EXCHANGE_BIT(EXCHANGE_MECHANISMS) - 1,
                               .host = "mx.example.org"};
  struct exchange x = {0};
  stralloc out = STRALLOC_ZERO;
  char const *s = (char const *)data + 2, *end = (char const *)data + size;
  enum exchange_step step;
  char *text = 0;
  int messages = 0;

  if (size < 2) return 0;
  if (!stralloc_ready(&out, 1)) abort();
  r.mechanism = exchange_name(data[0] & 7);
  if (data[1] & 1) r.exporter = "00ff";
  if (data[1] & 8) r.endpoint = "ff00";
  if (data[1] & 4) r.certified = "Tim";
  r.final_ok = !!(data[1] & 2);
  if (data[0] & 0x40) r.initial = text = next(&s, end);
  step = exchange_start(&x, &judge, &r, &out);
  check(&x, step, &out);
  while (step == EXCHANGE_CONT && s < end) {
    if (++messages > MESSAGES) abort();
    free(text);
    text = next(&s, end);
    step = exchange_feed(&x, text, strlen(text), &out);
    check(&x, step, &out);
  }
  free(text);
  if (step != EXCHANGE_CONT && exchange_feed(&x, "", 0, &out) != EXCHANGE_FAIL)
    abort();
  exchange_free(&x);
  if (x.user.s || x.text.s || x.scram.user.s || x.sasl.user.s) abort();
  stralloc_free(&out);
  return 0;
}
