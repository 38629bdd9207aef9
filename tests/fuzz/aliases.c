/*
 * Any bytes as an aliases file: refused with a line, or every address of it is
 * found again and expands within the limits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"

static int exists(char const *s, size_t n, void *data)
{
  (void)data;
  if (strlen(s) < n) abort();
  return n % 2;
}

static void check_names(stralloc const *sa)
{
  if (sa->len && sa->s[sa->len - 1]) abort();
  for (size_t i = 0; i < sa->len; i++)
    if (sa->s[i] >= 'A' && sa->s[i] <= 'Z') abort();
}

static void check_line(struct aliases const *a, char const *s, size_t n)
{
  stralloc m = STRALLOC_ZERO, u = STRALLOC_ZERO;
  char const *targets;
  size_t count = aliases_find(a, s, n, &targets);
  enum aliases_result r;

  if (!count || count > ALIASES_TARGETS_MAX) abort();
  r = aliases_expand(a, s, n, exists, 0, &m, &u);
  if (r == ALIASES_ERROR) abort();
  if (r == ALIASES_OK && !m.len && !u.len) abort();
  check_names(&m);
  check_names(&u);
  stralloc_free(&m);
  stralloc_free(&u);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct aliases a = ALIASES_ZERO;
  struct aliases_error e;
  char const *s = (char const *)data, *end = s + size;
  int r = aliases_parse(&a, s, size, &e);

  if (!r && !e.why) abort();
  while (r == 1 && s < end) {
    char const *nl = memchr(s, '\n', (size_t)(end - s));
    char const *stop = nl ? nl : end, *colon;

    while (s < stop && (*s == ' ' || *s == '\t'))
      s++;
    colon = memchr(s, ':', (size_t)(stop - s));
    if (s < stop && *s != '#') {
      if (!colon) abort();
      while (colon[-1] == ' ' || colon[-1] == '\t')
        colon--;
      check_line(&a, s, (size_t)(colon - s));
    }
    s = nl ? nl + 1 : end;
  }
  aliases_free(&a);
  return 0;
}
