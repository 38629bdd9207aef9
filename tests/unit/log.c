/* Unit test of src/lib/log.c: what arrives on descriptor 2. */
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "unit.h"

static char got[8192];

/* Send the line through a pipe that stands for stderr. */
static char const *emit(struct log *l)
{
  int p[2], keep = dup(2);
  ssize_t n;

  if (pipe(p) || dup2(p[1], 2) < 0) return "";
  log_end(l);
  dup2(keep, 2);
  close(keep);
  close(p[1]);
  n = read(p[0], got, sizeof got - 1);
  close(p[0]);
  got[n > 0 ? n : 0] = 0;
  return got;
}

int main(void)
{
  struct log l;
  char big[2000];

  log_start(&l, "postern-smtpd", "rcpt", "6921.1");
  log_string(&l, "to", "a b\n@x");
  log_number(&l, "size", 18446744073709551615u);
  ok(!strcmp(emit(&l), "postern-smtpd: rcpt session=6921.1 to=a\\x20b\\x0a@x "
                       "size=18446744073709551615\n"),
     "values are escaped");

  log_start(&l, "p", "e", 0);
  ok(!strcmp(emit(&l), "p: e\n"), "no session, no pair");

  memset(big, 'x', sizeof big);
  log_start(&l, "p", "e", 0);
  log_bytes(&l, "k", big, sizeof big);
  ok(strlen(emit(&l)) == 8 + LOG_VALUE_MAX &&
         !strcmp(got + strlen(got) - 4, "...\n"),
     "a long value is cut, and says so");

  log_start(&l, "p", "e", 0);
  for (int i = 0; i < 20; i++)
    log_bytes(&l, "k", big, sizeof big);
  log_string(&l, "short", "v");
  emit(&l);
  ok(strlen(got) <= LOG_LINE_MAX && strstr(got, " short=v\n"),
     "a pair that does not fit is left out, the line stays whole");
  return done();
}
