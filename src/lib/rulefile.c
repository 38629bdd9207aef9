#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/types.h>

#include "cdbmap.h"
#include "rulefile.h"

#define HEAD (2 * sizeof(uint32_t)) /* before each key in keys */

/* An IPv4 network that waits until the plain lines are written. */
struct waiting {
  char const *s;
  size_t n;
  uint32_t line;
  int bits;
};

void rulefile_init(rulefile *f, rulefile_add *add, void *arg)
{
  *f = (rulefile){.add = add, .arg = arg, .line = RULELINE_ZERO};
  f->size = 2048; /* a CDB's table of contents */
}

void rulefile_free(rulefile *f)
{
  genalloc_free(struct rulefile_problem, &f->problems);
  stralloc_free(&f->line.data);
  stralloc_free(&f->keys);
  free(f->slots);
}

/* --- the keys that are there --- */

static uint32_t hash(char const *s, size_t n)
{
  uint32_t h = 5381;

  for (size_t i = 0; i < n; i++)
    h = (h * 33) ^ (unsigned char)s[i];
  return h;
}

static struct rulefile_slot *slot(rulefile const *f, uint32_t h,
                                  char const *key, size_t klen)
{
  size_t mask = f->nslots - 1;

  for (size_t i = h & mask;; i = (i + 1) & mask) {
    struct rulefile_slot *s = f->slots + i;
    uint32_t len;

    if (s->key == SIZE_MAX) return s;
    if (s->hash != h) continue;
    memcpy(&len, f->keys.s + s->key + sizeof(uint32_t), sizeof len);
    if (len == klen && !memcmp(f->keys.s + s->key + HEAD, key, klen)) return s;
  }
}

static int grow(rulefile *f)
{
  struct rulefile_slot *old = f->slots;
  size_t nold = f->nslots, n = nold ? 2 * nold : 1024, mask = n - 1;

  if (2 * (f->nkeys + 1) <= nold) return 1;
  f->slots = malloc(n * sizeof *f->slots);
  if (!f->slots) {
    f->slots = old;
    return 0;
  }
  f->nslots = n;
  for (size_t i = 0; i < n; i++)
    f->slots[i].key = SIZE_MAX;
  for (size_t i = 0; i < nold; i++) {
    size_t to = old[i].hash & mask;

    if (old[i].key == SIZE_MAX) continue;
    while (f->slots[to].key != SIZE_MAX)
      to = (to + 1) & mask;
    f->slots[to] = old[i];
  }
  free(old);
  return 1;
}

/* 1 if the key is new, 0 if *line has it, -1 without memory. */
static int claim(rulefile *f, char const *key, size_t klen, uint32_t *line)
{
  uint32_t h = hash(key, klen), len = (uint32_t)klen;
  struct rulefile_slot *s;

  if (!grow(f)) return -1;
  s = slot(f, h, key, klen);
  if (s->key != SIZE_MAX) {
    *line = s->line;
    return 0;
  }
  s->hash = h;
  s->line = *line;
  s->key = f->keys.len;
  if (stralloc_catb(&f->keys, (char const *)line, sizeof *line) &&
      stralloc_catb(&f->keys, (char const *)&len, sizeof len) &&
      stralloc_catb(&f->keys, key, klen)) {
    f->nkeys++;
    return 1;
  }
  s->key = SIZE_MAX;
  return -1;
}

int rulefile_next(rulefile const *f, size_t *pos, uint32_t *line,
                  char const **key, size_t *klen)
{
  uint32_t len;

  if (*pos >= f->keys.len) return 0;
  memcpy(line, f->keys.s + *pos, sizeof *line);
  memcpy(&len, f->keys.s + *pos + sizeof *line, sizeof len);
  *key = f->keys.s + *pos + HEAD;
  *klen = len;
  *pos += HEAD + len;
  return 1;
}

/* --- one line --- */

static int record(rulefile *f, char const *key, size_t klen, char const *data,
                  size_t dlen)
{
  f->size += 8 + klen + dlen + 16; /* its two slots in the tables */
  if (f->size > CDBMAP_MAX) {
    errno = EFBIG;
    return 0;
  }
  return f->add(f->arg, key, klen, data, dlen);
}

/* Add the keys of f->line.  1 if any is new; 0 if *other has them; -1. */
static int add_keys(rulefile *f, uint32_t line, uint32_t *other)
{
  ruleline const *r = &f->line;
  char key[RULE_KEY_MAX];
  int any = 0;

  for (unsigned long i = r->from; i <= r->to; i++) {
    size_t klen = ruleline_key(r, i, key);
    uint32_t owner = line;
    int fresh = claim(f, key, klen, &owner);

    if (fresh < 0) return -1;
    if (!fresh) *other = owner;
    if (!fresh && (r->net4 || !line)) continue;
    any |= fresh;
    if (!record(f, key, klen, r->data.s, r->data.len)) return -1;
  }
  if (r->net6 >= 0) f->net6[r->net6] = 1;
  return any;
}

static int problem(rulefile *f, struct waiting const *w, int fatal,
                   char const *why, uint32_t other)
{
  struct rulefile_problem p = {w->line, other, fatal, why, w->s, w->n};

  f->fatal += !!fatal;
  return genalloc_append(struct rulefile_problem, &f->problems, &p);
}

static char const *taken(ruleline const *r)
{
  if (r->from == r->to) return "its address is taken by line";
  return "all its addresses are taken, the last by line";
}

static int add_line(rulefile *f, struct waiting const *w)
{
  uint32_t other = 0;
  int any = add_keys(f, w->line, &other);

  if (any < 0) return 0;
  if (!any) return problem(f, w, 1, taken(&f->line), other);
  if (f->line.warn) return problem(f, w, 0, f->line.warn, 0);
  return 1;
}

enum rulefile_append rulefile_append(rulefile *f, char const *s, size_t n)
{
  uint32_t other = 0;
  int any;

  switch (ruleline_strict(&f->line, s, n)) {
  case RULELINE_NOMEM: return RULEFILE_FAILED;
  case RULELINE_RULE: break;
  default: return RULEFILE_REFUSED;
  }
  any = add_keys(f, 0, &other);
  return any < 0 ? RULEFILE_FAILED : any ? RULEFILE_ADDED : RULEFILE_TAKEN;
}

/* --- all lines --- */

static int by_length(void const *a, void const *b)
{
  struct waiting const *v = a, *w = b;

  if (v->bits != w->bits) return w->bits - v->bits;
  return v->line < w->line ? -1 : v->line > w->line;
}

static int by_line(void const *a, void const *b)
{
  struct rulefile_problem const *p = a, *q = b;

  return p->line < q->line ? -1 : p->line > q->line;
}

/* The line at *s, without its newline; *s moves behind it. */
static size_t take_line(char const **s, char const *end)
{
  char const *line = *s;
  char const *nl = memchr(line, '\n', (size_t)(end - line));

  *s = nl ? nl + 1 : end;
  return (size_t)((nl ? nl : end) - line);
}

static int one_line(rulefile *f, genalloc *nets, struct waiting *w)
{
  switch (ruleline_strict(&f->line, w->s, w->n)) {
  case RULELINE_NOMEM: return 0;
  case RULELINE_NONE: return 1;
  case RULELINE_BAD: return problem(f, w, 1, f->line.why, 0);
  case RULELINE_RULE: break;
  }
  if (!f->line.net4) return add_line(f, w);
  w->bits = f->line.net4;
  return genalloc_append(struct waiting, nets, w);
}

static int networks(rulefile *f, genalloc *nets)
{
  struct waiting *w = genalloc_s(struct waiting, nets);
  size_t n = genalloc_len(struct waiting, nets);

  if (n) qsort(w, n, sizeof *w, by_length);
  for (size_t i = 0; i < n; i++)
    if (ruleline_strict(&f->line, w[i].s, w[i].n) != RULELINE_RULE ||
        !add_line(f, w + i))
      return 0;
  return 1;
}

int rulefile_compile(rulefile *f, char const *s, size_t n)
{
  genalloc nets = GENALLOC_ZERO;
  char const *end = s + n;
  uint32_t line = 0;
  int good = 1;

  if (n > RULEFILE_MAX) {
    errno = EFBIG;
    return 0;
  }
  while (good && s < end) {
    struct waiting w = {.s = s, .line = ++line};

    w.n = take_line(&s, end);
    good = one_line(f, &nets, &w);
  }
  good = good && networks(f, &nets);
  if (good && f->problems.len)
    qsort(f->problems.s, genalloc_len(struct rulefile_problem, &f->problems),
          sizeof(struct rulefile_problem), by_line);
  genalloc_free(struct waiting, &nets);
  return good;
}

int rulefile_finish(rulefile *f)
{
  char index[4 * 128];
  size_t n = 0;

  for (unsigned int i = 128; i--;) {
    if (!f->net6[i]) continue;
    index[n++] = '/';
    n += uint_fmt(index + n, i);
  }
  return !n || record(f, RULE_NETS, sizeof RULE_NETS - 1, index, n);
}

/* --- tcprules 0.88 --- */

static int add_exact(ruleline const *r, rulefile_add *add, void *arg,
                     stralloc *key)
{
  if (!stralloc_ready(key, r->hlen + r->tlen + RULELINE_NUMBER)) return 0;
  for (unsigned long i = r->from; i <= r->to; i++) {
    size_t klen = ruleline_key(r, i, key->s);
    if (!add(arg, key->s, klen, r->data.s, r->data.len)) return 0;
  }
  return 1;
}

int rulefile_exact(rulefile_add *add, void *arg, char const *s, size_t n,
                   char const **bad, size_t *badlen)
{
  ruleline r = RULELINE_ZERO;
  stralloc key = STRALLOC_ZERO;
  char const *end = s + n;
  int good = 1;

  while (good > 0 && s < end) {
    *bad = s;
    *badlen = take_line(&s, end);
    switch (ruleline_exact(&r, *bad, *badlen)) {
    case RULELINE_NOMEM: good = 0; break;
    case RULELINE_NONE: break;
    case RULELINE_BAD: good = -1; break;
    case RULELINE_RULE: good = add_exact(&r, add, arg, &key); break;
    }
  }
  stralloc_free(&r.data);
  stralloc_free(&key);
  return good;
}
