/* Unit test of src/lib/session.c. */
#include <stdlib.h>
#include <string.h>

#include "session.h"
#include "unit.h"

static struct {
  char const *in;
  int kept;
} const t[] = {
    {"6921a3f2.0000001b", 1},
    {"a-Z.9", 1},
    {"12345678901234567890123456789012", 1},
    {"123456789012345678901234567890123", 0},
    {"", 0},
    {"a b", 0},
    {"a\nb", 0},
    {"../x", 0},
};

int main(void)
{
  char a[SESSION_FMT], b[SESSION_FMT];

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    setenv("POSTERN_SESSION", t[i].in, 1);
    session_get(a);
    ok((strcmp(a, t[i].in) == 0) == t[i].kept, t[i].in);
    ok(session_good(t[i].in) == t[i].kept, "is judged alike");
  }
  unsetenv("POSTERN_SESSION");
  session_get(a);
  session_get(b);
  ok(strcmp(a, b), "two new ones differ");
  setenv("POSTERN_SESSION", a, 1);
  session_get(b);
  ok(!strcmp(a, b), "a new one is well-formed");
  return done();
}
