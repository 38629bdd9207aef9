/* Unit test of src/lib/rulesource.c: one row per table that is asked. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "rulesource.h"
#include "unit.h"

#define HEAD "postern-lines 1 2093 17 5 abc "

static struct {
  char const *table;
  char const *key;
  char const *want; /* "" if not known */
} const t[] = {
    {HEAD "rules\n3 1.2.3.4\n5 \n", "1.2.3.4", "rules:3"},
    {HEAD "rules\n3 1.2.3.4\n5 \n", "", "rules:5"},
    {HEAD "a:\\x20b\n7 x y@1.2.3.4\n", "x y@1.2.3.4", "a:\\x20b:7"},
    {HEAD "rules\n3 1.2.3.4\n4 1.2.3.\n", "1.2.3.", "rules:4"},
    {HEAD "rules\n3 1.2.3.4\n", "1.2.3.", ""},
    {HEAD "rules\n3 1.2.3.4\n", "3 1.2.3.4", ""},
    {HEAD "rules\n3 1.2.3.4", "1.2.3.4", ""}, /* cut short */
    {HEAD "rules\n31.2.3.4\n", "1.2.3.4", ""},
    {HEAD "rules\n 1.2.3.4\n", "1.2.3.4", ""},
    {HEAD "rules", "", ""},
    {"postern-lines 1 2094 17 5 abc rules\n3 k\n", "k", ""},
    {"postern-lines 1 2093 18 5 abc rules\n3 k\n", "k", ""},
    {"postern-lines 1 2093 17 6 abc rules\n3 k\n", "k", ""},
    {"postern-lines 1 2093 17 5 abd rules\n3 k\n", "k", ""},
    {"postern-lines 2 2093 17 5 abc rules\n3 k\n", "k", ""},
    {"", "k", ""},
};

static struct stat const st = {.st_size = 2093, .st_mtim = {17, 5}};

static void asked(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    stralloc where = STRALLOC_ZERO;
    int r = rulesource_find(t[i].table, strlen(t[i].table), &st, 0xabc,
                            t[i].key, strlen(t[i].key), &where);

    ok(r == !!*t[i].want && where.len == strlen(t[i].want) &&
           (!r || !memcmp(where.s, t[i].want, where.len)),
       t[i].table);
    stralloc_free(&where);
  }
}

static void written(void)
{
  stralloc sa = STRALLOC_ZERO;
  char const want[] = HEAD "my\\x20rules\n1 1.2.3.4\n12 \n";

  ok(rulesource_start(&sa, &st, 0xabc, "my rules") &&
         rulesource_add(&sa, 1, "1.2.3.4", 7) &&
         rulesource_add(&sa, 9, "a\nb", 3) && rulesource_add(&sa, 12, "", 0) &&
         sa.len == sizeof want - 1 && !memcmp(sa.s, want, sa.len),
     "as it is documented");
  stralloc_free(&sa);
}

static void sums(void)
{
  uint64_t const s = RULESOURCE_SUM;

  ok(rulesource_sum(s, "ab", 2, "c", 1) != rulesource_sum(s, "a", 1, "bc", 2),
     "where the key ends matters");
  ok(rulesource_sum(s, "", 0, "", 0) != s, "an empty record counts");
}

static void from_files(void)
{
  int fd = open("x.cdb", O_RDWR | O_CREAT | O_TRUNC, 0644);
  cdbmap_make *mk = cdbmap_make_start(fd);
  stralloc sa = STRALLOC_ZERO, where = STRALLOC_ZERO;
  cdbmap m = CDBMAP_ZERO;
  struct stat now;

  cdbmap_make_add(mk, "k", 1, "D", 2);
  cdbmap_make_finish(mk);
  cdbmap_make_free(mk);
  fstat(fd, &now);
  close(fd);
  ok(cdbmap_open(&m, "x.cdb"), "set up");
  ok(rulesource_where("x.cdb", &now, &m, "k", 1, &where) == 0, "no table");
  rulesource_start(&sa, &now, rulesource_sum(RULESOURCE_SUM, "k", 1, "D", 2),
                   "r");
  rulesource_add(&sa, 4, "k", 1);
  fd = open("x.cdb" RULESOURCE_SUFFIX, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  write(fd, sa.s, sa.len);
  close(fd);
  ok(rulesource_where("x.cdb", &now, &m, "k", 1, &where) == 1 &&
         where.len == 3 && !memcmp(where.s, "r:4", 3),
     "its table");
  cdbmap_close(&m);
  stralloc_free(&sa);
  stralloc_free(&where);
}

int main(void)
{
  asked();
  written();
  sums();
  from_files();
  return done();
}
