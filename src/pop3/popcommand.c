#include <string.h>

#include "popcommand.h"
#include "text.h"

static struct {
  char const *name;
  enum pop_verb verb;
} const verbs[] = {
    {"APOP", POP_APOP}, {"AUTH", POP_AUTH}, {"CAPA", POP_CAPA},
    {"DELE", POP_DELE}, {"LIST", POP_LIST}, {"NOOP", POP_NOOP},
    {"PASS", POP_PASS}, {"QUIT", POP_QUIT}, {"RETR", POP_RETR},
    {"RSET", POP_RSET}, {"STAT", POP_STAT}, {"STLS", POP_STLS},
    {"TOP", POP_TOP},   {"UIDL", POP_UIDL}, {"USER", POP_USER},
};

struct pop_command popcommand_parse(char const *line, size_t len)
{
  struct pop_command c = {.verb = POP_UNKNOWN, .arg = line + len};
  char const *blank = memchr(line, ' ', len);
  size_t vlen = blank ? (size_t)(blank - line) : len;

  if (memchr(line, 0, len)) return c;
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (text_equal(line, vlen, verbs[i].name, strlen(verbs[i].name)))
      c.verb = verbs[i].verb;
  if (blank) {
    c.arg = blank + 1;
    c.len = len - vlen - 1;
  }
  return c;
}

static size_t blanks(char const *s, size_t len)
{
  size_t n = 0;

  while (n < len && s[n] == ' ')
    n++;
  return n;
}

int popcommand_bare(struct pop_command const *c)
{
  return blanks(c->arg, c->len) == c->len;
}

/* The digits at s as a number: how many they are, 0 if none or too many. */
static size_t scan(char const *s, size_t len, uint64_t *u)
{
  size_t n = 0;

  *u = 0;
  for (; n < len && s[n] >= '0' && s[n] <= '9'; n++) {
    unsigned int digit = (unsigned int)(s[n] - '0');

    if (*u > (UINT64_MAX - digit) / 10) return 0;
    *u = *u * 10 + digit;
  }
  return n;
}

int popcommand_numbers(struct pop_command const *c, uint64_t *u, size_t n)
{
  char const *s = c->arg;
  size_t len = c->len;

  for (size_t i = 0; i < n; i++) {
    size_t l = scan(s, len, u + i), b;

    if (!l) return 0;
    s += l;
    len -= l;
    b = blanks(s, len);
    if (!b && (len || i + 1 < n)) return 0;
    s += b;
    len -= b;
  }
  return !len;
}

int popcommand_apop(struct pop_command const *c, size_t *namelen)
{
  static char const hex[] = "0123456789abcdef";
  size_t n;

  if (c->len < 34) return 0;
  n = c->len - 33;
  if (c->arg[n] != ' ') return 0;
  for (size_t i = n + 1; i < c->len; i++)
    if (!memchr(hex, c->arg[i], 16)) return 0;
  *namelen = n;
  return 1;
}

int popcommand_auth(struct pop_command const *c, size_t *mechlen,
                    char const **initial, size_t *initlen)
{
  char const *blank = memchr(c->arg, ' ', c->len);

  *mechlen = blank ? (size_t)(blank - c->arg) : c->len;
  if (!*mechlen) return 0;
  *initial = blank ? blank + 1 : 0;
  *initlen = blank ? c->len - *mechlen - 1 : 0;
  return 1;
}
