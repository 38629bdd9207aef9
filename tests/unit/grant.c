/* Unit test of src/lib/grant.c. */
#include <string.h>

#include "grant.h"
#include "unit.h"

static struct {
  char const *ip;
  unsigned int bits6;
  char const *want;
} const keys[] = {
    {"192.0.2.7", 64, "192.0.2.7"},
    {"192.0.2.7", 128, "192.0.2.7"},
    {"::ffff:192.0.2.7", 64, "192.0.2.7"},
    {"2001:db8:0:1:2:3:4:5", 64, "2001:db8:0:1::/64"},
    {"2001:db8:0:1:ffff:ffff:ffff:ffff", 64, "2001:db8:0:1::/64"},
    {"2001:db8:0:2::1", 64, "2001:db8:0:2::/64"},
    {"2001:db8:0:1:2:3:4:5", 128, "2001:db8:0:1:2:3:4:5"},
    {"2001:db8:0:1:2:3:4:5", 48, "2001:db8::/48"},
    {"::1", 64, "::/64"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 127,
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"},
};

/* Only what grant_record writes is a grant. */
static struct {
  char const *key;
  char const *user;
  size_t ulen;
  uint32_t ttl;
  int want;
} const from[] = {
    {"192.0.2.7", "roam", 4, 900, 1},
    {"2001:db8:0:1::/64", "roam", 4, 900, 1},
    {"2001:db8::25", "roam", 4, 900, 1},
    {"2001:db8::/48", "roam", 4, 900, 1},
    {"2001:DB8::/48", "roam", 4, 900, 0},
    {"2001:db8::1/48", "roam", 4, 900, 0},
    {"2001:db8::25/128", "roam", 4, 900, 0},
    {"192.0.2.7/32", "roam", 4, 900, 0},
    {"192.0.2.0/24", "roam", 4, 900, 0},
    {"::ffff:192.0.2.7", "roam", 4, 900, 0},
    {"192.0.2.07", "roam", 4, 900, 0},
    {"192.0.2.", "roam", 4, 900, 0},
    {"roam", "roam", 4, 900, 0},
    {"", "roam", 4, 900, 0},
    {"0123456789012345678901234567890123456789012345678901234567890123456789",
     "roam", 4, 900, 0},
    {"192.0.2.7", "", 0, 900, 0},
    {"192.0.2.7", "ro\0m", 4, 900, 0},
    {"192.0.2.7", "roam", 4, 86401, 0},
};

static struct {
  uint64_t set;
  uint32_t ttl;
  uint32_t maxage;
  uint64_t now;
  uint32_t want;
} const left[] = {
    {1000, 900, 86400, 1000, 900}, {1000, 900, 86400, 1899, 1},
    {1000, 900, 86400, 1900, 0},   {1000, 900, 86400, 999, 0},
    {1000, 900, 60, 1059, 1},      {1000, 900, 60, 1060, 0},
    {1000, 900, 0, 1000, 0},       {1000, 900, 900, UINT64_MAX, 0},
};

static void test_from(void)
{
  for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
    struct store_record r = {.set = 1, .ttl = from[i].ttl, .len = from[i].ulen};
    struct store_entry e = {.name = "", .record = &r};
    struct grant g;

    e.klen = strlen(from[i].key);
    memcpy(e.key, from[i].key, e.klen);
    memcpy(r.payload, from[i].user, r.len);
    ok(grant_from(&g, &e) == from[i].want, from[i].key);
    e.record = 0;
    ok(!grant_from(&g, &e), "no record, no grant");
  }
}

static enum grant_found check(struct store *s, char const *text,
                              unsigned int bits6, uint32_t maxage,
                              struct grant *g)
{
  char const *why;
  uint64_t now;
  ip46 ip;

  addr_scan(text, &ip);
  return grant_check(s, &ip, bits6, maxage, g, &now, &why);
}

static void put(struct store *s, char const *key, uint64_t ago,
                char const *user)
{
  struct store_record r = {
      .set = store_now() - ago, .ttl = 900, .len = strlen(user)};

  memcpy(r.payload, user, r.len);
  store_put(s, key, strlen(key), &r);
}

static void test_store(void)
{
  struct store s;
  struct grant g;
  char const *why = 0;
  char longest[GRANT_USER_MAX + 2];
  uint64_t start = store_now();
  ip46 ip4, ip6;

  addr_scan("192.0.2.7", &ip4);
  addr_scan("2001:db8::25", &ip6);
  store_make(&s, "grants", 0);
  store_open(&s, "grants", STORE_ALL);
  ok(grant_record(&s, &ip4, 64, "roam", 1800, &why) &&
         grant_record(&s, &ip6, 64, "six", 1800, &why),
     "recorded");
  ok(check(&s, "192.0.2.7", 64, 86400, &g) == GRANT_FRESH &&
         !strcmp(g.user, "roam") && g.bits == 32 && g.set >= start &&
         g.ttl == 1800,
     "fresh");
  ok(check(&s, "::ffff:192.0.2.7", 64, 86400, &g) == GRANT_FRESH, "as mapped");
  ok(check(&s, "192.0.2.70", 64, 86400, &g) == GRANT_NONE, "another address");
  ok(check(&s, "2001:db8::ffff", 64, 86400, &g) == GRANT_FRESH &&
         !strcmp(g.user, "six") && g.bits == 64,
     "another address of the /64");
  ok(check(&s, "2001:db8::25", 128, 86400, &g) == GRANT_NONE,
     "another number of bits");
  put(&s, "192.0.2.8", 100, "roam");
  ok(check(&s, "192.0.2.8", 64, 100, &g) == GRANT_STALE, "older than maxage");
  put(&s, "192.0.2.8", 900, "roam");
  ok(check(&s, "192.0.2.8", 64, 86400, &g) == GRANT_STALE, "expired");
  put(&s, "192.0.2.8", -900ull, "roam");
  ok(check(&s, "192.0.2.8", 64, 86400, &g) == GRANT_STALE, "from the future");
  put(&s, "192.0.2.8", 0, "");
  ok(check(&s, "192.0.2.8", 64, 86400, &g) == GRANT_ERROR,
     "a record, no grant");

  memset(longest, 'u', sizeof longest);
  longest[GRANT_USER_MAX + 1] = 0;
  ok(!grant_record(&s, &ip4, 64, longest, 900, &why) && why, "user too long");
  longest[GRANT_USER_MAX] = 0;
  ok(grant_record(&s, &ip4, 64, longest, 900, &why), "the longest user");
  ok(!grant_record(&s, &ip4, 64, "", 900, &why) && why, "no user");
  ok(!grant_record(&s, &ip4, 64, "u", 0, &why) && why, "no time to live");
  ok(!grant_record(&s, &ip4, 64, "u", 86401, &why) && why, "too long a one");
  store_close(&s);
}

int main(void)
{
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    char got[GRANT_KEY_MAX];
    ip46 ip;

    ok(addr_scan(keys[i].ip, &ip) &&
           grant_key(got, &ip, keys[i].bits6) == strlen(keys[i].want) &&
           !strcmp(got, keys[i].want),
       keys[i].want);
  }
  test_from();
  for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
    struct grant g = {.set = left[i].set, .ttl = left[i].ttl};
    ok(grant_left(&g, left[i].maxage, left[i].now) == left[i].want,
       "seconds left");
  }
  test_store();
  {
    struct grant g = {.user = "a b@x"};
    char reason[GRANT_REASON];

    grant_reason(reason, &g);
    ok(!strcmp(reason, "grant:a\\x20b@x"), "the reason");
  }
  return done();
}
