#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/types.h>

#include "log.h"
#include "text.h"

/* One byte stays free for the newline. */
static void put(struct log *l, char const *s, size_t n)
{
  if (n >= sizeof l->line - l->len) return;
  memcpy(l->line + l->len, s, n);
  l->len += n;
}

void log_start(struct log *l, char const *program, char const *event,
               char const *session)
{
  l->len = 0;
  put(l, program, strlen(program));
  put(l, ": ", 2);
  put(l, event, strlen(event));
  if (session) log_string(l, "session", session);
}

void log_bytes(struct log *l, char const *key, char const *s, size_t n)
{
  char value[LOG_VALUE_MAX];
  size_t vlen = text_escape(value, sizeof value, s, n), klen = strlen(key);

  /* a pair is whole or absent */
  if (klen + vlen + 2 >= sizeof l->line - l->len) return;
  put(l, " ", 1);
  put(l, key, klen);
  put(l, "=", 1);
  put(l, value, vlen);
}

void log_string(struct log *l, char const *key, char const *s)
{
  log_bytes(l, key, s, strlen(s));
}

void log_number(struct log *l, char const *key, uint64_t u)
{
  char s[UINT64_FMT];
  log_bytes(l, key, s, uint64_fmt(s, u));
}

void log_end(struct log *l)
{
  l->line[l->len++] = '\n';
  fd_write(2, l->line, l->len);
}
