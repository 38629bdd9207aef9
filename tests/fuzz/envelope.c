/*
 * Any bytes as an envelope: what is accepted, written again from its parts, is
 * the same bytes; and no beginning of it is accepted.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "envelope.h"

static void put(char *out, size_t *n, char letter, char const *s)
{
  size_t len = strlen(s);

  if (len > ENVELOPE_ADDR_MAX) abort();
  out[(*n)++] = letter;
  memcpy(out + *n, s, len + 1);
  *n += len + 1;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct envelope e, part;
  char const *s = (char const *)data, *pos, *rcpt;
  char *out;
  size_t n = 0, count = 0;

  if (envelope_parse(&e, s, size) != ENVELOPE_OK) return 0;
  for (size_t i = 0; i < size; i++)
    if (envelope_parse(&part, s, i) != ENVELOPE_MORE) abort();
  out = malloc(size);
  if (!out) return 0;
  put(out, &n, 'F', e.sender);
  for (pos = e.rcpts; (rcpt = envelope_rcpt(&pos)); count++)
    put(out, &n, 'T', rcpt);
  out[n++] = 0;
  if (count != e.count || n != size || memcmp(out, s, n)) abort();
  free(out);
  return 0;
}
