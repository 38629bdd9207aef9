/*
 * Unit test of src/lib/eod.c.
 *
 * Every string of up to 9 symbols of {CR, LF, ".", NUL, other} is compared
 * with a plain model that sees it whole.  Every way to cut it into portions is
 * covered by its single cuts: the machine has no memory but its struct, and for
 * each string a+b the struct after a and then b is the same, member by member,
 * as after a+b at once.  So two portions may always be joined without a
 * difference, and with them any number.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "eod.h"
#include "unit.h"

#define MOST 9

static char const symbols[] = {'\r', '\n', '.', 0, 'x'};

/* What the model says of a string. */
struct model {
  size_t used;
  int ended;
  unsigned int faults;
  size_t out_len;
  char out[MOST + 1];
};

static int at(char const *s, size_t n, size_t i, char const *want)
{
  return i + strlen(want) <= n && !memcmp(s + i, want, strlen(want));
}

static void find_end(char const *s, size_t n, struct model *m)
{
  m->ended = 1;
  m->used = 3;
  if (at(s, n, 0, ".\r\n")) return;
  for (size_t i = 0; i < n; i++) {
    m->used = i + 5;
    if (at(s, n, i, "\r\n.\r\n")) return;
  }
  m->ended = 0;
  m->used = n;
}

/* A line: s[start..end), ended by CR LF, by LF, or not yet. */
enum line_end { CRLF, LF, OPEN };

static void model_line(struct model *m, char const *s, size_t start, size_t end,
                       enum line_end how, int after_bare, int dots, int reject)
{
  size_t n = end - start;

  if (dots && how == LF && n == 1 && s[start] == '.' && !reject)
    m->faults |= EOD_DOT;
  if (dots && how == CRLF && after_bare && n == 1 && s[start] == '.' && !reject)
    m->faults |= EOD_DOT;
  if (how == LF && reject) m->faults |= EOD_BARE_LF;
  if (how == OPEN && n && s[end - 1] == '\r') n--;
  for (size_t i = start; i < start + n; i++) {
    if (s[i] == '\r') m->faults |= EOD_BARE_CR;
    if (!s[i]) m->faults |= EOD_NUL;
    if (dots && i == start && s[i] == '.') continue;
    m->out[m->out_len++] = s[i];
  }
  if (how != OPEN) m->out[m->out_len++] = '\n';
}

static void model(char const *s, size_t n, int dots, int reject,
                  struct model *m)
{
  size_t start = 0, len;
  int after_bare = 0;

  memset(m, 0, sizeof *m);
  m->used = n;
  if (dots) find_end(s, n, m);
  len = m->used - (m->ended ? 3 : 0);
  for (size_t i = 0; i < len; i++) {
    int crlf = s[i] == '\n' && i > start && s[i - 1] == '\r';

    if (s[i] != '\n') continue;
    model_line(m, s, start, i - (size_t)crlf, crlf ? CRLF : LF, after_bare,
               dots, reject);
    after_bare = !crlf;
    start = i + 1;
  }
  model_line(m, s, start, len, OPEN, after_bare, dots, reject);
  if (m->faults) m->out_len = 0;
}

/* A machine, and what it has written so far. */
struct run {
  struct eod e;
  size_t used;
  size_t out_len;
  char out[MOST + 1];
};

static void feed(struct run *r, char const *s, size_t n)
{
  char buf[MOST + 1];
  size_t used, len;

  if (!n || r->e.ended) return;
  memcpy(buf, s, n);
  len = eod_feed(&r->e, buf, n, &used);
  memcpy(r->out + r->out_len, buf, len);
  r->out_len += len;
  r->used += used;
}

static int same_run(struct run const *a, struct run const *b)
{
  return a->e.state == b->e.state && a->e.dots == b->e.dots &&
         a->e.barelf == b->e.barelf && a->e.ended == b->e.ended &&
         a->e.faults == b->e.faults && a->e.size == b->e.size &&
         a->used == b->used &&
         (a->e.faults ||
          (a->out_len == b->out_len && !memcmp(a->out, b->out, a->out_len)));
}

static int is_model(struct run const *r, struct model const *m)
{
  size_t lines = 0;

  if (r->used != m->used || r->e.ended != m->ended || r->e.faults != m->faults)
    return 0;
  if (m->faults) return 1;
  for (size_t i = 0; i < m->out_len; i++)
    lines += m->out[i] == '\n';
  return r->out_len == m->out_len && !memcmp(r->out, m->out, m->out_len) &&
         r->e.size == m->out_len + lines;
}

struct walk {
  int dots;
  int reject;
  size_t most;
  unsigned long strings;
  unsigned long wrong;
  char s[MOST];
  struct run prefix[MOST + 1]; /* the first k symbols at once */
};

static void show(struct walk const *w, size_t n, char const *what)
{
  printf("# %s:", what);
  for (size_t i = 0; i < n; i++)
    printf(" %02x", (unsigned char)w->s[i]);
  printf("\n");
}

static void check(struct walk *w, size_t n)
{
  struct model m;

  w->strings++;
  w->prefix[n] = w->prefix[0];
  feed(&w->prefix[n], w->s, n);
  model(w->s, n, w->dots, w->reject, &m);
  if (!is_model(&w->prefix[n], &m) && !w->wrong++) show(w, n, "not the model");
  for (size_t cut = 1; cut < n; cut++) {
    struct run r = w->prefix[cut];

    if (r.e.ended) break;
    feed(&r, w->s + cut, n - cut);
    if (!same_run(&r, &w->prefix[n]) && !w->wrong++) show(w, n, "cut matters");
  }
}

/* One symbol beyond the end, too: it must not be taken. */
static void descend(struct walk *w, size_t n)
{
  if (n) check(w, n);
  if (n == w->most || (n && w->prefix[n - 1].e.ended)) return;
  for (size_t i = 0; i < sizeof symbols; i++) {
    w->s[n] = symbols[i];
    descend(w, n + 1);
  }
}

static void exhaust(int dots, int reject, size_t most, char const *name)
{
  static struct walk w;
  enum eod_barelf barelf = reject ? EOD_REJECT : EOD_NORMALIZE;

  memset(&w, 0, sizeof w);
  w.dots = dots;
  w.reject = reject;
  w.most = most;
  if (dots)
    eod_start(&w.prefix[0].e, barelf);
  else
    eod_start_chunks(&w.prefix[0].e, barelf);
  descend(&w, 0);
  printf("# %lu strings\n", w.strings);
  ok(!w.wrong && w.strings > 10000, name);
}

#define BIG (1 << 20)

/* A MiB of lines of that length, in portions: the bytes must be right, and
   the rate is shown for whoever reads the output. */
static void bulk(size_t line)
{
  static char in[BIG], work[BIG], want[BIG];
  size_t n = 0, wn = 0, lines = 0, got = 0, bad = 0;
  struct timespec a, b;
  struct eod e;

  while (n + line + 2 <= BIG) {
    memset(in + n, 'a' + (int)(lines % 26), line);
    memset(want + wn, 'a' + (int)(lines++ % 26), line);
    n += line;
    wn += line;
    in[n++] = '\r';
    in[n++] = '\n';
    want[wn++] = '\n';
  }
  memcpy(work, in, n);
  eod_start(&e, EOD_REJECT);
  clock_gettime(CLOCK_MONOTONIC, &a);
  for (size_t i = 0; i < n;) {
    size_t k = n - i > 65536 ? 65536 : n - i, used;
    size_t l = eod_feed(&e, work + i, k, &used);

    bad += l > wn - got || used != k || memcmp(work + i, want + got, l);
    got += l;
    i += used;
  }
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("# lines of %zu: %.0f MB/s with the comparison\n", line,
         (double)n / ((double)(b.tv_sec - a.tv_sec) * 1e6 +
                      (double)(b.tv_nsec - a.tv_nsec) / 1e3));
  ok(!bad && got == wn && e.size == n && !e.faults, "a MiB in portions");
}

static void chunks(void)
{
  struct eod e;
  char a[] = "x\r", b[] = "\n.\r\n", c[] = "\r";
  size_t used;

  eod_start_chunks(&e, EOD_REJECT);
  ok(eod_feed(&e, a, 2, &used) == 1 && eod_feed(&e, b, 4, &used) == 3 &&
         !memcmp(b, "\n.\n", 3) && !e.ended && e.size == 6,
     "CR and LF in two chunks; a dot ends nothing");
  eod_feed(&e, c, 1, &used);
  ok(!e.faults, "a CR at the end of a chunk is open");
  eod_finish_chunks(&e);
  ok(e.faults == EOD_BARE_CR, "but not after the last");
}

int main(void)
{
  exhaust(1, 1, 9, "bare LF refused: the model, in every portion");
  exhaust(1, 0, 9, "bare LF normalised: the model, in every portion");
  exhaust(0, 1, 7, "chunks, bare LF refused");
  exhaust(0, 0, 7, "chunks, bare LF normalised");
  bulk(76);
  bulk(998);
  bulk(60000);
  chunks();
  return done();
}
