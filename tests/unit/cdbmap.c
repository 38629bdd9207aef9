/* Unit test of src/lib/cdbmap.c, in one executable with skalibs's cdb. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/cdb.h>

#include "cdbmap.h"
#include "unit.h"

static void write_cdb(char const *path)
{
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  cdbmap_make *mk = cdbmap_make_start(fd);

  cdbmap_make_add(mk, "a", 1, "first", 5);
  cdbmap_make_add(mk, "", 0, "empty key", 9);
  cdbmap_make_add(mk, "a", 1, "second", 6);
  cdbmap_make_add(mk, "no data", 7, "", 0);
  ok(cdbmap_make_finish(mk), "write");
  cdbmap_make_free(mk);
  close(fd);
}

static int finds(cdbmap const *m, char const *key, char const *want)
{
  char const *data;
  size_t dlen;
  int r = cdbmap_find(m, key, strlen(key), &data, &dlen);

  return want ? r == 1 && dlen == strlen(want) && !memcmp(data, want, dlen)
              : !r;
}

static void reads(cdbmap const *m, char const *how)
{
  char const *key, *data;
  size_t klen, dlen;
  uint32_t pos = 0;
  int n = 0, r;

  ok(finds(m, "a", "first"), how);
  ok(finds(m, "", "empty key"), "the empty key");
  ok(finds(m, "no data", ""), "a record without data");
  ok(finds(m, "b", 0), "no such key");
  while ((r = cdbmap_next(m, &pos, &key, &klen, &data, &dlen)) > 0)
    n++;
  ok(!r && n == 4, "all records");
}

static int loads(char const *path)
{
  cdbmap m = CDBMAP_ZERO;
  int fd = open(path, O_RDONLY), r = cdbmap_load(&m, fd);

  close(fd);
  cdbmap_close(&m);
  return r;
}

/* Flip every byte of the file in turn: load it or refuse it, never crash, and
   a refusal is never mistaken for "no such key". */
static void damage(char const *path)
{
  char buf[8192], bad[8192];
  int fd = open(path, O_RDONLY), intact = 1;
  ssize_t n = read(fd, buf, sizeof buf);

  close(fd);
  for (ssize_t i = 0; i < n; i++) {
    cdbmap m = CDBMAP_ZERO;

    memcpy(bad, buf, (size_t)n);
    bad[i] = (char)~bad[i];
    fd = open("bad", O_RDWR | O_CREAT | O_TRUNC, 0644);
    write(fd, bad, (size_t)n);
    lseek(fd, 0, SEEK_SET);
    if (cdbmap_load(&m, fd)) {
      /* only data may have changed; keys and tables were checked */
      char const *data;
      size_t dlen;
      intact &= cdbmap_find(&m, "a", 1, &data, &dlen) == 1;
      cdbmap_close(&m);
    }
    close(fd);
  }
  ok(intact, "a damaged file is refused or still has its keys");
  for (ssize_t i = 0; i < n; i++) {
    fd = open("bad", O_RDWR | O_CREAT | O_TRUNC, 0644);
    write(fd, buf, (size_t)i);
    close(fd);
    intact &= !loads("bad");
  }
  ok(intact, "a file cut short is refused at every length");
}

int main(void)
{
  cdbmap m = CDBMAP_ZERO;
  cdb theirs = CDB_ZERO;
  int fd;

  write_cdb("x.cdb");
  ok(cdbmap_open(&m, "x.cdb"), "open");
  reads(&m, "found in a mapping");
  cdbmap_close(&m);

  fd = open("x.cdb", O_RDONLY);
  ok(cdbmap_load(&m, fd), "load");
  ftruncate(fd, 0);
  unlink("x.cdb");
  reads(&m, "found in a copy, whatever becomes of the file");
  cdbmap_close(&m);
  close(fd);

  write_cdb("x.cdb");
  {
    cdb_data d;
    ok(cdb_init(&theirs, "x.cdb") && cdb_find(&theirs, &d, "a", 1) == 1 &&
           d.len == 5,
       "skalibs's cdb works in the same executable");
    cdb_free(&theirs);
  }
  ok(!cdbmap_open(&m, "/nonexistent"), "no file");
  ok(!cdbmap_open(&m, "/dev/null"), "an empty file");
  damage("x.cdb");
  return done();
}
