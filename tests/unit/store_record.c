/* Unit test of src/lib/store_record.c. */
#include <string.h>

#include "store_record.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *in;
  size_t len;
  char const *want;
} const escape[] = {
    {BYTES("192.0.2.7"), "192.0.2.7"},
    {BYTES("2001:db8::/64"), "2001:db8::%2f64"},
    {BYTES("roam+x@example.org"), "roam+x@example.org"},
    {BYTES("."), "%2e"},
    {BYTES(".."), "%2e."},
    {BYTES("../../etc"), "%2e.%2f..%2fetc"},
    {BYTES(".shards"), "%2eshards"},
    {BYTES(".new.1.2.3"), "%2enew.1.2.3"},
    {BYTES("a%2fb"), "a%252fb"},
    {BYTES("a b\n\0\xff"), "a%20b%0a%00%ff"},
    {BYTES(""), ""},
};

static struct {
  char const *in;
  size_t len;
} const not_escaped[] = {{BYTES(".")},    {BYTES(".a")},   {BYTES("a/b")},
                         {BYTES("a b")},  {BYTES("a%2")},  {BYTES("a%")},
                         {BYTES("%61")},  {BYTES("a%2e")}, {BYTES("a%2F")},
                         {BYTES("%zz")},  {BYTES("a\0")},  {BYTES("\xff")},
                         {BYTES("a%-1")}, {BYTES("a*")},   {BYTES("%2e%2e")}};

static struct {
  char const *in;
  int want;
} const scan[] = {
    {"1:1763769600:900:roam@example.org", 1},
    {"1:0:1:", 1},
    {"1:9223372036854775807:31622400:x", 1},
    {"1:1763769600:31622400:x", 1},
    {"1:1763769600:31622401:x", 0},
    {"1:1763769600:0:x", 0},
    {"1:1763769600:900", 0},
    {"1:1763769600::x", 0},
    {"1::900:x", 0},
    {"1:01763769600:900:x", 0},
    {"1:1763769600:0900:x", 0},
    {"1:-1:900:x", 0},
    {"1:+1:900:x", 0},
    {"1: 1:900:x", 0},
    {"1:1:900:x y", 0},
    {"1:1:900:x/y", 0},
    {"1:1:900:.x", 0},
    {"1:1:900:%2ex", 1},
    {"1:9223372036854775808:900:x", 0},
    {"1:18446744073709551616:900:x", 0},
    {"1:1:4294967297:x", 0},
    {"2:1763769600:900:x", 0},
    {"1", 0},
    {"", 0},
    {"../x", 0},
};

static struct {
  uint64_t set;
  uint32_t ttl;
  uint64_t now;
  int want;
} const fresh[] = {
    {1000, 900, 1000, 1},
    {1000, 900, 1899, 1},
    {1000, 900, 1900, 0},
    {1000, 900, 1901, 0},
    {1000, 900, 999, 0}, /* dated in the future */
    {1000, 900, 0, 0},
    {1000, 1, 1000, 1},
    {1000, 1, 1001, 0},
    {0, 1, 0, 1},
    {INT64_MAX, STORE_TTL_MAX, INT64_MAX, 1},
    {INT64_MAX, STORE_TTL_MAX, UINT64_MAX, 0},
    {INT64_MAX, STORE_TTL_MAX, 1000, 0},
    {0, 900, UINT64_MAX, 0},
};

static int is_safe_name(char const *s, size_t n)
{
  return n && s[0] != '.' && !memchr(s, '/', n) && !memchr(s, 0, n);
}

/* Every byte in every position of keys of up to three bytes that matter. */
static void exhaust(void)
{
  static char const around[] = {'a', '.', '/', '%', '\0', '2'};
  int good = 1, back = 1;

  for (int c = 0; c < 256; c++) {
    for (size_t i = 0; i < sizeof around; i++) {
      for (size_t j = 0; j < sizeof around; j++) {
        for (int at = 0; at < 3; at++) {
          char in[3] = {around[i], around[j], around[i]}, out[9], again[3];
          size_t n, m;

          in[at] = (char)c;
          good &= store_escape(out, sizeof out, &n, in, 3);
          good &= is_safe_name(out, n);
          back &= store_unescape(again, sizeof again, &m, out, n);
          back &= m == 3 && !memcmp(in, again, 3);
        }
      }
    }
  }
  ok(good, "no key escapes to a slash, a NUL or a leading full stop");
  ok(back, "every key comes back");
}

/* Each string of two bytes is the escaped form of at most one key: its own. */
static void exhaust_back(void)
{
  int good = 1;

  for (int a = 0; a < 256; a++) {
    for (int b = 0; b < 256; b++) {
      char in[2] = {(char)a, (char)b}, key[2], out[6];
      size_t n, m;

      if (!store_unescape(key, sizeof key, &n, in, 2)) continue;
      good &= store_escape(out, sizeof out, &m, key, n) && m == 2 &&
              !memcmp(out, in, 2);
    }
  }
  for (int a = 0; a < 65536; a++) {
    char in[3] = {'%', (char)(a >> 8), (char)a}, key[3], out[9];
    size_t n, m;

    if (!store_unescape(key, sizeof key, &n, in, 3)) continue;
    good &= store_escape(out, sizeof out, &m, key, n) && m == 3 &&
            !memcmp(out, in, 3);
  }
  ok(good, "only what would be written is read");
}

static void bounds(void)
{
  static char big[STORE_PAYLOAD_MAX + 1];
  static char out[3 * sizeof big];
  char s[STORE_TARGET_MAX + 1];
  struct store_record r = {.set = INT64_MAX, .ttl = STORE_TTL_MAX}, again;
  size_t n;

  memset(big, '/', sizeof big);
  ok(store_escape(out, 9, &n, big, 3) && n == 9, "escaped: just fits");
  ok(!store_escape(out, 8, &n, big, 3), "escaped: does not fit");
  ok(store_escape(out, sizeof out, &n, big, sizeof big), "(a big one)");
  ok(!store_unescape(s, STORE_PAYLOAD_MAX, &n, out, n), "too much to read");

  memcpy(r.payload, big, r.len = STORE_PAYLOAD_MAX);
  n = store_record_fmt(s, &r);
  ok(n && !s[n] && store_record_scan(&again, s, n) && again.set == r.set &&
         again.ttl == r.ttl && again.len == r.len &&
         !memcmp(again.payload, r.payload, r.len),
     "the longest record comes back");
  r.len++;
  ok(!store_record_fmt(s, &r), "a payload too long is not written");
  r.len = 0;
  r.ttl = 0;
  ok(!store_record_fmt(s, &r), "nor no time to live");
  r.ttl = STORE_TTL_MAX + 1;
  ok(!store_record_fmt(s, &r), "nor too long a one");
  r.ttl = 1;
  r.set = (uint64_t)INT64_MAX + 1;
  ok(!store_record_fmt(s, &r), "nor a time beyond all time");
  memset(s, '0', sizeof s);
  memcpy(s, "1:1:1:", 6);
  ok(!store_record_scan(&again, s, sizeof s), "nor too much text read");
}

int main(void)
{
  for (size_t i = 0; i < sizeof escape / sizeof *escape; i++) {
    char out[64], back[64];
    size_t n = 0, m;

    ok(store_escape(out, sizeof out, &n, escape[i].in, escape[i].len) &&
           n == strlen(escape[i].want) && !memcmp(out, escape[i].want, n) &&
           store_unescape(back, sizeof back, &m, out, n) &&
           m == escape[i].len && !memcmp(back, escape[i].in, m),
       escape[i].want);
  }
  for (size_t i = 0; i < sizeof not_escaped / sizeof *not_escaped; i++) {
    char out[64];
    size_t n;

    ok(!store_unescape(out, sizeof out, &n, not_escaped[i].in,
                       not_escaped[i].len),
       "not an escaped key");
  }
  for (size_t i = 0; i < sizeof scan / sizeof *scan; i++) {
    struct store_record r;
    char s[STORE_TARGET_MAX + 1];
    size_t n = strlen(scan[i].in);
    int got = store_record_scan(&r, scan[i].in, n);

    ok(got == scan[i].want &&
           (!got || (store_record_fmt(s, &r) == n && !strcmp(s, scan[i].in))),
       scan[i].in);
  }
  for (size_t i = 0; i < sizeof fresh / sizeof *fresh; i++) {
    struct store_record r = {.set = fresh[i].set, .ttl = fresh[i].ttl};
    ok(store_fresh(&r, fresh[i].now) == fresh[i].want, "fresh or not");
  }
  exhaust();
  exhaust_back();
  bounds();
  ok(store_now() > 1700000000, "the clock is set");
  return done();
}
