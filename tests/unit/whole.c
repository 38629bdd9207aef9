/* Unit test of src/lib/whole.c: one row per size, from a pipe and a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "whole.h"

#define MAX 200000

static struct {
  char const *name;
  size_t size;
  size_t max;
  int want;
} const t[] = {
    {"empty", 0, 0, 1},
    {"one byte", 1, 1, 1},
    {"one byte too many", 2, 1, 0},
    {"a chunk", 65536, MAX, 1},
    {"more than a chunk", 65537, MAX, 1},
    {"up to the bound", MAX, MAX, 1},
    {"over the bound", MAX, MAX - 1, 0},
};

/* One member after the other is another. */
static void same(void)
{
  struct stat a = {.st_ino = 7}, b[7];

  for (int i = 0; i < 7; i++)
    b[i] = a;
  ok(whole_same(&a, b), "the same");
  b[0].st_dev = 1;
  b[1].st_ino = 8;
  b[2].st_size = 1;
  b[3].st_mtim.tv_sec = 1;
  b[4].st_mtim.tv_nsec = 1;
  b[5].st_ctim.tv_sec = 1;
  b[6].st_ctim.tv_nsec = 1;
  for (int i = 0; i < 7; i++)
    ok(!whole_same(&a, b + i) && !whole_same(b + i, &a), "another");
}

int main(void)
{
  static char bytes[MAX];

  for (size_t i = 0; i < MAX; i++)
    bytes[i] = (char)(i * 7);
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
    stralloc sa = STRALLOC_ZERO;
    int r;

    stralloc_cats(&sa, "x");
    write(fd, bytes, t[i].size);
    lseek(fd, 0, SEEK_SET);
    errno = 0;
    r = whole_read(fd, &sa, t[i].max);
    close(fd);
    if (t[i].want)
      ok(r && sa.len == t[i].size + 1 && sa.s[0] == 'x' &&
             !memcmp(sa.s + 1, bytes, t[i].size),
         t[i].name);
    else
      ok(!r && errno == EFBIG, t[i].name);
    stralloc_free(&sa);
  }
  {
    stralloc sa = STRALLOC_ZERO;
    int p[2];

    pipe(p);
    write(p[1], "ab", 2);
    close(p[1]);
    ok(whole_read(p[0], &sa, 2) && sa.len == 2, "a pipe");
    errno = 0;
    ok(!whole_read(-1, &sa, 2) && errno == EBADF, "not open");
    stralloc_free(&sa);
  }
  same();
  return done();
}
