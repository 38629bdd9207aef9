/*
 * An answer of UCSPI-TLS.  What is believed has its form and lies within the
 * answer; what is damaged gives nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tlsfacts.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static void check_text(char const *v, char const *s, size_t n, size_t max)
{
  if (!v) return;
  if (v <= s || v >= s + n || !*v || !memchr(v, 0, (size_t)(s + n - v)) ||
      strlen(v) > max)
    abort();
  for (; *v; v++)
    if ((unsigned char)*v < 0x20 || *v == 0x7f) abort();
}

static void check_hex(char const *v, char const *s, size_t n, size_t max)
{
  check_text(v, s, n, max);
  if (v && (v[strspn(v, "0123456789abcdef")] || strlen(v) < 56)) abort();
}

static void check(struct tlsfacts const *f, char const *s, size_t n)
{
  check_text(f->protocol, s, n, TLSFACTS_PROTOCOL_MAX);
  check_text(f->cipher, s, n, TLSFACTS_CIPHER_MAX);
  check_text(f->sni, s, n, TLSFACTS_SNI_MAX);
  check_text(f->subject, s, n, n);
  check_hex(f->fingerprint, s, n, 64);
  check_hex(f->exporter, s, n, 64);
  check_hex(f->endpoint, s, n, 128);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  static struct tlsfacts const nothing;
  struct tlsfacts f;
  char *s = malloc(size ? size : 1);

  if (!s) abort();
  memcpy(s, data, size);
  if (tlsfacts_scan(&f, s, size)) {
    if (!f.active || s[size - 1]) abort();
    check(&f, s, size);
  } else if (memcmp(&f, &nothing, sizeof f)) {
    abort();
  }
  free(s);
  return 0;
}
