/* Unit test of src/lib/addr.c: one row per case. */
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "addr.h"
#include "unit.h"

static struct {
  char const *in;
  char const *want; /* canonical form; 0 if refused */
} const scan[] = {
    {"192.0.2.7", "192.0.2.7"},
    {"2001:DB8:0:0::1", "2001:db8::1"},
    {"::ffff:192.0.2.7", "192.0.2.7"},
    {"::ffff:c000:207", "192.0.2.7"},
    {"::1", "::1"},
    {"256.1.1.1", 0},
    {"01.2.3.4", 0},
    {"192.0.2.7x", 0},
    {"192.0.2.7 ", 0},
    {"192.0.2.7/../x", 0},
    {"192.0.2", 0},
    {"3221225991", 0},
    {"0x7f.0.0.1", 0},
    {"fe80::1%eth0", 0},
    {"[::1]", 0},
    {"", 0},
};

static struct {
  char const *in;
  char const *want; /* network; 0 if refused */
  unsigned int bits;
} const net[] = {
    {"10.0.0.0/8", "10.0.0.0", 8},
    {"0.0.0.0/0", "0.0.0.0", 0},
    {"192.0.2.7/32", "192.0.2.7", 32},
    {"192.0.2.128/25", "192.0.2.128", 25},
    {"2001:db8::/32", "2001:db8::", 32},
    {"::/0", "::", 0},
    {"2001:db8::1/128", "2001:db8::1", 128},
    {"10.0.0.1/8", 0, 0},  /* bits beyond the prefix */
    {"10.0.0.0/33", 0, 0}, /* too many */
    {"10.0.0.0/08", 0, 0}, /* octal, or a slip */
    {"10.0.0.0/", 0, 0},   /* nothing */
    {"10.0.0.0/+8", 0, 0}, /* strtoul would */
    {"10.0.0.0/8 ", 0, 0}, /* rest */
    {"10.0.0.0", 0, 0},    /* no network */
    {"10.0/16", 0, 0},     /* short form */
    {"::/129", 0, 0},
    {"::ffff:10.0.0.0/104", 0, 0},
};

static struct {
  char const *ip;
  char const *net;
  int want;
} const inside[] = {
    {"10.255.1.2", "10.0.0.0/8", 1},
    {"11.0.0.0", "10.0.0.0/8", 0},
    {"192.0.2.127", "192.0.2.128/25", 0},
    {"192.0.2.128", "192.0.2.128/25", 1},
    {"8.8.8.8", "0.0.0.0/0", 1},
    {"::1", "0.0.0.0/0", 0},
    {"1.2.3.4", "::/0", 0},
    {"2001:db8:0:1::5", "2001:db8:0:1::/64", 1},
    {"2001:db8:0:2::5", "2001:db8:0:1::/64", 0},
};

int main(void)
{
  for (size_t i = 0; i < sizeof scan / sizeof *scan; i++) {
    char got[ADDR_FMT] = "";
    ip46 ip;

    if (addr_scan(scan[i].in, &ip)) addr_fmt(got, &ip);
    ok(!strcmp(got, scan[i].want ? scan[i].want : ""), scan[i].in);
  }
  for (size_t i = 0; i < sizeof net / sizeof *net; i++) {
    char got[ADDR_FMT] = "";
    unsigned int bits = 0;
    ip46 ip;

    if (addr_scan_net(net[i].in, &ip, &bits))
      addr_fmt(got, &ip);
    else
      bits = 0;
    ok(!strcmp(got, net[i].want ? net[i].want : "") && bits == net[i].bits,
       net[i].in);
  }
  for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
    unsigned int bits;
    ip46 ip, n;

    ok(addr_scan(inside[i].ip, &ip) &&
           addr_scan_net(inside[i].net, &n, &bits) &&
           addr_inside(&ip, &n, bits) == inside[i].want,
       inside[i].ip);
  }
  {
    struct sockaddr_storage ss = {0};
    struct sockaddr_in6 *sa = (struct sockaddr_in6 *)&ss;
    char got[ADDR_FMT];
    uint16_t port;
    ip46 ip;

    sa->sin6_family = AF_INET6;
    sa->sin6_port = htons(2525);
    inet_pton(AF_INET6, "::ffff:192.0.2.7", &sa->sin6_addr);
    ok(addr_from_sockaddr(&ss, &ip, &port) && port == 2525 &&
           addr_fmt(got, &ip) && !strcmp(got, "192.0.2.7"),
       "a mapped socket address");
    ss.ss_family = AF_UNIX;
    ok(!addr_from_sockaddr(&ss, &ip, &port), "a unix socket address");
  }
  return done();
}
