/* Unit test of src/accept/hostaddr.c: what needs no network. */
#include <string.h>

#include "addr.h"
#include "hostaddr.h"
#include "unit.h"

int main(void)
{
  char const *why = 0;
  char got[ADDR_FMT];
  ip46 ip;

  ok(hostaddr_find("localhost", &ip, &why) == 1 && addr_fmt(got, &ip) &&
         !strcmp(got, "127.0.0.1"),
     "localhost");
  ok(hostaddr_find("a..b", &ip, &why) == 0, "a name that cannot be");
  return done();
}
