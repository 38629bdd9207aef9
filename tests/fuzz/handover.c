/*
 * Fuzz target of src/tls/handover.c: what is taken is the whole payload, two
 * strings, and nothing else.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "handover.h"

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t n)
{
  char *s = calloc(n ? n : 1, 1);
  struct handover h;

  if (!s) abort();
  if (n) memcpy(s, data, n);
  if (handover_scan(&h, s, n)) {
    size_t a = strlen(h.session), b = strlen(h.ip);

    if (n > HANDOVER_MAX || a + b + 2 != n) abort();
    if (memcmp(h.session, s, a + 1) || memcmp(h.ip, s + a + 1, b + 1)) abort();
  }
  free(s);
  return 0;
}
