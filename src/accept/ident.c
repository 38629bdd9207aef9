#include <string.h>

#include <skalibs/types.h>

#include "ident.h"

size_t ident_query(char s[IDENT_QUERY_FMT], uint16_t remote_port,
                   uint16_t local_port)
{
  size_t n = uint16_fmt(s, remote_port);

  memcpy(s + n, " , ", 3);
  n += 3;
  n += uint16_fmt(s + n, local_port);
  memcpy(s + n, "\r\n", 2);
  return n + 2;
}

static char const *skip(char const *s) { return s + strspn(s, " \t"); }

/* A number, blanks around it, then the byte end; 0 or what follows that. */
static char const *number(char const *s, uint16_t want, char end)
{
  uint16_t u;
  size_t n;

  s = skip(s);
  n = uint16_scan(s, &u);
  if (!n || u != want) return 0;
  s = skip(s + n);
  return *s == end ? s + 1 : 0;
}

/* The word USERID, the field after it (system and charset), and their colons */
static char const *userid(char const *s)
{
  s = skip(s);
  if (strncmp(s, "USERID", 6)) return 0;
  s = skip(s + 6);
  if (*s != ':') return 0;
  s = strchr(s + 1, ':');
  return s ? skip(s + 1) : 0;
}

int ident_parse(char const *line, size_t n, uint16_t remote_port,
                uint16_t local_port, char info[IDENT_INFO_MAX + 1])
{
  char copy[IDENT_LINE_MAX + 1];
  char const *s;
  size_t len;

  if (n > IDENT_LINE_MAX || memchr(line, 0, n)) return 0;
  if (n && line[n - 1] == '\r') n--;
  memcpy(copy, line, n);
  copy[n] = 0;

  s = number(copy, remote_port, ',');
  if (s) s = number(s, local_port, ':');
  if (s) s = userid(s);
  if (!s) return 0;
  len = strlen(s);
  if (!len || len > IDENT_INFO_MAX) return 0;
  for (size_t i = 0; i < len; i++)
    if (s[i] < 0x21 || s[i] > 0x7e) return 0;
  memcpy(info, s, len + 1);
  return 1;
}
