#include <string.h>

#include <skalibs/fmtscan.h>
#include <skalibs/sha256.h>
#include <skalibs/types.h>

#include "mailname.h"

/* Digits at s: their number, 0 if there are none or too many for *u. */
static size_t digits(char const *s, size_t len, uint64_t *u)
{
  char buf[UINT64_FMT];
  size_t n = 0;

  while (n < len && s[n] >= '0' && s[n] <= '9')
    n++;
  if (n >= sizeof buf) return 0;
  memcpy(buf, s, n);
  buf[n] = 0;
  return uint640_scan(buf, u) ? n : 0;
}

/* ,K=n that ends with the name or before a comma; the first one counts. */
static int field(char const *s, size_t len, char key, uint64_t *u)
{
  for (size_t i = 0; i + 4 <= len; i++) {
    size_t n;

    if (s[i] != ',' || s[i + 1] != key || s[i + 2] != '=') continue;
    n = digits(s + i + 3, len - i - 3, u);
    return n && (i + 3 + n == len || s[i + 3 + n] == ',');
  }
  return 0;
}

struct mailname mailname_parse(char const *name, size_t len)
{
  struct mailname m = {0};
  char const *colon = memchr(name, ':', len);
  size_t n;

  m.unique = colon ? (size_t)(colon - name) : len;
  n = digits(name, m.unique, &m.time);
  if (!n || n == m.unique || name[n] != '.') m.time = 0;
  m.has_size = field(name, m.unique, 'S', &m.size);
  m.has_octets = field(name, m.unique, 'W', &m.octets);
  return m;
}

static int fit(char const *s, size_t len)
{
  if (!len || len > MAILNAME_UID_MAX) return 0;
  for (size_t i = 0; i < len; i++)
    if (s[i] < 0x21 || s[i] > 0x7e) return 0;
  return 1;
}

size_t mailname_uid(char uid[MAILNAME_UID_MAX], char const *unique, size_t len,
                    unsigned int again)
{
  SHA256Schedule ctx = SHA256_INIT();
  char digest[32];

  if (!again && fit(unique, len)) {
    memcpy(uid, unique, len);
    return len;
  }
  sha256_update(&ctx, unique, len);
  if (again) {
    char s[1 + UINT_FMT] = "";
    sha256_update(&ctx, s, 1 + uint_fmt(s + 1, again));
  }
  sha256_final(&ctx, digest);
  uid[0] = '.';
  return 1 + ucharn_fmt(uid + 1, digest, sizeof digest);
}
