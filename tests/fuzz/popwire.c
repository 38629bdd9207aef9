/*
 * Fuzz target: a message on its way to the wire.  The first byte is the lines
 * of TOP (255: all), the second where to cut.  Holds: CR and LF only as CR LF;
 * no line is a dot alone; the octets are those that were counted; a client that
 * undoes the dots gets the bytes that are no line ends, all of them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "popwire.h"

static void hold(int true)
{
  if (!true) abort();
}

struct wire {
  char *s;
  size_t len;
  uint64_t octets;
};

static void add(struct wire *w, struct popwire_span span)
{
  memcpy(w->s + w->len, span.s, span.len);
  w->len += span.len;
  if (!span.stuffing) w->octets += span.len;
}

static void take(struct wire *out, struct popwire *w, char const *s, size_t n)
{
  struct popwire_span span;

  while ((span = popwire_next(w, &s, &n)).len)
    add(out, span);
  hold(!n || popwire_done(w));
}

static void hold_wire(struct wire const *w)
{
  for (size_t i = 0; i < w->len; i++) {
    int first = !i || w->s[i - 1] == '\n';

    if (w->s[i] == '\r') hold(i + 1 < w->len && w->s[i + 1] == '\n');
    if (w->s[i] == '\n') hold(i && w->s[i - 1] == '\r');
    if (first && w->s[i] == '.') hold(i + 1 < w->len && w->s[i + 1] == '.');
  }
  hold(!w->len || w->s[w->len - 1] == '\n');
}

/* The text of the message, line ends and doubled dots aside. */
static void hold_text(struct wire const *w, char const *s, size_t len)
{
  size_t i = 0;

  for (size_t k = 0; k < w->len; k++) {
    if (w->s[k] == '\r' || w->s[k] == '\n') continue;
    if (w->s[k] == '.' && (!k || w->s[k - 1] == '\n')) continue;
    while (i < len && (s[i] == '\r' || s[i] == '\n'))
      i++;
    hold(i < len && s[i++] == w->s[k]);
  }
  for (; i < len; i++)
    hold(s[i] == '\r' || s[i] == '\n');
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  char const *s = (char const *)data + 2;
  struct popwire_count count = POPWIRE_COUNT_ZERO;
  struct wire out = {0};
  struct popwire w;
  size_t len, cut;

  if (size < 2) return 0;
  len = size - 2;
  cut = len * data[1] / 255;
  out.s = malloc(3 * len + 4);
  if (!out.s) abort();
  popwire_init(&w, *data == 255 ? POPWIRE_ALL : *data);
  take(&out, &w, s, cut);
  take(&out, &w, s + cut, len - cut);
  add(&out, popwire_end(&w));
  hold_wire(&out);
  popwire_count(&count, s, cut);
  popwire_count(&count, s + cut, len - cut);
  if (*data == 255) {
    hold(out.octets == popwire_octets(&count));
    hold_text(&out, s, len);
  } else {
    hold(out.octets <= popwire_octets(&count));
  }
  free(out.s);
  return 0;
}
