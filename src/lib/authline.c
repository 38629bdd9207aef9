#include <stdint.h>
#include <string.h>

#include "authline.h"

#define ESCAPE '\001'

/* Both in one order: what is written, and what is meant. */
static char const letters[] = "01trn";
static char const meant[] = {'\0', '\001', '\t', '\r', '\n'};

/* In place; the new length. */
static size_t unescape(char *s, size_t len)
{
  size_t n = 0;

  for (size_t i = 0; i < len; i++) {
    char const *p;

    if (s[i] != ESCAPE) {
      s[n++] = s[i];
      continue;
    }
    if (++i == len) break;
    p = memchr(letters, s[i], sizeof meant);
    s[n++] = p ? meant[p - letters] : s[i];
  }
  return n;
}

int authline_split(struct authline *l, char *line, size_t len)
{
  char *end = line + len;

  l->n = 0;
  for (;;) {
    char *tab = memchr(line, '\t', (size_t)(end - line));
    char *stop = tab ? tab : end;

    if (l->n == AUTHLINE_WORDS) return 0;
    l->word[l->n] = line;
    l->len[l->n] = unescape(line, (size_t)(stop - line));
    line[l->len[l->n++]] = 0;
    if (!tab) return 1;
    line = tab + 1;
  }
}

char const *authline_get(struct authline const *l, size_t first,
                         char const *name)
{
  size_t nlen = strlen(name);

  for (size_t i = first; i < l->n; i++) {
    char const *w = l->word[i];

    if (l->len[i] < nlen || memcmp(w, name, nlen)) continue;
    if (l->len[i] == nlen) return w + nlen;
    if (w[nlen] == '=') return strlen(w) == l->len[i] ? w + nlen + 1 : 0;
  }
  return 0;
}

unsigned int authline_id(struct authline const *l, size_t i)
{
  uint64_t u = 0;

  if (i >= l->n || !l->len[i] || l->len[i] > 10 || l->word[i][0] == '0')
    return 0;
  for (size_t k = 0; k < l->len[i]; k++) {
    unsigned int digit = (unsigned int)(l->word[i][k] - '0');

    if (digit > 9) return 0;
    u = u * 10 + digit;
  }
  return u <= UINT32_MAX ? (unsigned int)u : 0;
}

static int escape(stralloc *sa, char const *s)
{
  for (; *s; s++) {
    char const *p = memchr(meant, *s, sizeof meant);
    char pair[2] = {ESCAPE, p ? letters[p - meant] : 0};

    if (!stralloc_catb(sa, p ? pair : s, p ? 2 : 1)) return 0;
  }
  return 1;
}

int authline_add(stralloc *sa, char const *word)
{
  return stralloc_append(sa, '\t') && escape(sa, word);
}

int authline_param(stralloc *sa, char const *name, char const *value)
{
  if (!value) return 1;
  return authline_add(sa, name) && stralloc_append(sa, '=') &&
         escape(sa, value);
}
