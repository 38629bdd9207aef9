/*
 * Fuzz target of src/admin/logline.c: what is taken lies in the line, is spelt
 * as log.c spells it, and says what the line says; and a ledger takes it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "logline.h"
#include "text.h"

static void check(int cond)
{
  if (!cond) abort();
}

static char const *s;
static size_t len;

static void within(struct logline_span const *v)
{
  check(v->s >= s && v->n <= len && v->s + v->n <= s + len);
  check(!memchr(v->s, ' ', v->n) && !memchr(v->s, '\n', v->n));
}

/* Escaped again, it is what it was: but for what need not be escaped. */
static void spelt(struct logline_span const *v)
{
  char plain[LOGLINE_MAX], again[4 * LOGLINE_MAX], back[4 * LOGLINE_MAX];
  size_t n = logline_unescape(plain, v->s, v->n);
  size_t m = text_escape(again, sizeof again, plain, n);

  check(n <= v->n);
  check(logline_unescape(back, again, m) == n && !memcmp(back, plain, n));
}

static void fed(void)
{
  struct ledger g;

  check(ledger_init(&g, 0, 4, 4));
  check(ledger_feed(&g, s, len));
  ledger_end(&g);
  for (int k = 0; k < LEDGER_KINDS; k++)
    check(g.kind[k].n <= 4);
  ledger_free(&g);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t n)
{
  static struct logline l;

  s = (char const *)data;
  len = n;
  if (logline_scan(&l, s, n)) {
    char when[LOGLINE_TIME_FMT];

    within(&l.program);
    within(&l.event);
    check(l.pairs <= LOGLINE_PAIRS && l.nanos < 1000000000);
    for (size_t i = 0; i < l.pairs; i++) {
      within(&l.pair[i].key);
      within(&l.pair[i].value);
      spelt(&l.pair[i].value);
    }
    logline_time_fmt(when, l.seconds);
  }
  fed();
  return 0;
}
