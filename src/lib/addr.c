#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <skalibs/types.h>

#include "addr.h"

static char const v4mapped[12] = {[10] = '\xff', [11] = '\xff'};

static int from_ip6(ip46 *ip, char const *a)
{
  if (!memcmp(a, v4mapped, sizeof v4mapped)) return ip46_from_ip4(ip, a + 12);
  return ip46_from_ip6(ip, a);
}

int addr_scan(char const *s, ip46 *ip)
{
  char a[16];

  if (inet_pton(AF_INET, s, a) == 1) return ip46_from_ip4(ip, a);
  if (inet_pton(AF_INET6, s, a) != 1) return 0;
  return from_ip6(ip, a);
}

int addr_scan_net(char const *s, ip46 *ip, unsigned int *bits)
{
  char host[ADDR_FMT];
  char const *slash = strchr(s, '/');
  size_t n = slash ? (size_t)(slash - s) : 0;
  ip46 masked;

  if (!slash || n >= sizeof host) return 0;
  /* uint0_scan would take the leading zeros of /08 */
  if (!slash[1] || (slash[1] == '0' && slash[2])) return 0;
  memcpy(host, s, n);
  host[n] = 0;
  if (!addr_scan(host, ip) || !uint0_scan(slash + 1, bits)) return 0;
  if (memchr(host, ':', n) && !ip46_is6(ip)) return 0; /* ::ffff:1.2.3.4/n */
  if (*bits > addr_bits(ip)) return 0;
  masked = *ip;
  addr_mask(&masked, *bits);
  return addr_equal(&masked, ip);
}

size_t addr_fmt(char s[ADDR_FMT], ip46 const *ip)
{
  if (!inet_ntop(ip46_is6(ip) ? AF_INET6 : AF_INET, ip->ip, s, ADDR_FMT))
    s[0] = 0;
  return strlen(s);
}

unsigned int addr_bits(ip46 const *ip) { return ip46_is6(ip) ? 128 : 32; }

void addr_mask(ip46 *ip, unsigned int bits)
{
  unsigned char *a = (unsigned char *)ip->ip;
  unsigned int n = addr_bits(ip);

  if (bits >= n) return;
  a[bits / 8] &= (unsigned char)(0xff00u >> bits % 8);
  memset(a + bits / 8 + 1, 0, n / 8 - bits / 8 - 1);
}

int addr_equal(ip46 const *a, ip46 const *b)
{
  return ip46_is6(a) == ip46_is6(b) && !memcmp(a->ip, b->ip, addr_bits(a) / 8);
}

int addr_inside(ip46 const *ip, ip46 const *net, unsigned int bits)
{
  ip46 a = *ip;

  if (ip46_is6(ip) != ip46_is6(net)) return 0;
  addr_mask(&a, bits);
  return addr_equal(&a, net);
}

int addr_from_sockaddr(struct sockaddr_storage const *ss, ip46 *ip,
                       uint16_t *port)
{
  if (ss->ss_family == AF_INET) {
    struct sockaddr_in const *sa = (struct sockaddr_in const *)ss;
    *port = ntohs(sa->sin_port);
    return ip46_from_ip4(ip, (char const *)&sa->sin_addr.s_addr);
  }
  if (ss->ss_family == AF_INET6) {
    struct sockaddr_in6 const *sa = (struct sockaddr_in6 const *)ss;
    *port = ntohs(sa->sin6_port);
    return from_ip6(ip, (char const *)sa->sin6_addr.s6_addr);
  }
  return 0;
}
