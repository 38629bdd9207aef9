/*
 * Fuzz target of src/accept/proxyproto.c: a verdict on any bytes is final, does
 * not depend on what follows the header, and addresses come only with CLIENT.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "proxyproto.h"

static int same(struct proxyproto const *a, struct proxyproto const *b)
{
  return a->len == b->len && addr_equal(&a->source, &b->source) &&
         addr_equal(&a->destination, &b->destination) &&
         a->source_port == b->source_port &&
         a->destination_port == b->destination_port;
}

static void check_prefixes(char const *s, size_t n, struct proxyproto const *p,
                           enum proxyproto_result r)
{
  for (size_t i = 0; i <= n; i++) {
    struct proxyproto q;
    enum proxyproto_result t = proxyproto_parse(s, i, &q);

    if (r > 0 && i < p->len && t != PROXYPROTO_MORE) abort();
    if (r > 0 && i >= p->len && (t != r || !same(p, &q))) abort();
    if (r == PROXYPROTO_MORE && t != PROXYPROTO_MORE) abort();
    if (t == PROXYPROTO_BAD && r != PROXYPROTO_BAD) abort();
  }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t n)
{
  char const *s = (char const *)data;
  struct proxyproto p;
  enum proxyproto_result r = proxyproto_parse(s, n, &p);

  if (p.len > n || p.len > PROXYPROTO_MAX) abort();
  if ((r > 0) != (p.len > 0)) abort();
  if (r == PROXYPROTO_MORE && n >= PROXYPROTO_MAX) abort();
  if (r > 0 && memcmp(s, "PROXY ", 6) && memcmp(s, "\r\n\r\n\0\r\nQUIT\n", 12))
    abort();
  if (r == PROXYPROTO_CLIENT && ip46_is6(&p.source) &&
      !memcmp(p.source.ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12))
    abort();
  if (n <= 300) check_prefixes(s, n, &p, r);
  return 0;
}
