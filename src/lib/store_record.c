#include <string.h>
#include <time.h>

#include <skalibs/types.h>

#include "store_record.h"

#define VERSION "1:"
#define DIGITS_MAX 19 /* 10^19 - 1 fits 64 bits */

static int is_plain(char c, size_t at)
{
  if (c >= 'a' && c <= 'z') return 1;
  if (c >= 'A' && c <= 'Z') return 1;
  if (c >= '0' && c <= '9') return 1;
  if (c == '.') return at > 0;
  return c && strchr("@_:+=-", c);
}

int store_escape(char *out, size_t max, size_t *len, char const *s, size_t n)
{
  static char const hex[] = "0123456789abcdef";
  size_t l = 0;

  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];

    if (is_plain(s[i], i)) {
      if (l + 1 > max) return 0;
      out[l++] = s[i];
      continue;
    }
    if (l + 3 > max) return 0;
    out[l++] = '%';
    out[l++] = hex[c >> 4];
    out[l++] = hex[c & 15];
  }
  *len = l;
  return 1;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

int store_unescape(char *out, size_t max, size_t *len, char const *s, size_t n)
{
  size_t l = 0;

  for (size_t i = 0; i < n; i++) {
    if (l == max) return 0;
    if (s[i] == '%') {
      int high = n - i > 2 ? hex_digit(s[i + 1]) : -1;
      int low = n - i > 2 ? hex_digit(s[i + 2]) : -1;

      if (high < 0 || low < 0) return 0;
      out[l] = (char)(high << 4 | low);
      if (is_plain(out[l], l)) return 0;
      i += 2;
    } else {
      if (!is_plain(s[i], l)) return 0;
      out[l] = s[i];
    }
    l++;
  }
  *len = l;
  return 1;
}

static int is_sound(struct store_record const *r)
{
  return r->ttl && r->ttl <= STORE_TTL_MAX && r->set <= INT64_MAX &&
         r->len <= STORE_PAYLOAD_MAX;
}

size_t store_record_fmt(char s[STORE_TARGET_MAX + 1],
                        struct store_record const *r)
{
  size_t n = sizeof VERSION - 1, len;

  if (!is_sound(r)) return 0;
  memcpy(s, VERSION, n);
  n += uint64_fmt(s + n, r->set);
  s[n++] = ':';
  n += uint_fmt(s + n, r->ttl);
  s[n++] = ':';
  if (!store_escape(s + n, STORE_TARGET_MAX - n, &len, r->payload, r->len))
    return 0;
  s[n + len] = 0;
  return n + len;
}

/* Digits without leading zeros, up to and with a colon: how many bytes, or 0.
   uint64_scan would take leading zeros, and stop where it likes. */
static size_t scan_number(char const *s, size_t n, uint64_t *u)
{
  size_t i = 0;

  *u = 0;
  for (; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
    if (i == DIGITS_MAX) return 0;
    *u = *u * 10 + (uint64_t)(s[i] - '0');
  }
  if (!i || (s[0] == '0' && i > 1)) return 0;
  return i < n && s[i] == ':' ? i + 1 : 0;
}

int store_record_scan(struct store_record *r, char const *s, size_t n)
{
  size_t at = sizeof VERSION - 1, l;
  uint64_t ttl;

  if (n < at || n > STORE_TARGET_MAX || memcmp(s, VERSION, at)) return 0;
  if (!(l = scan_number(s + at, n - at, &r->set))) return 0;
  at += l;
  if (!(l = scan_number(s + at, n - at, &ttl))) return 0;
  at += l;
  if (ttl > STORE_TTL_MAX) return 0;
  r->ttl = (uint32_t)ttl;
  return store_unescape(r->payload, sizeof r->payload, &r->len, s + at,
                        n - at) &&
         is_sound(r);
}

int store_fresh(struct store_record const *r, uint64_t now)
{
  return now >= r->set && now - r->set < r->ttl;
}

uint64_t store_now(void)
{
  struct timespec ts;

  if (clock_gettime(CLOCK_REALTIME, &ts) < 0 || ts.tv_sec < 0) return 0;
  return (uint64_t)ts.tv_sec;
}
