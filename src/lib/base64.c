#include <stdint.h>

#include "base64.h"

static char const alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(char *out, char const *s, size_t n)
{
  unsigned char const *in = (unsigned char const *)s;

  for (size_t i = 0; i < n; i += 3) {
    size_t left = n - i;
    uint32_t u = (uint32_t)in[i] << 16;

    if (left > 1) u |= (uint32_t)in[i + 1] << 8;
    if (left > 2) u |= in[i + 2];
    *out++ = alphabet[u >> 18];
    *out++ = alphabet[u >> 12 & 63];
    *out++ = left > 1 ? alphabet[u >> 6 & 63] : '=';
    *out++ = left > 2 ? alphabet[u & 63] : '=';
  }
}

/* 0 to 63, or 64 for a byte that is no digit.  The input is secret: no table
   lookup, no branch that depends on which digit it is. */
static uint32_t digit(unsigned char c)
{
  uint32_t v = 64;

  v += (uint32_t)(-(c >= 'A' && c <= 'Z') & (c - 'A' - 64));
  v += (uint32_t)(-(c >= 'a' && c <= 'z') & (c - 'a' + 26 - 64));
  v += (uint32_t)(-(c >= '0' && c <= '9') & (c - '0' + 52 - 64));
  v += (uint32_t)(-(c == '+') & (62 - 64));
  v += (uint32_t)(-(c == '/') & (63 - 64));
  return v;
}

int base64_decode(char *out, size_t *len, char const *s, size_t n)
{
  size_t pad = 0, o = 0;
  uint32_t bad = 0;

  *len = 0;
  if (n % 4) return 0;
  if (n && s[n - 1] == '=') pad = s[n - 2] == '=' ? 2 : 1;
  for (size_t i = 0; i < n; i += 4) {
    size_t digits = i + 4 == n ? 4 - pad : 4;
    uint32_t u = 0;

    for (size_t j = 0; j < 4; j++) {
      uint32_t v = j < digits ? digit((unsigned char)s[i + j]) : 0;

      bad |= v & 64;
      u = u << 6 | (v & 63);
    }
    if (digits < 4) bad |= u & (digits == 3 ? 0xff : 0xffff);
    out[o++] = (char)(u >> 16);
    if (digits > 2) out[o++] = (char)(u >> 8);
    if (digits > 3) out[o++] = (char)u;
  }
  if (bad) return 0;
  *len = o;
  return 1;
}
