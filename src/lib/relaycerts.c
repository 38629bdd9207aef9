#include <string.h>

#include "relaycerts.h"

#define DIGITS 64 /* of a SHA-256 */

/* The digits of s in lower case; the bytes that they take, or 0. */
static size_t digits(char out[DIGITS], char const *s, size_t n)
{
  size_t used = 0, count = 0;

  for (; used < n && count < DIGITS; used++) {
    char c = s[used];

    if (c == ':' && count && !(count % 2) && s[used - 1] != ':') continue;
    if (c >= 'A' && c <= 'F') c = (char)(c - 'A' + 'a');
    if (!c || !memchr("0123456789abcdef", c, 16)) return 0;
    out[count++] = c;
  }
  return count == DIGITS ? used : 0;
}

/* What follows the blanks after the digits. */
static char const *name_of(char const *s, size_t n, size_t *len)
{
  char const *end = s + n;

  while (s < end && (*s == ' ' || *s == '\t'))
    s++;
  *len = (size_t)(end - s);
  return s;
}

char const *relaycerts_fault(char const *item, size_t n)
{
  char hex[DIGITS];
  size_t used = digits(hex, item, n), len;
  char const *name;

  if (!used || (used < n && item[used] != ' ' && item[used] != '\t'))
    return "not a SHA-256 fingerprint";
  name = name_of(item + used, n - used, &len);
  if (!len) return "no name";
  if (len > RELAYCERTS_NAME) return "name too long";
  return memchr(name, ' ', len) || memchr(name, '\t', len) ? "blank in the name"
                                                           : 0;
}

char const *relaycerts_find(char const *list, size_t len,
                            char const *fingerprint)
{
  size_t n, ignored;

  if (strlen(fingerprint) != DIGITS) return 0;
  for (size_t i = 0; i < len; i += n + 1) {
    char hex[DIGITS];
    size_t used;

    n = strlen(list + i);
    used = digits(hex, list + i, n);
    if (used && !memcmp(hex, fingerprint, DIGITS))
      return name_of(list + i + used, n - used, &ignored);
  }
  return 0;
}
