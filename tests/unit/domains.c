/* Unit test of src/lib/domains.c: as text and as CDB the same answers. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "domains.h"
#include "unit.h"

static char const list[] = "local.example\0Mixed.Example\0.sub.example\0"
                           "[192.0.2.1]\0b\xc3\xbc.example\0";

static struct {
  char const *host;
  int want;
} const t[] = {
    {"local.example", 1},
    {"LOCAL.example", 1},
    {"local.example.", 1},
    {"local.example..", 0},
    {".local.example", 0},
    {"xlocal.example", 0},
    {"x.local.example", 0},
    {"evil-local.example", 0},
    {"local.example.evil", 0},
    {"ocal.example", 0},
    {"local.exampl", 0},
    {"local", 0},
    {"example", 0},
    {"mixed.example", 1},
    {"a.sub.example", 1},
    {"a.b.SUB.example.", 1},
    {"sub.example", 0},
    {".sub.example", 0},
    {"xsub.example", 0},
    {"[192.0.2.1]", 1},
    {"192.0.2.1", 0},
    {"b\xc3\xbc.example", 1},
    {"b\xc3\x9c.example", 0}, /* no case beyond ASCII */
    {"loca\xef\xbd\x8c.example", 0},
    {"", 0},
    {".", 0},
};

static struct {
  char const *item;
  char const *why;
} const faults[] = {
    {"example.org", 0},
    {".example.org", 0},
    {"[192.0.2.1]", 0},
    {"b\xc3\xbc.example", 0},
    {"*.example.org", "not a domain"},
    {"a b", "not a domain"},
    {"joe@example.org", "not a domain"},
    {".", "not a domain"},
    {"..x", "not a domain"},
    {"example.org.", "a domain with a final dot"},
    {"#x", "not a domain"},
};

static int build(cdbmap *m)
{
  int fd = open("d.cdb", O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);
  int r = 1;

  for (size_t i = 0; i < sizeof list - 1;) {
    char low[64];
    size_t n = strlen(list + i);

    for (size_t k = 0; k < n; k++)
      low[k] = list[i + k] == 'M'   ? 'm'
               : list[i + k] == 'E' ? 'e'
                                    : list[i + k];
    r = r && cdbmap_make_add(mk, low, n, "", 0);
    i += n + 1;
  }
  r = r && cdbmap_make_finish(mk);
  cdbmap_make_free(mk);
  close(fd);
  return r && cdbmap_open(m, "d.cdb");
}

int main(void)
{
  cdbmap m = CDBMAP_ZERO;

  ok(build(&m), "a CDB");
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    size_t n = strlen(t[i].host);
    int want = t[i].want;

    ok(domains_match(list, sizeof list - 1, t[i].host, n) == want, t[i].host);
    ok(domains_match_cdb(&m, t[i].host, n) == want, "the same in the CDB");
  }
  ok(!domains_match("", 0, "a", 1), "an empty list");
  ok(domains_find("a.b\0.b", 7, "x.B", 3) &&
         !strcmp(domains_find("a.b\0.b", 7, "x.B", 3), ".b") &&
         !domains_find("a.b\0.b", 7, "b", 1),
     "which item");
  {
    char host[600];
    memset(host, 'a', sizeof host);
    ok(!domains_match_cdb(&m, host, sizeof host), "a host too long for one");
  }
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    char const *why = domains_fault(faults[i].item, strlen(faults[i].item));

    ok(why ? faults[i].why && !strcmp(why, faults[i].why) : !faults[i].why,
       faults[i].item);
  }
  cdbmap_close(&m);
  return done();
}
