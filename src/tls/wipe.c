#include "wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define KEEP (1024 * 1024) /* bytes that are not given back to the system */
#define STACK 65536        /* deeper than any handshake was seen to go */

static void *get(size_t n, char const *file, int line)
{
  (void)file;
  (void)line;
  return malloc(n);
}

static void give(void *p, char const *file, int line)
{
  (void)file;
  (void)line;
  if (!p) return;
  explicit_bzero(p, malloc_usable_size(p));
  free(p);
}

/* Never in place of a part: the C library would not wipe what it leaves. */
static void *resize(void *p, size_t n, char const *file, int line)
{
  size_t old = p ? malloc_usable_size(p) : 0;
  void *q;

  if (!n) {
    give(p, file, line);
    return 0;
  }
  if (p && n <= old) {
    explicit_bzero((char *)p + n, old - n);
    return p;
  }
  q = malloc(n);
  if (q && p) {
    memcpy(q, p, old);
    give(p, file, line);
  }
  return q;
}

int wipe_begin(void)
{
  mallopt(M_TRIM_THRESHOLD, KEEP);
  mallopt(M_TOP_PAD, KEEP / 4);
  return CRYPTO_set_mem_functions(get, resize, give) == 1;
}

__attribute__((noinline)) void wipe_stack(void)
{
  char s[STACK];

  explicit_bzero(s, sizeof s);
}
