/* Fuzz src/lib/eod.c: the first byte chooses the policy and the portions. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "eod.h"
#include "received.h"

static void check(int cond)
{
  if (!cond) abort();
}

struct result {
  struct eod e;
  size_t used;
  size_t len;
  char *out;
};

static void run(struct result *r, uint8_t const *data, size_t n, size_t step,
                int bits)
{
  enum eod_barelf barelf = bits & 1 ? EOD_NORMALIZE : EOD_REJECT;
  struct hops h = HOPS_ZERO;

  *r = (struct result){.out = malloc(n + 1)};
  check(!!r->out);
  if (bits & 2)
    eod_start_chunks(&r->e, barelf);
  else
    eod_start(&r->e, barelf);
  for (size_t i = 0; i < n && !r->e.ended; i += step) {
    size_t k = n - i < step ? n - i : step, used, len;
    char *buf = malloc(k);

    check(!!buf);
    memcpy(buf, data + i, k);
    len = eod_feed(&r->e, buf, k, &used);
    check(used <= k && len <= used && (used == k || r->e.ended));
    memcpy(r->out + r->len, buf, len);
    hops_feed(&h, buf, len);
    r->len += len;
    r->used += used;
    free(buf);
  }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size);
int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct result a, b;

  if (!size) return 0;
  run(&a, data + 1, size - 1, size, data[0]);
  run(&b, data + 1, size - 1, 1 + (data[0] >> 2), data[0]);
  check(a.used == b.used && a.e.ended == b.e.ended &&
        a.e.faults == b.e.faults && a.e.size == b.e.size);
  if (!a.e.faults) {
    check(a.len == b.len && !memcmp(a.out, b.out, a.len));
    check(!memchr(a.out, '\r', a.len) && !memchr(a.out, 0, a.len));
  }
  if (a.e.ended) {
    check(a.used >= 3 && !memcmp(data + 1 + a.used - 3, ".\r\n", 3));
    check(a.used == 3 || !memcmp(data + 1 + a.used - 5, "\r\n", 2));
  }
  free(a.out);
  free(b.out);
  return 0;
}
