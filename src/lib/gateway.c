#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "gateway.h"

#define PATH4 "/proc/self/net/route"
#define PATH6 "/proc/self/net/ipv6_route"

#define LINE 512          /* bytes in a line of theirs */
#define UP_GATEWAY 0x0003 /* RTF_UP | RTF_GATEWAY, linux/route.h */
#define SECOND UINT64_C(1000000000)

/* The next word of a line. */
static size_t word(char const **s, char const *end, char const **w)
{
  while (*s < end && (**s == ' ' || **s == '\t'))
    (*s)++;
  *w = *s;
  while (*s < end && **s != ' ' && **s != '\t')
    (*s)++;
  return (size_t)(*s - *w);
}

static int nibble(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The next word is n bytes in hexadecimal digits, and nothing else. */
static int hex(char const **s, char const *end, unsigned char *out, size_t n)
{
  char const *w;

  if (word(s, end, &w) != 2 * n) return 0;
  for (size_t i = 0; i < n; i++) {
    int high = nibble(w[2 * i]), low = nibble(w[2 * i + 1]);

    if (high < 0 || low < 0) return 0;
    out[i] = (unsigned char)(high << 4 | low);
  }
  return 1;
}

static int is_zero(unsigned char const *s, size_t n)
{
  while (n--)
    if (*s++) return 0;
  return 1;
}

static void fail(struct gateways *g, int e)
{
  g->unknown = 1;
  g->error = e;
}

static void add(struct gateways *g, ip46 const *ip)
{
  for (size_t i = 0; i < g->n; i++)
    if (addr_equal(g->ip + i, ip)) return;
  if (g->n < GATEWAY_MAX) {
    g->ip[g->n++] = *ip;
    return;
  }
  fail(g, E2BIG);
}

/* Network byte order, printed as a number of this machine. */
static uint32_t number(unsigned char const s[4])
{
  return (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 |
         s[3];
}

/* Half of everybody, or more. */
static int is_broad4(uint32_t mask_as_printed)
{
  unsigned char m[4];

  memcpy(m, &mask_as_printed, 4);
  return !(m[0] & 0x7f) && is_zero(m + 1, 3);
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
int gateway_line4(struct gateways *g, char const *line, size_t len)
{
  char const *end = line + len, *w;
  unsigned char to[4], by[4], flags[2], mask[4];
  uint32_t address;
  size_t n;
  ip46 ip;

  n = word(&line, end, &w);
  if (n == 5 && !memcmp(w, "Iface", 5)) return 1;
  if (!n || !hex(&line, end, to, 4) || !hex(&line, end, by, 4) ||
      !hex(&line, end, flags, 2))
    return 0;
  for (int i = 0; i < 3; i++)
    if (!word(&line, end, &w)) return 0;
  if (!hex(&line, end, mask, 4)) return 0;
  if ((flags[1] & UP_GATEWAY) != UP_GATEWAY || !is_broad4(number(mask)))
    return 1;
  address = number(by);
  ip46_from_ip4(&ip, (char const *)&address);
  add(g, &ip);
  return 1;
}

/* Destination Prefix Source Prefix Gateway Metric RefCnt Use Flags Iface */
int gateway_line6(struct gateways *g, char const *line, size_t len)
{
  char const *end = line + len, *w;
  unsigned char to[16], bits, from[16], from_bits, by[16], flags[4];
  ip46 ip;

  if (!hex(&line, end, to, 16) || !hex(&line, end, &bits, 1) ||
      !hex(&line, end, from, 16) || !hex(&line, end, &from_bits, 1) ||
      !hex(&line, end, by, 16))
    return 0;
  for (int i = 0; i < 3; i++)
    if (!word(&line, end, &w)) return 0;
  if (!hex(&line, end, flags, 4)) return 0;
  /* 2000::/3 is everybody who has an address */
  if ((flags[3] & UP_GATEWAY) != UP_GATEWAY || bits > 3) return 1;
  ip46_from_ip6(&ip, (char const *)by);
  add(g, &ip);
  return 1;
}

typedef int line_do(struct gateways *, char const *, size_t);

/* The whole lines of s; what is left is moved to its start. */
static size_t lines(struct gateways *g, line_do *take, char *s, size_t n)
{
  char *start = s, *nl;

  while ((nl = memchr(start, '\n', n - (size_t)(start - s)))) {
    if (!take(g, start, (size_t)(nl - start))) fail(g, EPROTO);
    start = nl + 1;
  }
  n -= (size_t)(start - s);
  memmove(s, start, n);
  return n;
}

/* 1, or 0 with errno. */
static int read_table(struct gateways *g, char const *path, line_do *take)
{
  char s[16 * LINE];
  size_t have = 0;
  ssize_t r;
  int fd = open(path, O_RDONLY | O_CLOEXEC), e;

  if (fd < 0) return 0;
  while ((r = read(fd, s + have, sizeof s - have)) > 0) {
    have = lines(g, take, s, have + (size_t)r);
    if (have == sizeof s) break;
  }
  e = r < 0 ? errno : r > 0 ? EPROTO : 0;
  close(fd);
  errno = e;
  return !e;
}

void gateway_read(struct gateways *g)
{
  g->unknown = g->error = 0;
  g->n = 0;
  if (read_table(g, PATH4, gateway_line4) &&
      (read_table(g, PATH6, gateway_line6) || errno == ENOENT))
    return;
  fail(g, errno);
}

static int is_loopback(ip46 const *ip)
{
  static unsigned char const one[16] = {[15] = 1};

  return ip46_is6(ip) ? !memcmp(ip->ip, one, 16) : ip->ip[0] == 127;
}

int gateway_is(struct gateways const *g, ip46 const *ip)
{
  if (is_loopback(ip)) return 0;
  for (size_t i = 0; i < g->n; i++)
    if (addr_equal(g->ip + i, ip)) return 1;
  return g->unknown;
}

static uint64_t clock_now(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

int gateway_refresh(struct gateway_watch *w, uint64_t now)
{
  int was = w->now.unknown;
  uint64_t start, took;
  struct gateways g;

  if (w->next && now < w->next) return 0;
  start = clock_now();
  gateway_read(&g);
  took = clock_now() - start;
  /* out of descriptors, perhaps: what was known stays known */
  if (!g.unknown || g.error == E2BIG || !w->next || was) w->now = g;
  w->next = now + (took * 100 > SECOND ? took * 100 : SECOND);
  return w->now.unknown && !was;
}
