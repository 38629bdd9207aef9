#include <string.h>

#include "popwire.h"

void popwire_init(struct popwire *w, uint64_t lines)
{
  *w = (struct popwire){.lines = lines, .in_header = 1};
}

int popwire_done(struct popwire const *w)
{
  return !w->in_header && !w->lines && !w->in_line;
}

/* A line has ended; an empty one ends the header. */
static struct popwire_span end_line(struct popwire *w)
{
  if (!w->in_header) {
    if (w->lines != POPWIRE_ALL) w->lines--;
  } else if (!w->in_line) {
    w->in_header = 0;
  }
  w->in_line = 0;
  w->stuffed = 0;
  return (struct popwire_span){"\r\n", 2, 0};
}

/* How many bytes stand before the first CR or LF? */
static size_t text_length(char const *s, size_t len)
{
  char const *lf = memchr(s, '\n', len);
  size_t n = lf ? (size_t)(lf - s) : len;
  char const *cr = memchr(s, '\r', n);

  return cr ? (size_t)(cr - s) : n;
}

struct popwire_span popwire_next(struct popwire *w, char const **s, size_t *len)
{
  struct popwire_span span = {.s = *s};

  if (w->after_cr && *len) {
    w->after_cr = 0;
    if (**s == '\n') ++*s, --*len;
    span.s = *s;
  }
  if (!*len || popwire_done(w)) return span;
  if (**s == '\n' || **s == '\r') {
    w->after_cr = **s == '\r';
    ++*s, --*len;
    return end_line(w);
  }
  if (**s == '.' && !w->in_line && !w->stuffed) {
    w->stuffed = 1;
    return (struct popwire_span){".", 1, 1};
  }
  span.len = text_length(*s, *len);
  w->in_line = 1;
  *s += span.len;
  *len -= span.len;
  return span;
}

struct popwire_span popwire_end(struct popwire *w)
{
  if (!w->in_line) return (struct popwire_span){"", 0, 0};
  return end_line(w);
}

void popwire_count(struct popwire_count *c, char const *s, size_t len)
{
  size_t lf = 0, cr = 0, both = 0;

  if (!len) return;
  both = c->last == '\r' && s[0] == '\n';
  for (size_t i = 0; i < len; i++)
    lf += s[i] == '\n';
  for (size_t i = 0; i < len; i++)
    cr += s[i] == '\r';
  if (cr)
    for (size_t i = 1; i < len; i++)
      both += s[i - 1] == '\r' && s[i] == '\n';
  /* each LF and each CR ends a line, but the two together end one */
  c->octets += len + lf + cr - 2 * both;
  c->last = s[len - 1];
}

uint64_t popwire_octets(struct popwire_count const *c)
{
  return c->octets + (c->last == '\n' || c->last == '\r' ? 0 : 2);
}
