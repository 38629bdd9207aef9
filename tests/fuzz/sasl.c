/*
 * A whole exchange: the first byte chooses mechanism and whether the first line
 * is an initial response; the rest is the client's lines.  Credentials are
 * complete or absent, and hold what a checkpassword program can be told.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sasl.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static void check_field(stralloc const *sa)
{
  if (!sa->len || sa->s[sa->len] || strlen(sa->s) != sa->len) abort();
}

static void check_done(struct sasl const *s)
{
  check_field(&s->user);
  check_field(&s->secret);
  if (s->mechanism != SASL_CRAM_MD5) {
    if (s->challenge.len) abort();
    return;
  }
  check_field(&s->challenge);
  if (s->secret.len != 32 || s->challenge.len > SASL_CHALLENGE_MAX) abort();
}

static void check(struct sasl const *s, enum sasl_step step,
                  stralloc const *out)
{
  switch (step) {
  case SASL_CHALLENGE:
    if (out->len && memchr(out->s, '\n', out->len)) abort();
    break;
  case SASL_DONE: check_done(s); break;
  case SASL_CANCELLED:
  case SASL_BAD:
    if (s->user.s || s->secret.s || s->challenge.s) abort();
    break;
  case SASL_NOMEM: abort();
  }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct sasl s = {0};
  stralloc out = STRALLOC_ZERO;
  char const *line = (char const *)data + 1, *end = (char const *)data + size;
  enum sasl_step step = SASL_CHALLENGE;
  int begun = 0, lines = 0;

  if (!size) return 0;
  if (!(data[0] & 4)) {
    step = sasl_start(&s, data[0] & 3, "mx.example.org", 0, 0, &out);
    check(&s, step, &out);
    begun = 1;
  }
  while (line < end && step == SASL_CHALLENGE) {
    char const *nl = memchr(line, '\n', (size_t)(end - line));
    size_t len = nl ? (size_t)(nl - line) : (size_t)(end - line);

    step = begun
               ? sasl_feed(&s, line, len, &out)
               : sasl_start(&s, data[0] & 3, "mx.example.org", line, len, &out);
    check(&s, step, &out);
    begun = 1;
    if (++lines > 2 && step == SASL_CHALLENGE) abort();
    line += nl ? len + 1 : len;
  }
  if (begun && step != SASL_CHALLENGE &&
      sasl_feed(&s, "AHUAcA==", 8, &out) != SASL_BAD)
    abort();
  sasl_free(&s);
  if (s.user.s || s.secret.s || s.challenge.s) abort();
  stralloc_free(&out);
  return 0;
}
