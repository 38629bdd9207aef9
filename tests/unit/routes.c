/* Unit test of src/admin/routes.c: the kernel's own texts. */
#include <string.h>

#include "addr.h"
#include "routes.h"
#include "unit.h"

#define HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
#define ZERO "00000000000000000000000000000000"
#define HOP "fd000000000000000000000000000001"

static struct {
  int six;
  char const *text;
  char const *want; /* 0: none */
} const t[] = {
    {0, "", 0},
    {0, HEAD, 0},
    {0, HEAD "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\n",
     "172.17.0.1"},
    {0, "eth0\t00000000\t010011AC\t0003", "172.17.0.1"},
    {0, "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n", 0},
    {0, "eth0\t00000000\t00000000\t0001\t0\n", 0},
    {0, "eth0\t0000000A\t010011AC\t0003\t0\n", 0},
    {0, "eth0\t00000000\t010011AC\t0001\t0\n", 0},
    {0, "eth0\t00000000\t010011A\t0003\t0\n", 0},
    {0, "eth0\t00000000\t010011AX\t0003\t0\n", 0},
    {1, ZERO " 00 " ZERO " 00 " HOP " 00000400 00000003 00000000 00000003 e\n",
     "fd00::1"},
    {1, ZERO " 00 " ZERO " 00 " ZERO " 00000400 00000003 00000000 00000001 e\n",
     0},
    {1, ZERO " 40 " ZERO " 00 " HOP " 00000400 00000003 00000000 00000003 e\n",
     0},
    {1, HOP " 00 " ZERO " 00 " HOP " 00000400 00000003 00000000 00000003 e\n",
     0},
    {1, ZERO " 00 " ZERO " 00 " HOP "\n", 0},
};

int main(void)
{
  static char const two[] = "a 00000000 01000001 0003\nb 00000000 02000002 "
                            "0003\n";
  ip46 ip[2];

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    size_t n = routes_gateways(t[i].text, strlen(t[i].text), t[i].six, ip, 1);
    char s[ADDR_FMT] = "", name[32];

    if (n) s[addr_fmt(s, ip)] = 0;
    snprintf(name, sizeof name, "text %zu", i + 1);
    ok(t[i].want ? n == 1 && !strcmp(s, t[i].want) : !n, name);
  }
  ok(routes_gateways(two, sizeof two - 1, 0, ip, 2) == 2, "two");
  ok(routes_gateways(two, sizeof two - 1, 0, ip, 1) == 1, "as many as fit");
  ok(!routes_gateways(two, sizeof two - 1, 0, ip, 0), "or none");
  return done();
}
