#include "runline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scan {
  char const *s;
  size_t n;
  size_t pos;
  size_t line;
};

static int is_blank(char c) { return strchr(" \t\r\n", c) != 0; }

/* The next byte; -1 at the end. */
static int next(struct scan *k)
{
  if (k->pos == k->n) return -1;
  if (k->s[k->pos] == '\n') k->line++;
  return (unsigned char)k->s[k->pos++];
}

static void skip(struct scan *k)
{
  while (k->pos < k->n) {
    if (k->s[k->pos] == '#')
      while (k->pos < k->n && k->s[k->pos] != '\n')
        k->pos++;
    else if (is_blank(k->s[k->pos]))
      next(k);
    else if (k->s[k->pos] == '\\' && k->pos + 1 < k->n &&
             k->s[k->pos + 1] == '\n')
      next(k), next(k);
    else
      return;
  }
}

/* What a backslash stands before: a newline is gone. */
static int escaped(struct scan *k, stralloc *out)
{
  int c = next(k);

  if (c < 0) return 0;
  return c == '\n' || stralloc_append(out, (char)c);
}

static int quoted(struct scan *k, char quote, stralloc *out)
{
  for (;;) {
    int c = next(k);

    if (c < 0) return errno = EINVAL, 0;
    if (c == quote) return 1;
    if (c == '\\' && quote == '"') {
      if (!escaped(k, out)) return 0;
    } else if (!stralloc_append(out, (char)c))
      return 0;
  }
}

static int one(struct scan *k, stralloc *out)
{
  errno = EINVAL;
  while (k->pos < k->n && !is_blank(k->s[k->pos])) {
    int c = next(k), good = 1;

    if (c == '"' || c == '\'')
      good = quoted(k, (char)c, out);
    else if (c == '\\')
      good = escaped(k, out);
    else
      good = stralloc_append(out, (char)c);
    if (!good) return 0;
  }
  return stralloc_append(out, 0);
}

int runline_parse(struct runline *r, char const *s, size_t n, size_t line)
{
  struct scan k = {s, n, 0, line};
  char const *p;

  if (n > RUNLINE_MAX || (n && memchr(s, 0, n))) return errno = EINVAL, 0;
  r->word = calloc(RUNLINE_WORDS + 1, sizeof *r->word);
  r->line = calloc(RUNLINE_WORDS + 1, sizeof *r->line);
  /* each word has at most the bytes that it had, and a NUL */
  if (!r->word || !r->line || !stralloc_ready(&r->text, 2 * n + 1)) return 0;
  for (skip(&k); k.pos < n; skip(&k)) {
    if (r->n == RUNLINE_WORDS) return errno = EINVAL, 0;
    r->line[r->n++] = k.line;
    if (!one(&k, &r->text)) return 0;
  }
  p = r->text.s;
  for (size_t i = 0; i < r->n; i++, p += strlen(p) + 1)
    r->word[i] = p;
  return 1;
}

void runline_free(struct runline *r)
{
  free(r->word);
  free(r->line);
  stralloc_free(&r->text);
}
