#include <string.h>

#include "eod.h"

enum state {
  LINE,       /* within a line */
  LINE_CR,    /* within a line, after CR */
  START,      /* at its start, after CR LF or at the start of all */
  START_BARE, /* at its start, after a bare LF */
  DOT,        /* after the dot at START */
  DOT_CR,     /* after the CR that follows it */
  DOT_BARE,   /* after the dot at START_BARE */
  DOT_BARE_CR,
};

void eod_start(struct eod *e, enum eod_barelf barelf)
{
  *e = (struct eod){.state = START, .dots = 1, .barelf = barelf};
}

void eod_start_chunks(struct eod *e, enum eod_barelf barelf)
{
  *e = (struct eod){.state = START, .dots = 0, .barelf = barelf};
}

void eod_finish_chunks(struct eod *e)
{
  if (e->state == LINE_CR) e->faults |= EOD_BARE_CR;
}

/* Where the bytes go; out never overtakes what is still to be read. */
struct flow {
  struct eod *e;
  char *buf;
  size_t out;
};

static void put_line_end(struct flow *f)
{
  f->buf[f->out++] = '\n';
  f->e->size += 2;
}

/* An LF without a CR before it. */
static int bare_lf(struct flow *f)
{
  struct eod *e = f->e;

  if (e->barelf == EOD_REJECT) {
    e->faults |= EOD_BARE_LF;
    return START_BARE;
  }
  if (e->state == DOT || e->state == DOT_BARE)
    e->faults |= EOD_DOT;
  else
    put_line_end(f);
  return START_BARE;
}

static int crlf(struct flow *f)
{
  struct eod *e = f->e;

  switch (e->state) {
  case DOT_CR: e->ended = 1; return START;
  case DOT_BARE_CR:
    e->faults |= e->barelf == EOD_NORMALIZE ? EOD_DOT : EOD_BARE_LF;
    return START;
  default: put_line_end(f); return START;
  }
}

/* Any byte but an LF. */
static int other(struct flow *f, char c)
{
  struct eod *e = f->e;
  int state = e->state;

  if (state == LINE_CR || state == DOT_CR || state == DOT_BARE_CR) {
    e->faults |= EOD_BARE_CR;
    state = LINE;
  }
  if (c == '\r')
    return state == DOT ? DOT_CR : state == DOT_BARE ? DOT_BARE_CR : LINE_CR;
  if (c == '.' && e->dots && (state == START || state == START_BARE))
    return state == START ? DOT : DOT_BARE;
  f->buf[f->out++] = c;
  e->size++;
  return LINE;
}

static int one(struct flow *f, char c)
{
  int state = f->e->state;

  if (c != '\n') return other(f, c);
  if (state == LINE_CR || state == DOT_CR || state == DOT_BARE_CR)
    return crlf(f);
  return bare_lf(f);
}

/*
 * What comes before the next CR or LF, and the CR LF if that is what follows,
 * moved as a whole.  Returns the length that it took, perhaps 0.
 */
static size_t bulk(struct flow *f, char const *s, size_t n)
{
  char const *lf = memchr(s, '\n', n);
  size_t len = lf ? (size_t)(lf - s) : n;
  char const *cr = memchr(s, '\r', len);

  if (cr) len = (size_t)(cr - s);
  if (len) {
    if (s != f->buf + f->out) memmove(f->buf + f->out, s, len);
    f->out += len;
    f->e->size += len;
    f->e->state = LINE;
  }
  if (!cr || lf != cr + 1) return len;
  put_line_end(f);
  f->e->state = START;
  return len + 2;
}

/* After a fault nothing is gained by speed, and many a bare CR would make
   bulk look through the same bytes again and again. */
static int is_bulk(struct eod const *e, char c)
{
  if (e->faults) return 0;
  if (e->state == LINE) return 1;
  return (e->state == START || e->state == START_BARE) &&
         (c != '.' || !e->dots);
}

size_t eod_feed(struct eod *e, char *buf, size_t n, size_t *used)
{
  struct flow f = {e, buf, 0};
  size_t i = 0;

  while (i < n && !e->ended) {
    size_t l = is_bulk(e, buf[i]) ? bulk(&f, buf + i, n - i) : 0;

    if (!l) {
      e->state = one(&f, buf[i]);
      l = 1;
    }
    i += l;
  }
  *used = i;
  if (memchr(buf, 0, f.out)) e->faults |= EOD_NUL;
  return e->faults ? 0 : f.out;
}
