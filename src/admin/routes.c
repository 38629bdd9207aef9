#include "routes.h"

#include <stdint.h>
#include <string.h>

#define FIELDS 12
#define RTF_GATEWAY 2

struct field {
  char const *s;
  size_t n;
};

static size_t split(char const *s, size_t n, struct field *f)
{
  size_t k = 0, i = 0;

  while (k < FIELDS) {
    while (i < n && (s[i] == ' ' || s[i] == '\t'))
      i++;
    if (i == n) break;
    f[k].s = s + i;
    while (i < n && s[i] != ' ' && s[i] != '\t')
      i++;
    f[k].n = (size_t)(s + i - f[k].s);
    k++;
  }
  return k;
}

static int digit(char c)
{
  static char const digits[] = "0123456789abcdef";
  char const *p = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : 0;

  return p ? (int)(p - digits) : -1;
}

/* All of f, n bytes in hexadecimal. */
static int scan(struct field const *f, unsigned char *b, size_t n)
{
  if (f->n != 2 * n) return 0;
  for (size_t i = 0; i < n; i++) {
    int high = digit(f->s[2 * i]), low = digit(f->s[2 * i + 1]);

    if (high < 0 || low < 0) return 0;
    b[i] = (unsigned char)(high << 4 | low);
  }
  return 1;
}

static int is_zero(unsigned char const *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (b[i]) return 0;
  return 1;
}

/* Iface Destination Gateway Flags ...: addresses are numbers of this machine.
 */
static int hop4(struct field const *f, size_t k, ip46 *ip)
{
  unsigned char to[4], by[4], flags[2];
  uint32_t u;

  if (k < 4 || !scan(f + 1, to, 4) || !scan(f + 2, by, 4) ||
      !scan(f + 3, flags, 2) || !is_zero(to, 4) || is_zero(by, 4) ||
      !(flags[1] & RTF_GATEWAY))
    return 0;
  u = (uint32_t)by[0] << 24 | (uint32_t)by[1] << 16 | (uint32_t)by[2] << 8 |
      by[3];
  memcpy(by, &u, 4);
  ip46_from_ip4(ip, (char *)by);
  return 1;
}

/* destination, its length, source, its length, next hop, metric, reference
   counter, use counter, flags, device. */
static int hop6(struct field const *f, size_t k, ip46 *ip)
{
  unsigned char to[16], len, by[16], flags[4];

  if (k < 9 || !scan(f, to, 16) || !scan(f + 1, &len, 1) ||
      !scan(f + 4, by, 16) || !scan(f + 8, flags, 4) || len ||
      !is_zero(to, 16) || is_zero(by, 16) || !(flags[3] & RTF_GATEWAY))
    return 0;
  ip46_from_ip6(ip, (char *)by);
  return 1;
}

size_t routes_gateways(char const *s, size_t n, int six, ip46 *gateway,
                       size_t max)
{
  size_t found = 0;

  while (n && found < max) {
    char const *nl = memchr(s, '\n', n);
    size_t len = nl ? (size_t)(nl - s) : n, k;
    struct field f[FIELDS];

    k = split(s, len, f);
    found += (size_t)(six ? hop6 : hop4)(f, k, gateway + found);
    len += nl != 0;
    s += len;
    n -= len;
  }
  return found;
}
