/* Unit test of src/admin/logdir.c: order, and what is not read. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "logdir.h"
#include "unit.h"

static stralloc got, told;

static void write_file(char const *name, char const *s, size_t n)
{
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

  if (fd < 0 || write(fd, s, n) != (ssize_t)n) perror(name);
  close(fd);
}

static void put(char const *name, char const *s)
{
  write_file(name, s, strlen(s));
}

static int take(void *data, char const *block, size_t n)
{
  unsigned int *bad = data;

  *bad += !n || block[n - 1] != '\n';
  return stralloc_catb(&got, block, n);
}

static void trouble(void *data, char const *path, char const *why)
{
  (void)data;
  stralloc_cats(&told, path);
  stralloc_cats(&told, ": ");
  stralloc_cats(&told, why);
  stralloc_cats(&told, "\n");
}

static int reads(struct logdir *d, char const *want, char const *troubles)
{
  unsigned int bad = 0;

  got.len = told.len = 0;
  if (!logdir_read(d, take, &bad) || bad) return 0;
  stralloc_0(&got);
  stralloc_0(&told);
  if (strcmp(got.s, want)) printf("# got: %s\n", got.s);
  if (strcmp(told.s, troubles)) printf("# told: %s\n", told.s);
  return !strcmp(got.s, want) && !strcmp(told.s, troubles);
}

#define A(c, end) "@40000000" c "000000000000000" end

static int stop(void *data, char const *block, size_t n)
{
  (void)data;
  (void)block;
  (void)n;
  errno = EDOM;
  return 0;
}

static void long_lines(void)
{
  size_t n = 3 * LOGDIR_BLOCK + 100, wrong = 0;
  char *s = malloc(n);
  char const *const source[] = {"big"};
  static size_t const sizes[] = {LOGDIR_BLOCK - 3, LOGDIR_BLOCK - 2,
                                 LOGDIR_BLOCK - 1, LOGDIR_BLOCK,
                                 LOGDIR_BLOCK + 1, 3 * LOGDIR_BLOCK};

  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct logdir d = {.source = source, .sources = 1};
    size_t m = sizes[i], want;
    unsigned int bad = 0;

    memset(s, 'x', m);
    memcpy(s, "a\n", 2);
    memcpy(s + m, "\nb\nc", 4);
    write_file("big", s, m + 4);
    got.len = 0;
    want = 2 + 4 + (m - 2 < LOGDIR_BLOCK - 1 ? m - 1 : 0);
    wrong += !logdir_read(&d, take, &bad) || bad || got.len != want ||
             memcmp(got.s + got.len - 5, "\nb\nc\n", 5);
  }
  ok(!wrong, "a line longer than a block is left out, and only it");
  free(s);
}

static int remove_one(char const *path, struct stat const *st, int type,
                      struct FTW *at)
{
  (void)st;
  (void)type;
  (void)at;
  return remove(path);
}

static int remove_all(char const *dir)
{
  return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* 1 if these are the paths below, a blank behind each; n of them. */
static int below(char const *dir, ssize_t n, char const *want)
{
  stralloc paths = STRALLOC_ZERO;
  int good = logdir_below(&paths, dir) == n;

  for (size_t i = 0; i < paths.len; i++)
    if (!paths.s[i]) paths.s[i] = ' ';
  good = good && stralloc_0(&paths) && !strcmp(paths.s, want);
  if (!good) printf("# got: %s\n", paths.len ? paths.s : "");
  stralloc_free(&paths);
  return good;
}

static void directories(void)
{
  mkdir("log", 0755);
  ok(below("log", 0, ""), "no directory");
  mkdir("log/smtp", 0755);
  mkdir("log/pop3", 0755);
  mkdir("log/.old", 0755);
  mkdir("log/none", 0755);
  mkdir("log/pop3s", 0755);
  mkdir("log/closed", getuid() ? 0 : 0755);
  put("log/file", "no\n");
  put("log/smtp/current", "");
  put("log/.old/current", "");
  put("log/none/lock", "");
  put("log/pop3/" A("a", ".s"), "");
  if (!getuid()) put("log/closed/current", ""); /* nothing is, to root */
  if (symlink("../log/smtp", "log/link") || symlink("gone", "log/dangling"))
    perror("symlink");
  ok(below("log", 4, "log/closed log/link log/pop3 log/smtp "),
     "directories with a log in them, by their names");
  errno = 0;
  ok(below("log/file", -1, "") && errno == ENOTDIR, "not a directory");
  errno = 0;
  ok(below("log/gone", -1, "") && errno == ENOENT, "not there");
}

int main(void)
{
  char dir[] = "logdir.XXXXXX";
  char const *const one[] = {"d"};
  char const *const several[] = {"f", "d", "none", "empty"};
  char const *const packed[] = {"p", "f"};
  char const *const in[] = {"-"};
  struct logdir d = {.source = one, .sources = 1, .trouble = trouble};
  int pipes[2];

  if (!mkdtemp(dir) || chdir(dir)) return 111;
  mkdir("d", 0755);
  mkdir("empty", 0755);
  mkdir("p", 0755);
  put("d/current", "4\n5");
  put("d/" A("b", ".s"), "2\n");
  put("d/" A("a", ".u"), "1");
  put("d/" A("c", ".s"), "3\n");
  put("d/" A("d", ".t"), "no\n");
  put("d/lock", "no\n");
  put("d/state", "no\n");
  put("d/previous", "no\n");
  ok(reads(&d, "1\n2\n3\n4\n5\n", ""), "archives by their names, then current");
  ok(reads(&d, "1\n2\n3\n4\n5\n", "") && d.bytes == 16, "and once more");

  unlink("d/" A("c", ".s"));
  if (link("d/current", "d/" A("e", ".s"))) return 111;
  ok(reads(&d, "1\n2\n4\n5\n", ""), "rotated meanwhile: once, not twice");
  unlink("d/current");
  ok(reads(&d, "1\n2\n4\n5\n", ""), "no current");

  put("f", "file\n");
  d = (struct logdir){several, 4, trouble, 0, 0, 0, 0};
  ok(reads(&d, "file\n1\n2\n4\n5\n",
           "none: No such file or directory\n"
           "empty/current: No such file or directory\n") &&
         d.troubles == 2,
     "what cannot be read is told, the rest is read");

  put("p/" A("a", ".s"), "\x1f\x8b\x08\n");
  put("p/current", "6\n");
  d = (struct logdir){packed, 2, trouble, 0, 0, 0, 0};
  ok(reads(&d, "6\nfile\n", "p/" A("a", ".s") ": it is compressed\n"),
     "compressed");

  errno = 0;
  ok(!logdir_read(&d, stop, 0) && errno == EDOM, "take may stop it");

  if (pipe(pipes) || dup2(pipes[0], 0) < 0) return 111;
  if (write(pipes[1], "in\nput", 6) != 6) return 111;
  close(pipes[1]);
  d = (struct logdir){in, 1, trouble, 0, 0, 0, 0};
  ok(reads(&d, "in\nput\n", ""), "standard input");
  ok(reads(&d, "", "standard input: it must be a file, to be read twice\n"),
     "a pipe has no second time");
  close(0);
  if (open("f", O_RDONLY)) return 111;
  d = (struct logdir){in, 1, trouble, 0, 0, 0, 0};
  ok(reads(&d, "file\n", "") && reads(&d, "file\n", ""), "a file has");

  long_lines();
  directories();
  return chdir("..") || remove_all(dir) ? 111 : done();
}
