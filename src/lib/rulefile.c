#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/types.h>

#include "cdbmap.h"
#include "rulefile.h"

/* An IPv4 network that waits until the plain lines are written. */
struct waiting {
  uint32_t line;
  int bits;
  size_t text; /* where it begins in rulefile.text */
  size_t len;
};

void rulefile_init(rulefile *f, rulefile_add *add, void *arg)
{
  *f = (rulefile){.add = add, .arg = arg, .line = RULELINE_ZERO};
  f->size = 2048; /* a CDB's table of contents */
}

void rulefile_free(rulefile *f)
{
  genalloc_free(struct rulefile_problem, &f->problems);
  genalloc_free(struct waiting, &f->waiting);
  ruleline_free(&f->line);
  stralloc_free(&f->text);
  stralloc_free(&f->keys);
  stralloc_free(&f->copy);
  free(f->chains);
}

/* --- the keys that are there: a hash table with chains --- */

struct key_head { /* before each key in keys */
  uint32_t next;  /* of the chain: where it begins, plus 1; 0: the end */
  uint32_t line;
  uint32_t len;
};
#define HEAD sizeof(struct key_head)

static struct key_head head_at(rulefile const *f, size_t at)
{
  struct key_head h;

  memcpy(&h, f->keys.s + at, HEAD);
  return h;
}

int rulefile_next(rulefile const *f, size_t *pos, uint32_t *line,
                  char const **key, size_t *klen)
{
  struct key_head h;

  if (*pos >= f->keys.len) return 0;
  h = head_at(f, *pos);
  *line = h.line;
  *key = f->keys.s + *pos + HEAD;
  *klen = h.len;
  *pos += HEAD + h.len;
  return 1;
}

/* djb's: keys that differ in the last character stand together, which spares
   the cache when addresses come in order, and chains do not mind. */
static uint32_t *chain(rulefile const *f, char const *key, size_t klen)
{
  uint32_t h = 5381;

  for (size_t i = 0; i < klen; i++)
    h = h * 33 ^ (unsigned char)key[i];
  return f->chains + (h & (f->nchains - 1));
}

static int grow(rulefile *f)
{
  size_t n = f->nchains ? 4 * f->nchains : 4096, pos = 0, at = 0, klen;
  uint32_t *chains, line;
  char const *key;

  if (f->nkeys < 2 * f->nchains) return 1;
  chains = calloc(n, sizeof *chains);
  if (!chains) return 0;
  free(f->chains);
  f->chains = chains;
  f->nchains = n;
  for (; rulefile_next(f, &pos, &line, &key, &klen); at = pos) {
    uint32_t *c = chain(f, key, klen);
    memcpy(f->keys.s + at, c, sizeof *c);
    *c = (uint32_t)at + 1;
  }
  return 1;
}

static int put_key(rulefile *f, uint32_t *c, uint32_t line, char const *key,
                   size_t klen)
{
  struct key_head h = {*c, line, (uint32_t)klen};
  size_t at = f->keys.len;

  if (!stralloc_readyplus(&f->keys, HEAD + klen)) return 0;
  memcpy(f->keys.s + at, &h, HEAD);
  memcpy(f->keys.s + at + HEAD, key, klen);
  f->keys.len += HEAD + klen;
  f->nkeys++;
  *c = (uint32_t)at + 1;
  return 1;
}

/* 1 if the key is new, 0 if *line has it, -1 without memory. */
static int claim(rulefile *f, char const *key, size_t klen, uint32_t *line)
{
  struct key_head h;
  uint32_t *c;

  if (!grow(f)) return -1;
  c = chain(f, key, klen);
  for (uint32_t at = *c; at; at = h.next) {
    h = head_at(f, at - 1);
    if (h.len != klen || memcmp(f->keys.s + at - 1 + HEAD, key, klen)) continue;
    *line = h.line;
    return 0;
  }
  return put_key(f, c, *line, key, klen) ? 1 : -1;
}

/* --- one line --- */

/* Also keeps keys below 4 GB: a record takes more there than a key here. */
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

/* Keep a line in text. */
static int keep(rulefile *f, char const *s, size_t n, size_t *at)
{
  *at = f->text.len;
  return stralloc_catb(&f->text, s, n);
}

static int problem(rulefile *f, uint32_t line, char const *s, size_t n,
                   int fatal, char const *why, uint32_t other)
{
  struct rulefile_problem p = {line, other, fatal, why, 0, n};

  f->fatal += !!fatal;
  return keep(f, s, n, &p.text) &&
         genalloc_append(struct rulefile_problem, &f->problems, &p);
}

static char const *taken(ruleline const *r)
{
  if (r->from == r->to) return "its address is taken by line";
  return "all its addresses are taken, the last by line";
}

static int add_line(rulefile *f, uint32_t line, char const *s, size_t n)
{
  uint32_t other = 0;
  int any = add_keys(f, line, &other);

  if (any < 0) return 0;
  if (!any) return problem(f, line, s, n, 1, taken(&f->line), other);
  if (f->line.warn) return problem(f, line, s, n, 0, f->line.warn, 0);
  return 1;
}

static int wait_network(rulefile *f, char const *s, size_t n)
{
  struct waiting w = {f->n, f->line.net4, 0, n};

  return keep(f, s, n, &w.text) &&
         genalloc_append(struct waiting, &f->waiting, &w);
}

int rulefile_line(rulefile *f, char const *s, size_t n)
{
  f->n++;
  switch (ruleline_strict(&f->line, s, n)) {
  case RULELINE_NOMEM: return 0;
  case RULELINE_NONE: return 1;
  case RULELINE_BAD: return problem(f, f->n, s, n, 1, f->line.why, 0);
  case RULELINE_RULE: break;
  }
  if (f->line.net4) return wait_network(f, s, n);
  return add_line(f, f->n, s, n);
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

/* --- the end --- */

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

/* text moves when it grows: a network's line is read from a copy. */
static int network(rulefile *f, struct waiting const *w)
{
  f->copy.len = 0;
  if (!stralloc_catb(&f->copy, f->text.s + w->text, w->len)) return 0;
  if (ruleline_strict(&f->line, f->copy.s, w->len) != RULELINE_RULE) return 0;
  return add_line(f, w->line, f->copy.s, w->len);
}

int rulefile_end(rulefile *f)
{
  struct waiting *w = genalloc_s(struct waiting, &f->waiting);
  size_t n = genalloc_len(struct waiting, &f->waiting);

  if (n) qsort(w, n, sizeof *w, by_length);
  for (size_t i = 0; i < n; i++)
    if (!network(f, w + i)) return 0;
  n = genalloc_len(struct rulefile_problem, &f->problems);
  if (n) qsort(f->problems.s, n, sizeof(struct rulefile_problem), by_line);
  return 1;
}

int rulefile_compile(rulefile *f, char const *s, size_t n)
{
  while (n) {
    char const *nl = memchr(s, '\n', n);
    size_t len = nl ? (size_t)(nl - s) : n;

    if (!rulefile_line(f, s, len)) return 0;
    len += !!nl;
    s += len;
    n -= len;
  }
  return rulefile_end(f);
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

int rulefile_exact(rulefile *f, char const *s, size_t n)
{
  ruleline *r = &f->line;

  switch (ruleline_exact(r, s, n)) {
  case RULELINE_NOMEM: return 0;
  case RULELINE_NONE: return 1;
  case RULELINE_BAD: return -1;
  case RULELINE_RULE: break;
  }
  if (!stralloc_ready(&f->copy, r->hlen + r->tlen + RULELINE_NUMBER)) return 0;
  for (unsigned long i = r->from; i <= r->to; i++) {
    size_t klen = ruleline_key(r, i, f->copy.s);
    if (!f->add(f->arg, f->copy.s, klen, r->data.s, r->data.len)) return 0;
  }
  return 1;
}
