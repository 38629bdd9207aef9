/*
 * Lines of Dovecot's authentication protocol: what is taken apart can be put
 * together again, and is then taken apart into the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authline.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

/* A word with a NUL in it cannot be written, and no line of ours has one. */
static int write_words(stralloc *sa, struct authline const *l)
{
  for (size_t i = 0; i < l->n; i++) {
    if (strlen(l->word[i]) != l->len[i]) return 0;
    if (!authline_add(sa, l->word[i])) abort();
  }
  return 1;
}

static void compare(struct authline const *a, struct authline const *b)
{
  if (a->n != b->n) abort();
  for (size_t i = 0; i < a->n; i++)
    if (a->len[i] != b->len[i] || memcmp(a->word[i], b->word[i], a->len[i] + 1))
      abort();
}

static void check(struct authline const *l, size_t len)
{
  char const *v = authline_get(l, 1, "user");
  stralloc sa = STRALLOC_ZERO;
  struct authline again;
  size_t total = l->n - 1;

  for (size_t i = 0; i < l->n; i++) {
    if (l->word[i][l->len[i]]) abort();
    total += l->len[i];
  }
  if (total > len || (v && strlen(v) > len)) abort();
  authline_id(l, 1);
  if (write_words(&sa, l)) {
    if (memchr(sa.s, '\n', sa.len) || !stralloc_append(&sa, 'x')) abort();
    if (!authline_split(&again, sa.s + 1, sa.len - 2)) abort();
    compare(l, &again);
  }
  stralloc_free(&sa);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct authline l;
  char *line = malloc(size + 1);

  if (!line) abort();
  if (size) memcpy(line, data, size);
  line[size] = 'x';
  if (authline_split(&l, line, size)) check(&l, size);
  free(line);
  return 0;
}
