#include <string.h>

#include "secret.h"
#include "text.h"
#include "userline.h"

#define EXTRA 6 /* the number of colons before the extra fields */

static void split(struct userline *l, size_t len)
{
  char const *colon = memchr(l->start, ':', len);

  l->name = l->rest = l->start;
  l->nlen = l->len = 0;
  l->why = colon ? 0 : "there is no colon";
  if (!colon) return;
  l->nlen = (size_t)(colon - l->start);
  l->rest = colon + 1;
  l->len = len - l->nlen - 1;
}

int userline_next(char const *s, size_t n, size_t *pos, struct userline *l)
{
  while (*pos < n) {
    char const *start = s + *pos;
    char const *nl = memchr(start, '\n', n - *pos);
    size_t len = nl ? (size_t)(nl - start) : n - *pos;

    l->number++;
    l->start = start;
    l->size = len + !!nl;
    *pos += l->size;
    if (!len || *start == '#') continue;
    split(l, len);
    return 1;
  }
  return 0;
}

int userline_find(char const *s, size_t n, char const *name, size_t nlen,
                  struct userline *l)
{
  struct userline next = {0};
  size_t pos = 0;
  int found = 0;

  while (userline_next(s, n, &pos, &next)) {
    if (next.why || !text_equal(next.name, next.nlen, name, nlen)) continue;
    if (found) return 2;
    found = 1;
    *l = next;
  }
  return found;
}

/* The length of the first fields of rest, as many as colons says, without the
   colon behind them. */
static size_t head(char const *rest, size_t len, int colons)
{
  size_t i = 0;

  for (; i < len; i++)
    if (rest[i] == ':' && !--colons) break;
  return i;
}

static int is_field(char const *s, size_t n, char const *name)
{
  size_t l = strlen(name);
  return n >= l && !memcmp(s, name, l) && (n == l || s[l] == '=');
}

/* The next blank-separated field at *pos; 0 at the end. */
static int next_extra(char const *s, size_t len, size_t *pos, size_t *n)
{
  char const *blank;

  while (*pos < len && s[*pos] == ' ')
    ++*pos;
  if (*pos == len) return 0;
  blank = memchr(s + *pos, ' ', len - *pos);
  *n = blank ? (size_t)(blank - s) - *pos : len - *pos;
  return 1;
}

static int add_extra(stralloc *extra, char const *s, size_t n)
{
  return (!extra->len || stralloc_append(extra, ' ')) &&
         stralloc_catb(extra, s, n);
}

static int add_secret(stralloc *extra, char const *name, char const *value)
{
  return !value || !*value ||
         (add_extra(extra, name, strlen(name)) && stralloc_cats(extra, value));
}

static int change_extra(stralloc *extra, char const *s, size_t len,
                        struct userline_change const *c)
{
  size_t n;

  for (size_t pos = 0; next_extra(s, len, &pos, &n); pos += n) {
    if (c->cram_md5 && is_field(s + pos, n, "cram_md5")) continue;
    if (c->scram_sha_256 && is_field(s + pos, n, "scram_sha_256")) continue;
    if (c->nologin >= 0 && is_field(s + pos, n, "nologin")) continue;
    if (!add_extra(extra, s + pos, n)) return 0;
  }
  if (c->nologin > 0 && !add_extra(extra, "nologin", 7)) return 0;
  return add_secret(extra, "scram_sha_256=", c->scram_sha_256) &&
         add_secret(extra, "cram_md5=", c->cram_md5);
}

/* The fields from the second to the sixth, with a colon before each. */
static int copy_middle(stralloc *out, char const *rest, size_t len, int pad)
{
  size_t from = head(rest, len, 1), to = head(rest, len, EXTRA);
  int colons = 0;

  if (!stralloc_catb(out, rest + from, to - from)) return 0;
  for (size_t i = from; i < to; i++)
    colons += rest[i] == ':';
  for (; pad && colons < EXTRA - 1; colons++)
    if (!stralloc_append(out, ':')) return 0;
  return 1;
}

int userline_change(stralloc *out, char const *rest, size_t len,
                    struct userline_change const *c)
{
  stralloc extra = STRALLOC_ZERO;
  size_t to = head(rest, len, EXTRA);
  int had = to < len, good;

  good = change_extra(&extra, rest + to + had, len - to - (size_t)had, c) &&
         (c->password ? stralloc_cats(out, c->password)
                      : stralloc_catb(out, rest, head(rest, len, 1))) &&
         copy_middle(out, rest, len, had || extra.len) &&
         (!(had || extra.len) || stralloc_append(out, ':')) &&
         (!extra.len || stralloc_catb(out, extra.s, extra.len));
  secret_free(&extra);
  return good;
}

static int public_extra(stralloc *out, char const *s, size_t len)
{
  stralloc extra = STRALLOC_ZERO;
  int good = 1;
  size_t n;

  for (size_t pos = 0; good && next_extra(s, len, &pos, &n); pos += n)
    if (is_field(s + pos, n, "mail") || is_field(s + pos, n, "userdb_mail") ||
        is_field(s + pos, n, "nologin"))
      good = add_extra(&extra, s + pos, n);
  if (good && extra.len) good = stralloc_catb(out, extra.s, extra.len);
  stralloc_free(&extra);
  return good;
}

int userline_public(stralloc *out, char const *rest, size_t len)
{
  size_t password = head(rest, len, 1), gid = head(rest, len, 3);
  size_t gecos = head(rest, len, 4), to = head(rest, len, EXTRA);

  return stralloc_catb(out, rest + password, gid - password) &&
         (gid == len || stralloc_append(out, ':')) &&
         stralloc_catb(out, rest + gecos, to - gecos) &&
         (to == len || (stralloc_append(out, ':') &&
                        public_extra(out, rest + to + 1, len - to - 1)));
}
