/* Descriptor 3 of a checkpassword program. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "credentials.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static void inside(char const *buf, size_t len, char const *s)
{
  if (!*s || s < buf || s >= buf + len) abort();
  if (!memchr(s, 0, len - (size_t)(s - buf))) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  char const *buf = (char const *)data;
  struct credentials c;
  enum credentials_form f = credentials_parse(buf, size, &c);

  if ((size > CREDENTIALS_MAX) != (f == CREDENTIALS_TOO_LONG)) abort();
  if (f != CREDENTIALS_OK) return 0;
  inside(buf, size, c.user);
  if (c.user != buf) abort();
  if (!c.password && !c.response) abort();
  if (!c.response != !c.challenge) abort();
  if (c.password) inside(buf, size, c.password);
  if (c.response) {
    inside(buf, size, c.response);
    inside(buf, size, c.challenge);
    if (strlen(c.response) != 32 || *c.challenge != '<') abort();
  }
  return 0;
}
