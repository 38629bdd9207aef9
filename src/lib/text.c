#include <string.h>

#include "text.h"

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static size_t escape_byte(char *out, unsigned char c)
{
  static char const hex[] = "0123456789abcdef";

  if (c > 0x20 && c < 0x7f && c != '\\') {
    out[0] = (char)c;
    return 1;
  }
  out[0] = '\\';
  out[1] = 'x';
  out[2] = hex[c >> 4];
  out[3] = hex[c & 15];
  return 4;
}

size_t text_escape(char *out, size_t max, char const *s, size_t n)
{
  size_t len = 0, room = 0; /* room: length up to which "..." still fits */

  for (size_t i = 0; i < n; i++) {
    char e[4];
    size_t l = escape_byte(e, (unsigned char)s[i]);

    if (len + l > max) {
      memcpy(out + room, "...", 3);
      return room + 3;
    }
    memcpy(out + len, e, l);
    len += l;
    if (len + 3 <= max) room = len;
  }
  return len;
}

void text_lower(char *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    s[i] = lower(s[i]);
}

int text_equal(char const *a, size_t alen, char const *b, size_t blen)
{
  if (alen != blen) return 0;
  for (size_t i = 0; i < alen; i++)
    if (lower(a[i]) != lower(b[i])) return 0;
  return 1;
}

uint64_t text_hash(char const *s, size_t n)
{
  uint64_t h = UINT64_C(0xcbf29ce484222325);

  for (size_t i = 0; i < n; i++)
    h = (h ^ (unsigned char)lower(s[i])) * UINT64_C(0x100000001b3);
  return h;
}
