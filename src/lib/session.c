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

int session_good(char const *s)
{
  static char const good[] =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-";
  size_t n = strspn(s, good);

  return n && n < SESSION_FMT && !s[n];
}

void session_get(char s[SESSION_FMT])
{
  char const *x = getenv("POSTERN_SESSION");

  if (x && session_good(x))
    memcpy(s, x, strlen(x) + 1);
  else
    session_new(s);
}
