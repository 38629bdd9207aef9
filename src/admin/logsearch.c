#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/stralloc.h>

#include "log.h"
#include "logsearch.h"
#include "session.h"
#include "text.h"

#define CONDITIONS 7
#define TABLE (4 * LOGSEARCH_CANDIDATES) /* slots; a power of two */

/* ---- conditions ---- */

/* A value as the log has it. */
struct needle {
  size_t n;
  char s[LOG_VALUE_MAX];
};

/* Where a condition is looked for: behind the key. */
struct place {
  unsigned int bit;
  char const *key;
  char const *prefix; /* of the value */
  int fold;           /* case is ignored */
  int path;           /* so are angle brackets around it */
};

static struct place const places[] = {
    {LOGSEARCH_MSGID, "msgid", "", 0, 1},
    {LOGSEARCH_QUEUE, "qp", "", 0, 0},
    {LOGSEARCH_SESSION, "session", "", 0, 0},
    {LOGSEARCH_RCPT, "to", "", 1, 1},
    {LOGSEARCH_SENDER, "from", "", 1, 1},
    {LOGSEARCH_USER, "user", "", 1, 0},
    {LOGSEARCH_USER, "relay", "auth:", 1, 0},
    {LOGSEARCH_USER, "relay", "grant:", 1, 0},
    {LOGSEARCH_IP, "ip", "", 0, 0},
};

#define PLACES (sizeof places / sizeof *places)

static char const *asked(struct logsearch const *q, unsigned int bit)
{
  switch (bit) {
  case LOGSEARCH_MSGID: return q->msgid;
  case LOGSEARCH_QUEUE: return q->queue;
  case LOGSEARCH_SESSION: return q->session;
  case LOGSEARCH_RCPT: return q->rcpt;
  case LOGSEARCH_SENDER: return q->sender;
  case LOGSEARCH_USER: return q->user;
  case LOGSEARCH_IP: return q->ip;
  default: return 0;
  }
}

unsigned int logsearch_wanted(struct logsearch const *q)
{
  unsigned int wanted = 0;

  for (unsigned int bit = 1; bit < 1u << CONDITIONS; bit <<= 1)
    if (asked(q, bit)) wanted |= bit;
  return wanted;
}

static size_t unbracketed(char const **s, size_t n)
{
  if (n < 2 || (*s)[0] != '<' || (*s)[n - 1] != '>') return n;
  ++*s;
  return n - 2;
}

/* What stands behind the key in a line that fulfils the condition. */
static void make_needle(struct needle *v, struct place const *p, char const *s)
{
  size_t n = p->path ? unbracketed(&s, strlen(s)) : strlen(s);
  size_t m = strlen(p->prefix);
  char text[LOG_VALUE_MAX + 1];

  if (p->bit == LOGSEARCH_MSGID && n > LOG_MSGID_MAX) n = LOG_MSGID_MAX;
  /* as log.c cuts it: what is longer than all that fits, too */
  if (n > sizeof text - m) n = sizeof text - m;
  memcpy(text, p->prefix, m);
  memcpy(text + m, s, n);
  v->n = text_escape(v->s, sizeof v->s, text, m + n);
}

static int same(struct place const *p, struct needle const *v, char const *s,
                size_t n)
{
  /* one that is no address is in the log as the client sent it */
  if (p->path) n = unbracketed(&s, n);
  if (p->fold) return text_equal(v->s, v->n, s, n);
  return v->n == n && !memcmp(v->s, s, n);
}

unsigned int logsearch_holds(struct logsearch const *q, struct logline const *l)
{
  unsigned int held = 0;

  for (size_t i = 0; i < PLACES; i++) {
    struct place const *p = places + i;
    struct logline_span const *v;
    struct needle needle;

    if (!asked(q, p->bit)) continue;
    v = logline_get(l, p->key);
    if (!v) continue;
    make_needle(&needle, p, asked(q, p->bit));
    if (same(p, &needle, v->s, v->n)) held |= p->bit;
  }
  return held;
}

void logsearch_named(struct logsearch *q, char const *s)
{
  char const *qp = strstr(s, " qp ");
  size_t digits, hex;

  if (qp) s = qp + 4;
  digits = strspn(s, "0123456789");
  hex = strspn(s, "0123456789abcdef");
  if (digits && !s[digits])
    q->queue = s;
  else if (hex == 8 && s[hex] == '.' && session_good(s))
    q->session = s;
  else
    q->msgid = s;
}

/* ---- names of sessions ---- */

struct candidate {
  char name[SESSION_FMT];
  unsigned char n;
  unsigned char held;
  int64_t seconds; /* of the latest line that fulfils the first condition */
  uint32_t rank;   /* from 1, in the order of their first lines */
  size_t left_out; /* lines of it */
};

/* Up to twice as many as may be kept: then the older half goes. */
struct names {
  struct candidate *c;
  size_t n, room;
  uint32_t *slot; /* index + 1; 0 free */
  uint64_t dropped;
};

static size_t hash(char const *s, size_t n)
{
  uint64_t h = 14695981039346656037u;

  for (size_t i = 0; i < n; i++)
    h = (h ^ (unsigned char)s[i]) * 1099511628211u;
  return (size_t)(h ^ h >> 32);
}

/* Its slot, or the free one where it belongs. */
static uint32_t *slot_of(struct names const *x, char const *s, size_t n)
{
  size_t i = hash(s, n) & (TABLE - 1);

  for (; x->slot[i]; i = (i + 1) & (TABLE - 1)) {
    struct candidate const *c = x->c + x->slot[i] - 1;

    if (c->n == n && !memcmp(c->name, s, n)) break;
  }
  return x->slot + i;
}

static struct candidate *look(struct names const *x, char const *s, size_t n)
{
  uint32_t *slot = slot_of(x, s, n);

  return *slot ? x->c + *slot - 1 : 0;
}

static void index_names(struct names *x)
{
  memset(x->slot, 0, TABLE * sizeof *x->slot);
  for (size_t i = 0; i < x->n; i++)
    *slot_of(x, x->c[i].name, x->c[i].n) = (uint32_t)i + 1;
}

static int by_age(void const *a, void const *b)
{
  struct candidate const *x = a, *y = b;

  if (x->seconds != y->seconds) return x->seconds < y->seconds ? -1 : 1;
  return strcmp(x->name, y->name);
}

/* What is read last need not be the newest: each source has its own order. */
static void keep_newest(struct names *x, size_t n)
{
  if (x->n <= n) return;
  qsort(x->c, x->n, sizeof *x->c, by_age);
  x->dropped += x->n - n;
  memmove(x->c, x->c + x->n - n, n * sizeof *x->c);
  x->n = n;
  index_names(x);
}

static int grow(struct names *x)
{
  size_t room = x->room ? 2 * x->room : 64;
  struct candidate *c;

  if (x->n < x->room) return 1;
  if (x->n == 2 * LOGSEARCH_CANDIDATES) {
    keep_newest(x, LOGSEARCH_CANDIDATES);
    return 1;
  }
  c = realloc(x->c, room * sizeof *c);
  if (!c) return 0;
  x->c = c;
  x->room = room;
  return 1;
}

static int add_name(struct names *x, struct logline const *l)
{
  struct logline_span const *name = logline_get(l, "session");
  char const *s = name ? name->s : "";
  size_t n = name ? name->n : 0;
  struct candidate *c;

  if (!n || n >= SESSION_FMT) return 1;
  c = look(x, s, n);
  if (c && c->seconds < l->seconds) c->seconds = l->seconds;
  if (c) return 1;
  if (!grow(x)) return 0;
  c = x->c + x->n++;
  memset(c, 0, sizeof *c);
  memcpy(c->name, s, n);
  c->n = (unsigned char)n;
  c->seconds = l->seconds;
  *slot_of(x, s, n) = (uint32_t)x->n;
  return 1;
}

/* ---- the first look: which sessions may it be? ---- */

#define SOUGHT_MAX 3

/* Bytes to look for.  Where case counts, all of a value: rarer, so faster. */
struct sought {
  struct place const *place;
  struct needle needle;
  size_t n;
  char s[LOG_VALUE_MAX + 32];
};

/* A line that is kept. */
struct kept {
  uint32_t who;   /* index of the candidate */
  uint32_t nanos; /* its time */
  int64_t seconds;
  size_t seq, at; /* its number; where its text begins */
};

struct search {
  struct logsearch *q;
  struct names names;
  struct sought sought[SOUGHT_MAX];
  size_t soughts;
  unsigned int wanted, first; /* conditions: all, and that looked for first */
  struct kept *kept;
  size_t n, room;
  stralloc text;
};

static void seek(struct search *x, struct place const *p)
{
  struct sought *w = x->sought + x->soughts++;

  w->place = p;
  make_needle(&w->needle, p, asked(x->q, p->bit));
  w->n = strlen(p->key);
  w->s[0] = ' ';
  memcpy(w->s + 1, p->key, w->n);
  w->s[++w->n] = '=';
  w->n++;
  if (p->fold) return;
  memcpy(w->s + w->n, w->needle.s, w->needle.n);
  w->n += w->needle.n;
}

/* Can the value at s be it?  What it stands in ends with a newline. */
static int begins(struct sought const *w, char const *s, char const *end)
{
  size_t n = w->needle.n;

  if (w->place->path && *s == '<') n += 2;
  if ((size_t)(end - s) <= n || (s[n] != ' ' && s[n] != '\n')) return 0;
  return same(w->place, &w->needle, s, n);
}

/* The line around at; *next receives what follows it. */
static int scan_around(struct logline *l, char const *block, char const *at,
                       char const *end, char const **next)
{
  char const *before = memrchr(block, '\n', (size_t)(at - block));
  char const *start = before ? before + 1 : block;
  char const *lf = memchr(at, '\n', (size_t)(end - at));

  *next = lf + 1;
  return logline_scan(l, start, (size_t)(lf - start));
}

static int look_for(struct search *x, struct sought const *w, char const *block,
                    char const *end)
{
  char const *s = block;

  while ((s = memmem(s, (size_t)(end - s), w->s, w->n))) {
    struct logline l;

    s += w->n;
    if (w->place->fold && !begins(w, s, end)) continue;
    /* a step back: the value may end where its line does */
    if (!scan_around(&l, block, s - 1, end, &s)) continue;
    if (!(logsearch_holds(x->q, &l) & x->first)) continue;
    if (!add_name(&x->names, &l)) return 0;
  }
  return 1;
}

static int first_look(void *data, char const *block, size_t n)
{
  struct search *x = data;

  for (size_t i = 0; i < x->soughts; i++)
    if (!look_for(x, x->sought + i, block, block + n)) {
      errno = ENOMEM;
      return 0;
    }
  return 1;
}

/* ---- every line of the candidates ---- */

typedef int line_do(struct search *x, struct candidate *c,
                    struct logline const *l, char const *s, size_t n);

static int each_line(struct search *x, char const *block, size_t n, line_do *f)
{
  static char const key[] = " session=";
  char const *end = block + n, *s = block;

  while ((s = memmem(s, (size_t)(end - s), key, sizeof key - 1))) {
    size_t len = 0, most;
    struct candidate *c;
    struct logline l;
    char const *next;

    s += sizeof key - 1;
    most = (size_t)(end - s);
    while (len < most && len < SESSION_FMT && s[len] != ' ' && s[len] != '\n')
      len++;
    c = look(&x->names, s, len);
    if (!c || !scan_around(&l, block, s - 1, end, &next)) continue;
    s = memrchr(block, '\n', (size_t)(s - block));
    s = s ? s + 1 : block;
    if (!f(x, c, &l, s, (size_t)(next - s) - 1)) {
      errno = ENOMEM;
      return 0;
    }
    s = next;
  }
  return 1;
}

static int note_held(struct search *x, struct candidate *c,
                     struct logline const *l, char const *s, size_t n)
{
  (void)s;
  (void)n;
  c->held |= (unsigned char)logsearch_holds(x->q, l);
  return 1;
}

static int second_look(void *data, char const *block, size_t n)
{
  return each_line(data, block, n, note_held);
}

/* Only those in which all holds. */
static void keep_held(struct search *x)
{
  size_t n = 0;

  for (size_t i = 0; i < x->names.n; i++)
    if ((x->names.c[i].held & x->wanted) == x->wanted)
      x->names.c[n++] = x->names.c[i];
  x->names.n = n;
  index_names(&x->names);
}

static int keep_line(struct search *x, struct candidate *c,
                     struct logline const *l, char const *s, size_t n)
{
  struct kept *k;

  if (x->text.len + n + 1 > LOGSEARCH_TEXT) {
    c->left_out++;
    return 1;
  }
  if (x->n == x->room) {
    size_t room = x->room ? 2 * x->room : 256;
    struct kept *more = realloc(x->kept, room * sizeof *more);

    if (!more) return 0;
    x->kept = more;
    x->room = room;
  }
  k = x->kept + x->n;
  k->who = (uint32_t)(c - x->names.c);
  k->seconds = l->seconds;
  k->nanos = l->nanos;
  k->seq = x->n++;
  k->at = x->text.len;
  return stralloc_catb(&x->text, s, n) && stralloc_0(&x->text);
}

static int collect(void *data, char const *block, size_t n)
{
  return each_line(data, block, n, keep_line);
}

/* ---- their order ---- */

static int by_time(void const *a, void const *b)
{
  struct kept const *x = a, *y = b;

  if (x->seconds != y->seconds) return x->seconds < y->seconds ? -1 : 1;
  if (x->nanos != y->nanos) return x->nanos < y->nanos ? -1 : 1;
  return x->seq < y->seq ? -1 : 1;
}

/* Sessions by their first line, then lines as they are. */
static int by_session(void const *a, void const *b)
{
  struct kept const *x = a, *y = b;

  if (x->who != y->who) return x->who < y->who ? -1 : 1;
  return x->seq < y->seq ? -1 : 1;
}

/* who becomes the rank of the session. */
static void sort_kept(struct search *x)
{
  uint32_t rank = 0;

  if (x->n) qsort(x->kept, x->n, sizeof *x->kept, by_time);
  for (size_t i = 0; i < x->n; i++) {
    struct candidate *c = x->names.c + x->kept[i].who;

    if (!c->rank) c->rank = ++rank;
    x->kept[i].seq = i;
  }
  for (size_t i = 0; i < x->n; i++)
    x->kept[i].who = x->names.c[x->kept[i].who].rank;
  if (x->n) qsort(x->kept, x->n, sizeof *x->kept, by_session);
}

static struct candidate const *ranked(struct search const *x, uint32_t rank)
{
  for (size_t i = 0; i < x->names.n; i++)
    if (x->names.c[i].rank == rank) return x->names.c + i;
  return 0;
}

/* Returns how many sessions; -1 if emit said stop. */
static int hand_over(struct search *x, logsearch_emit *emit, void *data)
{
  char const **line = x->n ? malloc(x->n * sizeof *line) : 0;
  int sessions = 0;

  if (x->n && !line) return -1;
  for (size_t i = 0, k; i < x->n; i = k) {
    struct candidate const *c = ranked(x, x->kept[i].who);
    struct logsearch_session s = {c->name, line, 0, c->left_out};

    for (k = i; k < x->n && x->kept[k].who == x->kept[i].who; k++)
      line[s.lines++] = x->text.s + x->kept[k].at;
    if (!emit(data, &s)) {
      sessions = -1;
      break;
    }
    sessions++;
  }
  free(line);
  return sessions;
}

/* ---- the whole ---- */

static int find(struct search *x, struct logdir *d)
{
  size_t most = x->q->most ? x->q->most : LOGSEARCH_MOST;

  if (most > LOGSEARCH_MOST_MAX) most = LOGSEARCH_MOST_MAX;
  x->first = x->wanted & -x->wanted;
  for (size_t i = 0; i < PLACES; i++)
    if (places[i].bit == x->first) seek(x, places + i);
  if (!logdir_read(d, first_look, x)) return 0;
  if (x->wanted != x->first) {
    if (x->names.n && !logdir_read(d, second_look, x)) return 0;
    keep_held(x);
  }
  x->q->dropped = x->names.dropped;
  x->q->found = x->names.n;
  keep_newest(&x->names, most);
  return !x->names.n || logdir_read(d, collect, x);
}

int logsearch(struct logsearch *q, struct logdir *d, logsearch_emit *emit,
              void *data)
{
  struct search x = {.q = q, .wanted = logsearch_wanted(q)};
  int r = -1, e;

  q->found = q->dropped = 0;
  errno = EINVAL;
  if (!x.wanted) return -1;
  x.names.slot = calloc(TABLE, sizeof *x.names.slot);
  if (x.names.slot && find(&x, d)) {
    sort_kept(&x);
    r = hand_over(&x, emit, data);
  }
  e = errno;
  free(x.names.slot);
  free(x.names.c);
  free(x.kept);
  stralloc_free(&x.text);
  errno = e;
  return r;
}
