#include <string.h>
#include <time.h>

#include <skalibs/tai.h>
#include <skalibs/types.h>

#include "logline.h"

#define TAI64N_LEN 25 /* @ and 24 digits */
#define ISO_LEN 19    /* without a fraction */
#define PROGRAM_MAX 255

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : -1; }

static int hex(char c)
{
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return digit(c);
}

/* ---- the time ---- */

static int scan_hex(char const *s, size_t n, uint64_t *u)
{
  *u = 0;
  for (size_t i = 0; i < n; i++) {
    if (hex(s[i]) < 0) return 0;
    *u = *u << 4 | (uint64_t)hex(s[i]);
  }
  return 1;
}

/* Returns what it used of s, 0 if that is no TAI64N. */
static size_t scan_tai64n(struct logline *l, char const *s, size_t n)
{
  uint64_t sec, nano;
  time_t t;
  tai a;

  if (n <= TAI64N_LEN || s[0] != '@' || s[TAI64N_LEN] != ' ') return 0;
  if (!scan_hex(s + 1, 16, &sec) || !scan_hex(s + 17, 8, &nano)) return 0;
  if (sec < TAI_MAGIC || sec >> 63 || nano >= 1000000000) return 0;
  a.x = sec;
  if (!time_sysclock_from_tai(&t, &a)) return 0;
  l->clock = LOGLINE_STAMP;
  l->seconds = t;
  l->nanos = (uint32_t)nano;
  return TAI64N_LEN + 1;
}

/* As many digits as n; -1 if they are none. */
static int number(char const *s, size_t n)
{
  int u = 0;

  for (size_t i = 0; i < n; i++) {
    if (digit(s[i]) < 0) return -1;
    u = u * 10 + digit(s[i]);
  }
  return u;
}

/* Days since the epoch, of the proleptic Gregorian calendar. */
static int64_t days(int y, int m, int d)
{
  int64_t era_year, of_year;

  if (m <= 2) y--;
  era_year = y % 400;
  of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return y / 400 * (int64_t)146097 + era_year * 365 + era_year / 4 -
         era_year / 100 + of_year - 719468;
}

/* .123456789; s6-log writes nine of them. */
static size_t scan_fraction(struct logline *l, char const *s, size_t n)
{
  size_t i = 1;

  l->nanos = 0;
  if (!n || s[0] != '.') return 0;
  for (; i < 10 && i < n && digit(s[i]) >= 0; i++)
    l->nanos = l->nanos * 10 + (uint32_t)digit(s[i]);
  for (size_t k = i; k < 10; k++)
    l->nanos *= 10;
  return i;
}

static size_t scan_iso(struct logline *l, char const *s, size_t n)
{
  size_t used = ISO_LEN, utc;
  int y, mon, d, h, min, sec;

  if (n <= ISO_LEN || s[4] != '-' || s[7] != '-' || s[13] != ':' ||
      s[16] != ':' || (s[10] != ' ' && s[10] != 'T'))
    return 0;
  y = number(s, 4), mon = number(s + 5, 2), d = number(s + 8, 2);
  h = number(s + 11, 2), min = number(s + 14, 2), sec = number(s + 17, 2);
  if (y < 1 || mon < 1 || mon > 12 || d < 1 || d > 31 || h < 0 || h > 23 ||
      min < 0 || min > 59 || sec < 0 || sec > 60)
    return 0;
  used += scan_fraction(l, s + used, n - used);
  utc = used < n && s[used] == 'Z';
  used += utc;
  if (used == n || s[used] != ' ') return 0;
  while (used < n && s[used] == ' ')
    used++;
  l->clock = utc ? LOGLINE_STAMP : LOGLINE_WALL;
  l->seconds = days(y, mon, d) * 86400 + h * 3600 + min * 60 + sec;
  return used;
}

static size_t scan_time(struct logline *l, char const *s, size_t n)
{
  struct logline other;
  size_t used = scan_tai64n(l, s, n);

  /* TAI64N is UTC and wins over a local time behind it */
  return used + scan_iso(used ? &other : l, s + used, n - used);
}

/* SECONDS.RANDOM, both hexadecimal (session.h). */
static void time_of_session(struct logline *l)
{
  struct logline_span const *v = logline_get(l, "session");
  char const *dot = v ? memchr(v->s, '.', v->n) : 0;
  uint64_t sec;

  if (!dot || dot - v->s != 8 || !scan_hex(v->s, 8, &sec)) return;
  l->clock = LOGLINE_SESSION;
  l->seconds = (int64_t)sec;
}

/* ---- the rest ---- */

static int is_name(char const *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if ((s[i] < 'a' || s[i] > 'z') && s[i] != '-' && s[i] != '_' &&
        digit(s[i]) < 0)
      return 0;
  return n > 0;
}

static int is_program(char const *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (s[i] <= ' ' || s[i] > '~' || s[i] == ':' || s[i] == '=') return 0;
  return n > 0 && n <= PROGRAM_MAX;
}

/* As text_escape writes it. */
static int is_value(char const *s, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (s[i] <= ' ' || s[i] > '~') return 0;
    if (s[i] != '\\') continue;
    if (n - i < 4 || s[i + 1] != 'x' || hex(s[i + 2]) < 0 || hex(s[i + 3]) < 0)
      return 0;
    i += 3;
  }
  return 1;
}

/* The word that begins at *s; *s goes behind the blank after it. */
static struct logline_span word(char const **s, char const *end)
{
  char const *blank = memchr(*s, ' ', (size_t)(end - *s));
  struct logline_span w = {*s, (size_t)((blank ? blank : end) - *s)};

  *s = blank ? blank + 1 : end + 1;
  return w;
}

static int add_pair(struct logline *l, struct logline_span w)
{
  char const *eq = memchr(w.s, '=', w.n);
  struct logline_pair *p = l->pair + l->pairs;

  if (!eq || l->pairs == LOGLINE_PAIRS) return 0;
  p->key = (struct logline_span){w.s, (size_t)(eq - w.s)};
  p->value = (struct logline_span){eq + 1, w.n - p->key.n - 1};
  l->pairs++;
  return is_name(p->key.s, p->key.n) && is_value(p->value.s, p->value.n);
}

int logline_scan(struct logline *l, char const *s, size_t n)
{
  char const *end = s + n;
  struct logline_span w;

  l->clock = LOGLINE_UNTIMED;
  l->seconds = 0;
  l->nanos = 0;
  l->pairs = 0;
  if (!n || n > LOGLINE_MAX) return 0;
  s += scan_time(l, s, n);
  w = word(&s, end);
  if (s > end || w.n < 2 || w.s[w.n - 1] != ':') return 0;
  l->program = (struct logline_span){w.s, w.n - 1};
  l->event = word(&s, end);
  if (!is_program(l->program.s, l->program.n) ||
      !is_name(l->event.s, l->event.n))
    return 0;
  while (s <= end)
    if (!add_pair(l, word(&s, end))) return 0;
  if (l->clock == LOGLINE_UNTIMED) time_of_session(l);
  return 1;
}

struct logline_span const *logline_get(struct logline const *l, char const *key)
{
  for (size_t i = 0; i < l->pairs; i++)
    if (logline_equal(&l->pair[i].key, key)) return &l->pair[i].value;
  return 0;
}

int logline_number(struct logline const *l, char const *key, uint64_t *u)
{
  struct logline_span const *v = logline_get(l, key);
  char s[UINT64_FMT];

  if (!v || !v->n || v->n >= sizeof s) return 0;
  memcpy(s, v->s, v->n);
  s[v->n] = 0;
  return !!uint640_scan(s, u);
}

int logline_equal(struct logline_span const *a, char const *s)
{
  return strlen(s) == a->n && !memcmp(a->s, s, a->n);
}

int logline_is(struct logline const *l, char const *program, char const *event)
{
  size_t n = strlen(program);

  return logline_equal(&l->event, event) && l->program.n >= n &&
         !memcmp(l->program.s + l->program.n - n, program, n);
}

size_t logline_unescape(char *out, char const *s, size_t n)
{
  size_t len = 0;

  for (size_t i = 0; i < n; i++) {
    if (s[i] == '\\' && n - i >= 4 && s[i + 1] == 'x' && hex(s[i + 2]) >= 0 &&
        hex(s[i + 3]) >= 0) {
      out[len++] = (char)(hex(s[i + 2]) << 4 | hex(s[i + 3]));
      i += 3;
    } else
      out[len++] = s[i];
  }
  return len;
}

void logline_time_fmt(char s[LOGLINE_TIME_FMT], int64_t seconds)
{
  time_t t = (time_t)seconds;
  struct tm tm;

  if (!gmtime_r(&t, &tm) || !strftime(s, LOGLINE_TIME_FMT, "%F %T", &tm))
    s[0] = 0;
}
