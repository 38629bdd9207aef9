#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <skalibs/random.h>
#include <skalibs/types.h>

#include "session.h"

void session_new(char s[SESSION_FMT])
{
  uint32_t r;
  size_t n = uint64_xfmt(s, (uint64_t)time(0));

  random_buf((char *)&r, sizeof r);
  s[n++] = '.';
  uint320_xfmt(s + n, r, 8);
  s[n + 8] = 0;
}

void session_get(char s[SESSION_FMT])
{
  static char const good[] =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-";
  char const *x = getenv("POSTERN_SESSION");
  size_t n = x ? strspn(x, good) : 0;

  if (n && n < SESSION_FMT && !x[n])
    memcpy(s, x, n + 1);
  else
    session_new(s);
}
