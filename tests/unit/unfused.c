/* Unit test of src/lib/unfused.c: outside the chain image nothing is fused. */
#include "unfused.h"
#include "unit.h"

int main(void)
{
  ok(!chain_programs[0].name, "the table is empty");
  ok(!chain_find("postern-smtpd"), "and nothing is found in it");
  return done();
}
