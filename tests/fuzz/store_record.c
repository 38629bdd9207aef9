/* Fuzz target: the text of records and of keys, both ways. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store_record.h"

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t len);

static void must(int good)
{
  if (!good) abort();
}

/* As a key: what is written is a safe name and comes back. */
static void write_key(char const *s, size_t n)
{
  char name[STORE_NAME_MAX], key[STORE_NAME_MAX];
  size_t l, k;

  if (!store_escape(name, sizeof name, &l, s, n)) {
    must(n > sizeof name / 3);
    return;
  }
  must(l <= sizeof name && !memchr(name, '/', l) && !memchr(name, 0, l));
  must(!l || name[0] != '.');
  must(store_unescape(key, sizeof key, &k, name, l));
  must(k == n && (!n || !memcmp(key, s, n)));
}

/* As a name: what is read would be written so and not otherwise. */
static void read_name(char const *s, size_t n)
{
  char name[STORE_NAME_MAX], key[STORE_NAME_MAX];
  size_t l, k;

  if (!store_unescape(key, sizeof key, &k, s, n)) return;
  if (!store_escape(name, sizeof name, &l, key, k)) return;
  must(l == n && (!n || !memcmp(name, s, n)));
}

static void read_record(char const *s, size_t n)
{
  char again[STORE_TARGET_MAX + 1];
  struct store_record r;

  if (!store_record_scan(&r, s, n)) return;
  must(r.ttl > 0 && r.ttl <= STORE_TTL_MAX && r.len <= STORE_PAYLOAD_MAX);
  must(store_record_fmt(again, &r) == n && !memcmp(again, s, n));
  must(store_fresh(&r, r.set) && store_fresh(&r, r.set + r.ttl - 1));
  must(!store_fresh(&r, r.set + r.ttl));
  must(!r.set || !store_fresh(&r, r.set - 1));
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t len)
{
  char const *s = (char const *)data;

  write_key(s, len);
  read_name(s, len);
  read_record(s, len);
  return 0;
}
