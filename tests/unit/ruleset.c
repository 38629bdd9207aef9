/* Unit test of src/lib/ruleset.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ruleset.h"
#include "unit.h"

#define SEC UINT64_C(1000000000)

/* A file with one record: key "k", data x. */
static int make(char const *path, char const *x)
{
  int fd = open("new", O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);
  int r = cdbmap_make_add(mk, "k", 1, x, strlen(x)) && cdbmap_make_finish(mk);

  cdbmap_make_free(mk);
  close(fd);
  return r && !rename("new", path);
}

static int has(struct ruleset *rs, char const *x)
{
  char const *data;
  size_t n;

  return rs->state == RULESET_GOOD &&
         cdbmap_find(&rs->map, "k", 1, &data, &n) == 1 && n == strlen(x) &&
         !memcmp(data, x, n);
}

static int spoil(char const *path)
{
  int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
  int r = write(fd, "no cdb", 6) == 6;

  close(fd);
  return r;
}

static void one_file(void)
{
  struct ruleset rs;

  ruleset_init(&rs, "r", 0);
  ok(rs.state == RULESET_UNUSABLE, "before the first look: unusable");
  ok(ruleset_refresh(&rs, 1 * SEC, 0) == RULESET_FAILED && rs.error == ENOENT &&
         rs.state == RULESET_UNUSABLE,
     "missing");
  ok(ruleset_refresh(&rs, 3 * SEC, 0) == RULESET_SAME, "told once");
  make("r", "1");
  ok(ruleset_refresh(&rs, 3 * SEC + 5, 0) == RULESET_SAME,
     "not twice a second");
  ok(ruleset_refresh(&rs, 4 * SEC, 0) == RULESET_NEW && has(&rs, "1"),
     "it is there");
  ok(ruleset_refresh(&rs, 5 * SEC, 0) == RULESET_SAME, "the same file");
  make("r", "2");
  ok(ruleset_refresh(&rs, 6 * SEC, 0) == RULESET_NEW && has(&rs, "2"),
     "replaced");
  spoil("r");
  ok(ruleset_refresh(&rs, 7 * SEC, 0) == RULESET_FAILED && rs.error == EPROTO &&
         has(&rs, "2"),
     "damaged: the last good copy stays");
  ok(ruleset_refresh(&rs, 8 * SEC, 0) == RULESET_SAME, "told once");
  unlink("r");
  ok(ruleset_refresh(&rs, 9 * SEC, 0) == RULESET_FAILED && has(&rs, "2"),
     "gone: the last good copy stays");
  mkdir("r", 0700);
  ok(ruleset_refresh(&rs, 10 * SEC, 0) == RULESET_FAILED &&
         rs.error == EINVAL && has(&rs, "2"),
     "a directory");
  rmdir("r");
  make("r", "3");
  ok(ruleset_refresh(&rs, 10 * SEC + 1, 1) == RULESET_NEW && has(&rs, "3"),
     "on demand: at once");
  ok(ruleset_refresh(&rs, 10 * SEC + 2, 1) == RULESET_NEW && has(&rs, "3"),
     "on demand: even the same");
  ruleset_free(&rs);
}

static void missing_allowed(void)
{
  struct ruleset rs;

  ruleset_init(&rs, "x", 1);
  ok(ruleset_refresh(&rs, 1 * SEC, 0) == RULESET_SAME &&
         rs.state == RULESET_NONE,
     "-X: missing is no rules");
  spoil("x");
  ok(ruleset_refresh(&rs, 2 * SEC, 0) == RULESET_FAILED &&
         rs.state == RULESET_UNUSABLE,
     "-X: damaged is not missing");
  make("x", "1");
  ok(ruleset_refresh(&rs, 3 * SEC, 0) == RULESET_NEW && has(&rs, "1"),
     "-X: a good file");
  unlink("x");
  ok(ruleset_refresh(&rs, 4 * SEC, 0) == RULESET_FAILED && has(&rs, "1"),
     "-X: gone again: the last good copy stays");
  ruleset_free(&rs);
}

int main(void)
{
  struct ruleset none;

  one_file();
  missing_allowed();
  ruleset_init(&none, 0, 0);
  ok(ruleset_refresh(&none, SEC, 1) == RULESET_SAME &&
         none.state == RULESET_NONE,
     "no file asked for");
  return done();
}
