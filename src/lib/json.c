#include <string.h>

#include <skalibs/types.h>

#include "json.h"

/* Bytes of the well-formed UTF-8 sequence that begins at s, or 0. */
static size_t sequence(unsigned char const *s, size_t n)
{
  unsigned char c = *s, low = 0x80, high = 0xbf;
  size_t len = c < 0x80                ? 1
               : c >= 0xc2 && c < 0xe0 ? 2
               : c >= 0xe0 && c < 0xf0 ? 3
               : c >= 0xf0 && c < 0xf5 ? 4
                                       : 0;

  if (!len || len > n) return 0;
  if (c == 0xe0) low = 0xa0;  /* shorter spellings of the same */
  if (c == 0xed) high = 0x9f; /* surrogates */
  if (c == 0xf0) low = 0x90;
  if (c == 0xf4) high = 0x8f; /* beyond U+10FFFF */
  for (size_t i = 1; i < len; i++) {
    if (s[i] < low || s[i] > high) return 0;
    low = 0x80;
    high = 0xbf;
  }
  return len;
}

static int add_control(stralloc *out, unsigned char c)
{
  static char const hex[] = "0123456789abcdef";
  char s[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

  return stralloc_catb(out, s, sizeof s);
}

int json_string(stralloc *out, char const *s, size_t n)
{
  if (!stralloc_append(out, '"')) return 0;
  for (size_t i = 0; i < n;) {
    unsigned char c = (unsigned char)s[i];
    size_t len = sequence((unsigned char const *)s + i, n - i);
    int good = !len                    ? stralloc_cats(out, "\\ufffd")
               : c < 0x20 || c == 0x7f ? add_control(out, c)
               : c == '"' || c == '\\'
                   ? stralloc_append(out, '\\') && stralloc_append(out, s[i])
                   : stralloc_catb(out, s + i, len);

    if (!good) return 0;
    i += len ? len : 1;
  }
  return stralloc_append(out, '"');
}

static int add_name(stralloc *out, char const *name)
{
  if (out->len && out->s[out->len - 1] != '{' && !stralloc_append(out, ','))
    return 0;
  return json_string(out, name, strlen(name)) && stralloc_append(out, ':');
}

int json_member(stralloc *out, char const *name, char const *s, size_t n)
{
  return add_name(out, name) && json_string(out, s, n);
}

int json_member_number(stralloc *out, char const *name, unsigned long long u)
{
  char s[UINT64_FMT];

  return add_name(out, name) && stralloc_catb(out, s, uint64_fmt(s, u));
}
