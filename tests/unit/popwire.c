/*
 * Unit test of src/pop3/popwire.c: every string of up to 7 symbols of {CR, LF,
 * dot, letter}, in every way to cut it in two, as a whole and as TOP, against
 * a plain specification.
 */
#include <stdlib.h>
#include <string.h>

#include "popwire.h"
#include "unit.h"

#define SYMBOLS 7

struct text {
  char s[64];
  size_t len;
  uint64_t octets;
};

static void put(struct text *t, char const *s, size_t n)
{
  memcpy(t->s + t->len, s, n);
  t->len += n;
  t->octets += n;
}

/* Line by line, as RFC 1939 tells it. */
static struct text specified(char const *s, size_t len, uint64_t lines)
{
  struct text t = {.len = 0};
  int header = 1;

  while (len) {
    size_t n = 0, end;

    while (n < len && s[n] != '\r' && s[n] != '\n')
      n++;
    if (!header && lines != POPWIRE_ALL && !lines--) break;
    end = n;
    if (end < len)
      end += end + 1 < len && s[end] == '\r' && s[end + 1] == '\n' ? 2 : 1;
    if (n && *s == '.') t.s[t.len++] = '.';
    put(&t, s, n);
    put(&t, "\r\n", 2);
    if (!n) header = 0;
    s += end;
    len -= end;
  }
  return t;
}

static void take(struct text *t, struct popwire *w, char const *s, size_t len)
{
  struct popwire_span span;

  while ((span = popwire_next(w, &s, &len)).len) {
    memcpy(t->s + t->len, span.s, span.len);
    t->len += span.len;
    if (!span.stuffing) t->octets += span.len;
  }
}

static int agrees(char const *s, size_t len, size_t cut, uint64_t lines)
{
  struct text want = specified(s, len, lines), got = {.len = 0};
  struct popwire_span last;
  struct popwire w;

  popwire_init(&w, lines);
  take(&got, &w, s, cut);
  take(&got, &w, s + cut, len - cut);
  last = popwire_end(&w);
  memcpy(got.s + got.len, last.s, last.len);
  got.len += last.len;
  got.octets += last.len;
  return got.len == want.len && got.octets == want.octets &&
         !memcmp(got.s, want.s, got.len);
}

static int counts(char const *s, size_t len, size_t cut)
{
  struct popwire_count c = POPWIRE_COUNT_ZERO;

  popwire_count(&c, s, cut);
  popwire_count(&c, s + cut, len - cut);
  return popwire_octets(&c) == specified(s, len, POPWIRE_ALL).octets;
}

static void exhaust(void)
{
  static uint64_t const lines[] = {POPWIRE_ALL, 0, 1, 2};
  int whole = 1, top = 1, count = 1;
  char s[SYMBOLS];

  for (size_t len = 0; len <= SYMBOLS; len++)
    for (unsigned int u = 0; u < 1U << 2 * len; u++) {
      for (size_t i = 0; i < len; i++)
        s[i] = "\r\n.a"[u >> 2 * i & 3];
      for (size_t cut = 0; cut <= len; cut++) {
        whole &= agrees(s, len, cut, POPWIRE_ALL);
        for (size_t l = 1; l < 4; l++)
          top &= agrees(s, len, cut, lines[l]);
        count &= counts(s, len, cut);
      }
    }
  ok(whole, "every short message, whole");
  ok(top, "every short message, 0, 1 and 2 lines of its body");
  ok(count, "every short message, counted");
}

static void one(char const *in, uint64_t lines, char const *want)
{
  struct text got = {.len = 0};
  struct popwire_span last;
  struct popwire w;

  popwire_init(&w, lines);
  take(&got, &w, in, strlen(in));
  last = popwire_end(&w);
  memcpy(got.s + got.len, last.s, last.len + 1);
  ok(!strcmp(got.s, want), want);
}

int main(void)
{
  exhaust();
  one("a\n\nb\n", POPWIRE_ALL, "a\r\n\r\nb\r\n");
  one("a\r\n\r\nb\r\n", POPWIRE_ALL, "a\r\n\r\nb\r\n");
  one("a\n.\n..\n.b", POPWIRE_ALL, "a\r\n..\r\n...\r\n..b\r\n");
  one("a\r.\r", POPWIRE_ALL, "a\r\n..\r\n");
  one("a\n\nb\nc\n", 1, "a\r\n\r\nb\r\n");
  one("a\n\nb\nc\n", 0, "a\r\n\r\n");
  one("a\nb", 0, "a\r\nb\r\n");
  one("", POPWIRE_ALL, "");
  return done();
}
