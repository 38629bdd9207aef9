/*
 * Two messages, the second after an LF, to a server that the first byte
 * describes.  Nobody gets in: whoever could would have to invert SHA-256.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scram.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static void check_name(stralloc const *sa)
{
  if (!sa->s || sa->s[sa->len] || strlen(sa->s) != sa->len) abort();
}

static void check_last(enum scram_result r, stralloc const *out)
{
  if (r == SCRAM_OK || r == SCRAM_NOMEM) abort();
  if (r == SCRAM_WRONG && (out->len < 3 || memcmp(out->s, "e=", 2))) abort();
  if (r == SCRAM_BAD && out->len) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct scram_secret secret = {.iterations = 4096, .salt_len = 1};
  struct scram s = {0};
  stralloc out = STRALLOC_ZERO;
  char const *msg = (char const *)data + 1, *last;
  size_t n, rest;
  enum scram_result r;

  if (!size) return 0;
  s.plus = data[0] & 1;
  s.offer_plus = !!(data[0] & 2);
  s.binding.exporter_len = data[0] & 4 ? 32 : 0;
  s.binding.endpoint_len = data[0] & 8 ? 64 : 0;
  last = memchr(msg, '\n', size - 1);
  n = last ? (size_t)(last - msg) : size - 1;
  rest = last ? size - 2 - n : 0;

  r = scram_first(&s, msg, n);
  if (r == SCRAM_WRONG || r == SCRAM_NOMEM) abort();
  if (r == SCRAM_OK) {
    check_name(&s.user);
    check_name(&s.authzid);
    if (!s.user.len || n > SCRAM_MESSAGE_MAX || memchr(msg, 0, n)) abort();
    if (scram_challenge(&s, &secret, "nonce", &out) != SCRAM_OK) abort();
    check_last(scram_last(&s, last ? last + 1 : msg, rest, &out), &out);
  } else if (s.user.s || s.nonce.s) {
    abort();
  }
  scram_free(&s);
  stralloc_free(&out);
  return 0;
}
