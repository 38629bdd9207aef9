#include <string.h>

#include "hostname.h"
#include "text.h"

int hostname_clean(char const *s, char out[HOSTNAME_MAX + 1])
{
  size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789.-_");

  if (s[n]) return 0;
  if (n && s[n - 1] == '.') n--;
  if (!n || n > HOSTNAME_MAX || s[0] == '.' || s[n - 1] == '.') return 0;
  memcpy(out, s, n);
  out[n] = 0;
  if (strstr(out, "..")) return 0;
  text_lower(out, n);
  return 1;
}
