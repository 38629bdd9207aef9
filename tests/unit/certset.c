/* certset - which certificate for which name. */
#include "certset.h"

#include <string.h>

#include "selfsigned.h"
#include "unit.h"

static stralloc bundle = STRALLOC_ZERO;

static void add(char const *name, stralloc const *cert, stralloc const *key)
{
  struct bundle_entry const e = {
      name, {"FILE", cert->s, cert->len}, {"KEY", key->s, key->len}};

  bundle_add(&bundle, &e);
}

static int why_is(char const *want)
{
  char why[CERTSET_WHY] = "";
  struct certset *set = certset_make(bundle.s, bundle.len, why);

  certset_free(set);
  bundle.len = 0;
  return !set && !strcmp(why, want);
}

static void choosing(stralloc const *c, stralloc const *k)
{
  static char const *const row[][2] = {
      {"b.example", "b.example"},
      {"B.EXAMPLE", "b.example"},
      {"b.example.", "b.example"},
      {"x.w.example", "*.w.example"},
      {"X.W.example", "*.w.example"},
      {"w.example", "default"},
      {"x.y.w.example", "default"},
      {".w.example", "default"},
      {"*.w.example", "*.w.example"},
      {"a", "default"},
      {"", "default"},
      {".", "default"},
      {"y.w.example", "y.w.example"},
      {"c.example", "default"},
  };
  char why[CERTSET_WHY], name[400];
  struct certset *set;

  add("default", c, k);
  add("y.w.example", c, k);
  add("*.w.example", c, k);
  add("b.example", c, k);
  set = certset_make(bundle.s, bundle.len, why);
  ok(set && set->n == 4 && !set->ask, "four names");
  if (!set) return;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++)
    ok(!strcmp(certset_find(set, row[i][0])->name, row[i][1]), row[i][0]);
  memset(name, 'a', sizeof name);
  name[sizeof name - 1] = 0;
  ok(!strcmp(certset_find(set, name)->name, "default"), "a name too long");
  ok(!strcmp(certset_find(set, 0)->name, "default"), "no name");
  certset_free(set);
  bundle.len = 0;
  add("z.example", c, k);
  add("b.example", c, k);
  set = certset_make(bundle.s, bundle.len, why);
  ok(set && !strcmp(certset_find(set, "x")->name, "b.example"),
     "no default: the first");
  certset_free(set);
  bundle.len = 0;
}

int main(void)
{
  stralloc c = STRALLOC_ZERO, k = STRALLOC_ZERO, rc = STRALLOC_ZERO,
           rk = STRALLOC_ZERO, none = STRALLOC_ZERO, two = STRALLOC_ZERO;
  struct bundle_entry e = {BUNDLE_CLIENTS, {"CA", 0, 0}, {"", "", 0}};
  char why[CERTSET_WHY];
  struct certset *set;

  selfsigned("EC", "ec", &c, &k);
  selfsigned("RSA", "rsa", &rc, &rk);
  choosing(&c, &k);

  add("default", &c, &k);
  add("default", &rc, &rk);
  set = certset_make(bundle.s, bundle.len, why);
  ok(set && set->n == 1 && set->name->n == 2, "two types of keys");
  certset_free(set);
  add("default", &c, &k);
  ok(why_is("FILE: a second key of its type for this name"), "two of one type");
  add("default", &c, &rk);
  ok(why_is("KEY: the key is not that of the first certificate"),
     "another's key");
  add("default", &c, &none);
  ok(why_is("KEY: no key"), "no key");
  add("default", &none, &k);
  ok(why_is("FILE: no certificate"), "no certificate");
  stralloc_copyb(&two, c.s, c.len - 30);
  add("default", &two, &k);
  ok(why_is("FILE: a certificate is damaged"), "one that is cut short");
  stralloc_copy(&two, &c);
  for (int i = 0; i < CERTSET_CHAIN; i++)
    stralloc_catb(&two, rc.s, rc.len);
  add("default", &two, &k);
  ok(why_is("FILE: a certificate is damaged"), "a chain that is too long");
  ok(why_is("bundle: no certificate"), "nothing");
  stralloc_cats(&bundle, "x");
  ok(why_is("bundle: damaged"), "no bundle");

  e.cert.s = rc.s;
  e.cert.n = rc.len;
  add("default", &c, &k);
  bundle_add(&bundle, &e);
  set = certset_make(bundle.s, bundle.len, why);
  ok(set && set->ask && sk_X509_num(set->clients) == 1, "clients");
  certset_free(set);
  bundle.len = 0;
  e.cert.n = 0;
  add("default", &c, &k);
  bundle_add(&bundle, &e);
  ok(!certset_make(bundle.s, bundle.len, why) &&
         !strcmp(why, "CA: no certificate"),
     "no certificate for clients");
  return done();
}
