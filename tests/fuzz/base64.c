/* Whatever decodes encodes to the same text: there is one spelling. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  char const *s = (char const *)data;
  char *out = malloc(BASE64_DECODED(size) + 1);
  char *text = malloc(BASE64_ENCODED(size) + 1);
  size_t len;

  if (!out || !text) abort();
  if (base64_decode(out, &len, s, size)) {
    if (len > BASE64_DECODED(size) || BASE64_ENCODED(len) != size) abort();
    base64_encode(text, out, len);
    if (memcmp(text, s, size)) abort();
  } else if (len) {
    abort();
  }
  free(out);

  base64_encode(text, s, size);
  out = malloc(BASE64_DECODED(BASE64_ENCODED(size)) + 1);
  if (!out || !base64_decode(out, &len, text, BASE64_ENCODED(size)) ||
      len != size || (size && memcmp(out, s, size)))
    abort();
  free(out);
  free(text);
  return 0;
}
