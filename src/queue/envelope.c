#include <string.h>

#include "envelope.h"

/* One address with its letter before and its NUL after. */
static enum envelope_result parse_address(char letter, char const *s, size_t n,
                                          size_t *used)
{
  char const *nul = memchr(s, 0, n);
  size_t len = nul ? (size_t)(nul - s) : n;

  if (!n) return ENVELOPE_MORE;
  if (*s != letter) return ENVELOPE_BAD;
  if (len > ENVELOPE_ADDR_MAX + 1) return ENVELOPE_TOO_LONG;
  for (size_t i = 1; i < len; i++)
    if ((unsigned char)s[i] < ' ' || s[i] == 127) return ENVELOPE_CONTROL;
  *used = len + 1;
  return nul ? ENVELOPE_OK : ENVELOPE_MORE;
}

enum envelope_result envelope_parse(struct envelope *e, char const *s, size_t n)
{
  size_t pos = 0, used = 0;
  enum envelope_result r = parse_address('F', s, n, &used);

  if (r) return r;
  pos = used;
  *e = (struct envelope){s + 1, s + pos, 0};
  while (pos < n && s[pos]) {
    r = parse_address('T', s + pos, n - pos, &used);
    if (r) return r;
    if (used == 2) return ENVELOPE_BAD; /* nobody */
    if (++e->count > ENVELOPE_RCPTS_MAX) return ENVELOPE_TOO_MANY;
    pos += used;
  }
  if (pos == n) return ENVELOPE_MORE;
  return pos + 1 == n ? ENVELOPE_OK : ENVELOPE_BAD;
}

char const *envelope_rcpt(char const **pos)
{
  char const *s = *pos;

  if (!*s) return 0;
  *pos += strlen(s) + 1;
  return s + 1;
}
