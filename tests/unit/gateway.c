/* Unit test of src/lib/gateway.c: lines of the kernel's tables. */
#include <string.h>

#include "addr.h"
#include "gateway.h"
#include "unit.h"

#define ZERO "00000000000000000000000000000000"
#define GATE "fd000000000000000000000000000001"
#define REST " 00000400 00000003 00000000 "

/* The file shows numbers of this machine. */
static char const *order(char const *big, char const *little)
{
  int first = 1;
  return *(char const *)&first ? little : big;
}

static struct {
  char const *name;
  char const *line;
  int six;
  int understood;
  char const *found; /* or 0 */
} const t[] = {
    {"heading", "Iface\tDestination\tGateway \tFlags\tRefCnt", 0, 1, 0},
    {"default", "eth0\t00000000\t%g\t0003\t0\t0\t0\t00000000\t0\t0\t0   ", 0, 1,
     "172.17.0.1"},
    {"down", "eth0\t00000000\t%g\t0002\t0\t0\t0\t00000000\t0\t0\t0", 0, 1, 0},
    {"on the link", "eth0\t00000000\t%g\t0001\t0\t0\t0\t00000000\t0\t0\t0", 0,
     1, 0},
    {"half", "tun0\t00000000\t%g\t0003\t0\t0\t0\t%1\t0\t0\t0", 0, 1,
     "172.17.0.1"},
    {"a quarter", "tun0\t00000000\t%g\t0003\t0\t0\t0\t%2\t0\t0\t0", 0, 1, 0},
    {"a network", "eth0\t0000000A\t%g\t0003\t0\t0\t0\t%8\t0\t0\t0", 0, 1, 0},
    {"more flags", "eth0\t00000000\t%g\t0007\t0\t0\t9\t00000000\t0\t0\t0", 0, 1,
     "172.17.0.1"},
    {"cut", "eth0\t00000000\t%g\t0003\t0", 0, 0, 0},
    {"no mask", "eth0\t00000000\t%g\t0003\t0\t0\t0\t", 0, 0, 0},
    {"short", "eth0\t0000000\t%g\t0003\t0\t0\t0\t00000000", 0, 0, 0},
    {"no digit", "eth0\t0000000g\t%g\t0003\t0\t0\t0\t00000000", 0, 0, 0},
    {"empty", "", 0, 0, 0},

    {"default", ZERO " 00 " ZERO " 00 " GATE REST "00000003     eth0", 1, 1,
     "fd00::1"},
    {"link-local",
     ZERO " 00 " ZERO " 00 fe800000000000000000000000000001" REST
          "00450003     eth0",
     1, 1, "fe80::1"},
    {"2000::/3",
     "20000000000000000000000000000000 03 " ZERO " 00 " GATE REST
     "00000003     eth0",
     1, 1, "fd00::1"},
    {"a network",
     "fd010000000000000000000000000000 10 " ZERO " 00 " GATE REST
     "00000003     eth0",
     1, 1, 0},
    {"none", ZERO " 00 " ZERO " 00 " ZERO REST "00200200       lo", 1, 1, 0},
    {"cut", ZERO " 00 " ZERO " 00 " GATE, 1, 0, 0},
    {"no digit", ZERO " 0x " ZERO " 00 " GATE REST "00000003 eth0", 1, 0, 0},
    {"empty", "", 1, 0, 0},
};

static int is(struct gateways const *g, char const *text)
{
  ip46 ip;

  return addr_scan(text, &ip) && gateway_is(g, &ip);
}

static void one(size_t i)
{
  char line[300];
  struct gateways g = {0};
  int r, n = 0;

  for (char const *s = t[i].line; *s; s++) {
    if (*s != '%') {
      line[n++] = *s;
      continue;
    }
    memcpy(line + n,
           *++s == 'g' ? order("AC110001", "010011AC")
           : *s == '1' ? order("80000000", "00000080")
           : *s == '2' ? order("C0000000", "000000C0")
                       : order("FF000000", "000000FF"),
           8);
    n += 8;
  }
  r = t[i].six ? gateway_line6(&g, line, (size_t)n)
               : gateway_line4(&g, line, (size_t)n);
  ok(r == t[i].understood && !g.unknown && g.n == !!t[i].found, t[i].name);
  if (t[i].found) ok(is(&g, t[i].found) && !is(&g, "192.0.2.1"), t[i].found);
}

static void many(void)
{
  struct gateways g = {0};
  char line[] = "e 00000000 xx000000 0003 0 0 0 00000000";
  static char const digits[] = "0123456789ABCDEF";

  for (int i = 0; i < 2 * GATEWAY_MAX; i++) {
    line[11] = digits[2 + i / 2 / 16];
    line[12] = digits[i / 2 % 16];
    gateway_line4(&g, line, sizeof line - 1);
  }
  ok(g.n == GATEWAY_MAX && !g.unknown, "each once");
  memcpy(line + 11, "FF", 2);
  gateway_line4(&g, line, sizeof line - 1);
  ok(g.unknown && g.error, "too many to know");
}

static void answers(void)
{
  struct gateways g = {.n = 1};

  addr_scan("127.0.0.1", g.ip);
  ok(!is(&g, "127.0.0.1") && !is(&g, "127.8.8.8") && !is(&g, "::1"),
     "nobody comes by way of loopback");
  g.n = 0;
  ok(!is(&g, "192.0.2.1") && !is(&g, "fd00::1"), "there is none");
  g.unknown = 1;
  ok(is(&g, "192.0.2.1") && is(&g, "fd00::1"), "unknown: perhaps he is");
  ok(!is(&g, "127.0.0.1") && !is(&g, "::1"), "unknown: loopback is not");
}

static void watch(void)
{
  struct gateway_watch w = {0};
  uint64_t next;

  ok(!gateway_refresh(&w, 1) && !w.now.unknown, "the kernel's own tables");
  next = w.next;
  w.now.n = 7;
  gateway_refresh(&w, next - 1);
  ok(w.now.n == 7 && w.next == next, "not read again before its time");
  gateway_refresh(&w, next);
  ok(w.now.n != 7 && w.next > next, "and then read");
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    one(i);
  many();
  answers();
  watch();
  return done();
}
