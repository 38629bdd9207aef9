/* Unit test of src/lib/rule.c: one row per client, and per damaged record. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "rule.h"
#include "unit.h"

struct record {
  char const *key;
  char const *data;
};

/* Each rule's data says which it is. */
static struct record const full[] = {
    {"me@192.0.2.7", ""},
    {"me@=a.b.example", ""},
    {"@192.0.2.9", ""},
    {"192.0.2.7", ""},
    {"=a.b.example", ""},
    {"192.0.2.", ""},
    {"192.0.", ""},
    {"192.", ""},
    {"=.b.example", ""},
    {"=.example", ""},
    {"=", ""},
    {"", ""},
    {"2001:db8::1", ""},
    {"me@2001:db8::1", ""},
    {"2001:db8:0:1::/64", ""},
    {"2001:db8::/32", ""},
    {"/", "/64/32"},
    {0, 0},
};

static struct record const sparse[] = {
    {"=.example", ""}, {"=a.b.example", ""}, {"10.", ""}, {0, 0}};

static struct record const everyone6[] = {
    {"::/0", ""}, {"/", "/0"}, {"=.example", ""}, {0, 0}};

/* Compiled by tcprules 0.88 from "/:deny" and "::/0:allow" with another verb:
   two keys that never match. */
static struct record const dead[] = {{"/", "D"}, {"::/0", ""}, {0, 0}};

static struct {
  struct record const *file;
  char const *ip;
  char const *host;
  char const *info;
  char const *want; /* key; 0 if none */
} const t[] = {
    {full, "192.0.2.7", "a.b.example", "me", "me@192.0.2.7"},
    {full, "192.0.2.8", "a.b.example", "me", "me@=a.b.example"},
    {full, "192.0.2.7", "a.b.example", "you", "192.0.2.7"},
    {full, "192.0.2.7", "a.b.example", 0, "192.0.2.7"},
    {full, "192.0.2.9", 0, "", "@192.0.2.9"},
    {full, "192.0.2.9", 0, 0, "192.0.2."},
    {full, "192.0.2.8", "a.b.example", 0, "=a.b.example"},
    {full, "192.0.2.70", "x.example", 0, "192.0.2."},
    {full, "192.0.27.1", "x.example", 0, "192.0."},
    {full, "192.1.1.1", "x.example", 0, "192."},
    {full, "10.0.0.1", "x.b.example", 0, "=.b.example"},
    {full, "10.0.0.1", "b.example", 0, "=.example"},
    {full, "10.0.0.1", "example", 0, "="},
    {full, "10.0.0.1", "A.B.EXAMPLE", 0, "="}, /* the caller lower-cases */
    {full, "10.0.0.1", "", 0, "="},
    {full, "10.0.0.1", 0, 0, ""},
    {full, "2001:db8::1", 0, "me", "me@2001:db8::1"},
    {full, "2001:DB8:0::1", 0, 0, "2001:db8::1"},
    {full, "2001:db8:0:1::5", 0, 0, "2001:db8:0:1::/64"},
    {full, "2001:db8:0:2::5", 0, 0, "2001:db8::/32"},
    {full, "2001:db8:0:2::5", "a.b.example", 0, "=a.b.example"},
    {full, "2001:db9::", "x.example", 0, "=.example"},
    {full, "2001:db9::", 0, 0, ""},
    {full, "::ffff:192.0.2.7", 0, 0, "192.0.2.7"},
    {sparse, "10.1.1.1", 0, 0, "10."},
    {sparse, "1.10.1.1", 0, 0, 0},
    {sparse, "1.10.1.1", "x.test", 0, 0},
    {sparse, "::10.1.1.1", 0, 0, 0},
    {everyone6, "2001:db8::1", 0, 0, "::/0"},
    {everyone6, "2001:db8::1", "a.example", 0, "::/0"},
    {everyone6, "192.0.2.1", "a.example", 0, "=.example"},
    {everyone6, "192.0.2.1", 0, 0, 0},
    {dead, "2001:db8::1", 0, 0, 0},
};

/* Every index that rule_find must not follow. */
static char const *const bad_index[] = {
    "/64/64", "/32/64", "/128", "/200", "/1000", "//", "/", "/6x", "/64,32",
};

static struct {
  char const *data;
  size_t len;
  char const *want; /* one letter per item: D, E or !, then the variables */
} const items[] = {
    {"", 0, ""},          {"D", 2, "D"},
    {"+A=b", 5, "E A=b"}, {"D\0+A=b\0+C=", 11, "DEE A=b C="},
    {"+=x", 4, "E =x"},   {"D", 1, "!"},
    {"+A=b", 4, "!"},     {"+A=b\0D", 6, "E! A=b"},
    {"Deny", 5, "!"},     {"+A", 3, "!"},
    {"-A", 3, "!"},       {"\0", 1, "!"},
};

static int make(cdbmap *m, struct record const *r)
{
  int fd = open("x.cdb", O_RDWR | O_CREAT | O_TRUNC, 0644);
  cdbmap_make *mk = cdbmap_make_start(fd);
  int good = !!mk;

  for (; r->key; r++)
    good &=
        cdbmap_make_add(mk, r->key, strlen(r->key), r->data, strlen(r->data));
  good &= cdbmap_make_finish(mk);
  cdbmap_make_free(mk);
  close(fd);
  return good && cdbmap_open(m, "x.cdb");
}

static void clients(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct rule_client c = {.host = t[i].host, .info = t[i].info};
    struct rule_match match;
    enum rule_found want = t[i].want ? RULE_MATCH : RULE_NONE;
    cdbmap m = CDBMAP_ZERO;
    enum rule_found got;

    ok(make(&m, t[i].file) && addr_scan(t[i].ip, &c.ip), "set up");
    got = rule_find(&m, &c, &match);
    ok(got == want, t[i].ip);
    if (got == RULE_MATCH)
      ok(match.klen == strlen(t[i].want) &&
             !memcmp(match.key, t[i].want, match.klen),
         t[i].want);
    cdbmap_close(&m);
  }
}

static void indexes(void)
{
  for (size_t i = 0; i < sizeof bad_index / sizeof *bad_index; i++) {
    struct record const file[] = {{"", ""}, {"/", bad_index[i]}, {0, 0}};
    struct rule_client c = {.host = 0};
    struct rule_match match;
    cdbmap m = CDBMAP_ZERO;

    ok(make(&m, file) && addr_scan("2001:db8::1", &c.ip), "set up");
    errno = 0;
    ok(rule_find(&m, &c, &match) == RULE_DAMAGED && errno == EPROTO,
       bad_index[i]);
    addr_scan("192.0.2.1", &c.ip);
    ok(rule_find(&m, &c, &match) == RULE_MATCH, "IPv4 needs no index");
    cdbmap_close(&m);
  }
}

static void all_items(void)
{
  for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
    struct rule_match match = {.data = items[i].data, .dlen = items[i].len};
    char kinds[48] = "", envs[32] = "";
    size_t pos = 0, n = 0;
    char const *env;
    enum rule_item it;

    while (n < 8 && (it = rule_item(&match, &pos, &env)) != RULE_END) {
      kinds[n++] = it == RULE_DENY ? 'D' : it == RULE_ENV ? 'E' : '!';
      if (it == RULE_BAD) break;
      if (it != RULE_ENV) continue;
      strcat(envs, " ");
      strcat(envs, env);
    }
    strcat(kinds, envs);
    ok(!strcmp(kinds, items[i].want), items[i].want);
  }
}

static void lengths(void)
{
  static struct record const file[] = {{"", ""}, {0, 0}};
  struct rule_client c = {.host = 0};
  struct rule_match match;
  cdbmap m = CDBMAP_ZERO;
  char longest[2 * RULE_KEY_MAX];

  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = 0;
  ok(make(&m, file) && addr_scan("192.0.2.1", &c.ip), "set up");
  c.info = c.host = longest;
  ok(rule_find(&m, &c, &match) == RULE_MATCH && !match.klen,
     "a name that fits no key is not looked up");
  cdbmap_close(&m);
}

static void any_text(void)
{
  struct rule_match match;
  cdbmap m = CDBMAP_ZERO;

  ok(make(&m, full), "set up");
  ok(rule_find_text(&m, "192.0.2.x", 0, 0, &match) == RULE_MATCH &&
         match.klen == 8 && !memcmp(match.key, "192.0.2.", 8),
     "any text has its prefixes");
  ok(rule_find_text(&m, "2001:db8::2", 0, 0, &match) == RULE_MATCH &&
         !match.klen,
     "and no networks");
  cdbmap_close(&m);
}

int main(void)
{
  clients();
  indexes();
  all_items();
  lengths();
  any_text();
  return done();
}
