/* wipe - nothing is left behind. */
#include "wipe.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "unit.h"

#define SIZE 200

/* Bytes at the start of a free piece that are the allocator's. */
#define MARKS 16

/* Read where nobody should.  What the allocator writes there of its own is
   random, and may have an x, but not four in a row. */
static int is_gone(unsigned char const volatile *p, size_t from)
{
  size_t row = 0;

  for (size_t i = from; i < SIZE; i++) {
    row = p[i] == 'x' ? row + 1 : 0;
    if (row && (i >= MARKS || row == 4)) return 0;
  }
  return 1;
}

static __attribute__((noinline)) uintptr_t leave(void)
{
  char volatile s[2 * SIZE]; /* not where the last frame's own words are */

  for (size_t i = 0; i < SIZE; i++)
    s[i] = 'x';
  return (uintptr_t)s;
}

int main(void)
{
  char *a, *b;
  uintptr_t at;

  ok(wipe_begin(), "in time");
  a = OPENSSL_malloc(SIZE);
  memset(a, 'x', SIZE);
  at = (uintptr_t)a;
  OPENSSL_free(a);
  ok(is_gone((void *)at, 0), "what is freed");
  a = OPENSSL_malloc(SIZE);
  b = OPENSSL_malloc(SIZE); /* so that it must move */
  memset(a, 'x', SIZE);
  at = (uintptr_t)a;
  a = OPENSSL_realloc(a, SIZE * 4);
  ok((uintptr_t)a != at && a[0] == 'x' && a[SIZE - 1] == 'x' &&
         is_gone((void *)at, 0),
     "what moves");
  a = OPENSSL_realloc(a, 1);
  ok(a[0] == 'x' && is_gone((void *)a, 1), "what shrinks");
  ok(!OPENSSL_realloc(a, 0), "to nothing");
  a = OPENSSL_realloc(0, SIZE);
  ok(!!a, "from nothing");
  OPENSSL_free(a);
  OPENSSL_free(b);
  OPENSSL_free(0);
  at = leave();
  wipe_stack();
  ok(is_gone((void *)at, 0), "the stack");
  return done();
}
