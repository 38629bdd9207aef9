#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <stringprep.h>

#include "saslprep.h"

/* 1 printable ASCII, 0 ASCII with a control byte, -1 something else. */
static int ascii(char const *s)
{
  int r = 1;

  for (; *s; s++) {
    if ((unsigned char)*s >= 0x80) return -1;
    if ((unsigned char)*s < 0x20 || *s == 0x7f) r = 0;
  }
  return r;
}

static int keep(stralloc *out, char const *s)
{
  if (!*s) return (errno = EINVAL, 0);
  if (!stralloc_copys(out, s) || !stralloc_0(out)) return (errno = ENOMEM, 0);
  out->len--;
  return 1;
}

int saslprep(stralloc *out, char const *s, enum saslprep_kind kind)
{
  Stringprep_profile_flags flags =
      kind == SASLPREP_STORED ? STRINGPREP_NO_UNASSIGNED : 0;
  char *prepared = 0;
  int r = ascii(s);

  if (r > 0) return keep(out, s);
  if (!r || !saslprep_utf8(s, strlen(s))) return (errno = EINVAL, 0);
  r = stringprep_profile(s, &prepared, "SASLprep", flags);
  if (r != STRINGPREP_OK)
    return (errno = r == STRINGPREP_MALLOC_ERROR ? ENOMEM : EINVAL, 0);
  r = keep(out, prepared);
  explicit_bzero(prepared, strlen(prepared));
  free(prepared);
  return r;
}

/* How many bytes follow the first of a code point, or -1; *low is the least
   code point that may be written with so many. */
static int following(unsigned char c, uint32_t *low)
{
  *low = c < 0x80 ? 1 : c < 0xe0 ? 0x80 : c < 0xf0 ? 0x800 : 0x10000;
  if (c < 0x80) return 0;
  if (c < 0xc0 || c > 0xf4) return -1;
  return c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
}

int saslprep_utf8(char const *s, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    uint32_t low, u;
    int more = following(c, &low);

    if (more < 0 || (size_t)more > n - i - 1) return 0;
    u = more ? c & (0x3fu >> more) : c;
    for (; more; more--) {
      c = (unsigned char)s[++i];
      if ((c & 0xc0) != 0x80) return 0;
      u = u << 6 | (c & 0x3f);
    }
    if (u < low || u > 0x10ffff || (u >= 0xd800 && u < 0xe000)) return 0;
  }
  return 1;
}
