#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/stralloc.h>

#include "logdir.h"

#define ARCHIVE_LEN 27 /* @, 24 digits, .s or .u */

struct reading {
  struct logdir *d;
  logdir_take *take;
  void *data;
  char *buf;
};

static void trouble(struct logdir *d, char const *path, char const *why)
{
  d->troubles++;
  if (d->trouble) d->trouble(d->data, path, why);
}

/* ---- a file ---- */

static int take(struct reading *r, size_t n)
{
  return !n || r->take(r->data, r->buf, n);
}

/* Hand on the whole lines of n bytes; *rest receives what is left, in front. */
static int take_lines(struct reading *r, size_t n, size_t *rest)
{
  char const *lf = memrchr(r->buf, '\n', n);
  size_t whole = lf ? (size_t)(lf - r->buf) + 1 : 0;

  *rest = n - whole;
  if (!take(r, whole)) return 0;
  memmove(r->buf, r->buf + whole, *rest);
  return 1;
}

static int is_compressed(char const *s, size_t n)
{
  static char const *const magic[] = {"\x1f\x8b", "\x28\xb5\x2f\xfd",
                                      "\xfd\x37zXZ", "BZh", "\x04\x22\x4d\x18"};

  for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
    size_t m = strlen(magic[i]);

    if (n >= m && !memcmp(s, magic[i], m)) return 1;
  }
  return 0;
}

/* The line is longer than the buffer: skip to its end.  Leaves in front what
   follows it, nothing at the end of the file. */
static ssize_t skip_line(struct reading *r, int fd)
{
  for (;;) {
    ssize_t got = fd_read(fd, r->buf, LOGDIR_BLOCK);
    char const *lf = got > 0 ? memchr(r->buf, '\n', (size_t)got) : 0;

    if (got <= 0) return got;
    r->d->bytes += (size_t)got;
    if (!lf) continue;
    got -= lf + 1 - r->buf;
    memmove(r->buf, lf + 1, (size_t)got);
    return got;
  }
}

static int read_file(struct reading *r, int fd, char const *path)
{
  size_t have = 0;
  uint64_t before = r->d->bytes;

  for (;;) {
    /* one byte is kept for the newline that the last line may lack */
    ssize_t got = fd_read(fd, r->buf + have, LOGDIR_BLOCK - 1 - have);

    if (got < 0) {
      trouble(r->d, path, strerror(errno));
      return 1;
    }
    if (!got) break;
    if (r->d->bytes == before && is_compressed(r->buf, (size_t)got)) {
      trouble(r->d, path, "it is compressed");
      return 1;
    }
    r->d->bytes += (size_t)got;
    if (!take_lines(r, have + (size_t)got, &have)) return 0;
    if (have < LOGDIR_BLOCK - 1) continue;
    got = skip_line(r, fd);
    have = got > 0 ? (size_t)got : 0;
    if (!take_lines(r, have, &have)) return 0;
  }
  if (have) r->buf[have++] = '\n';
  return take(r, have);
}

/* ---- a directory ---- */

static int is_archive(char const *name)
{
  size_t n = strlen(name);

  return n == ARCHIVE_LEN && name[0] == '@' && name[n - 2] == '.' &&
         (name[n - 1] == 's' || name[n - 1] == 'u') &&
         strspn(name + 1, "0123456789abcdef") == 24;
}

static int by_name(void const *a, void const *b)
{
  return memcmp(a, b, ARCHIVE_LEN);
}

/* Names of ARCHIVE_LEN bytes and a NUL.  0 with errno. */
static int list(int dirfd, stralloc *names)
{
  DIR *dir = fdopendir(dirfd);
  struct dirent const *e;
  int failed;

  if (!dir) {
    close(dirfd);
    return 0;
  }
  while (errno = 0, e = readdir(dir))
    if (is_archive(e->d_name) &&
        !stralloc_catb(names, e->d_name, ARCHIVE_LEN + 1)) {
      errno = ENOMEM;
      break;
    }
  failed = errno;
  closedir(dir);
  errno = failed;
  if (failed) return 0;
  if (names->len)
    qsort(names->s, names->len / (ARCHIVE_LEN + 1), ARCHIVE_LEN + 1, by_name);
  return 1;
}

static int same_file(int a, int b)
{
  struct stat x, y;

  return a >= 0 && !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev &&
         x.st_ino == y.st_ino;
}

static int in_dir(stralloc *path, char const *dir, char const *name)
{
  return stralloc_copys(path, dir) && stralloc_cats(path, "/") &&
         stralloc_cats(path, name) && stralloc_0(path);
}

static int read_archive(struct reading *r, int fd, char const *name,
                        char const *path, int current)
{
  int in = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK), good;

  if (in < 0) {
    /* s6-log removes the oldest while we read */
    if (errno != ENOENT) trouble(r->d, path, strerror(errno));
    return 1;
  }
  good = same_file(current, in) || read_file(r, in, path);
  close(in);
  return good;
}

static int read_archives(struct reading *r, int fd, char const *dir,
                         int current, size_t *files)
{
  stralloc names = STRALLOC_ZERO, path = STRALLOC_ZERO;
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), good = 1;

  if (copy < 0 || !list(copy, &names)) trouble(r->d, dir, strerror(errno));
  for (size_t i = 0; good && i < names.len; i += ARCHIVE_LEN + 1) {
    good = in_dir(&path, dir, names.s + i) &&
           read_archive(r, fd, names.s + i, path.s, current);
    ++*files;
  }
  stralloc_free(&names);
  stralloc_free(&path);
  return good;
}

static int read_dir(struct reading *r, int fd, char const *dir)
{
  int current = openat(fd, "current", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int why = errno, good;
  stralloc path = STRALLOC_ZERO;
  size_t files = 0;

  good = in_dir(&path, dir, "current") &&
         read_archives(r, fd, dir, current, &files);
  if (good && current >= 0) good = read_file(r, current, path.s);
  if (good && current < 0 && !(why == ENOENT && files))
    trouble(r->d, path.s, strerror(why));
  if (current >= 0) close(current);
  stralloc_free(&path);
  return good;
}

/* ---- directories in one ---- */

static int by_entry(struct dirent const **a, struct dirent const **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(struct dirent const *e) { return e->d_name[0] != '.'; }

/* Has s6-log or multilog written there?  Yes, if it cannot be seen. */
static int is_logdir(char const *path)
{
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), good;
  stralloc names = STRALLOC_ZERO;

  if (fd < 0) return errno != ENOTDIR && errno != ENOENT;
  if (!faccessat(fd, "current", F_OK, 0) || errno != ENOENT) {
    close(fd);
    return 1;
  }
  good = !list(fd, &names) || names.len;
  stralloc_free(&names);
  return good;
}

ssize_t logdir_below(stralloc *paths, char const *dir)
{
  struct dirent **e;
  int entries = scandir(dir, &e, is_shown, by_entry), good = 1;
  stralloc path = STRALLOC_ZERO;
  ssize_t n = 0;

  if (entries < 0) return -1;
  for (int i = 0; i < entries; i++) {
    good = good && in_dir(&path, dir, e[i]->d_name);
    if (good && is_logdir(path.s)) {
      good = stralloc_catb(paths, path.s, path.len);
      n++;
    }
    free(e[i]);
  }
  free(e);
  stralloc_free(&path);
  return good ? n : -1;
}

/* ---- all ---- */

/* A pipe has nothing left for a second look. */
static int is_spent(struct reading *r, struct stat const *st, char const *path)
{
  if (!r->d->passes || S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)) return 0;
  trouble(r->d, path, "it must be a file, to be read twice");
  return 1;
}

static int read_fd(struct reading *r, int fd, char const *path)
{
  struct stat st;

  if (fd < 0 || fstat(fd, &st) < 0) {
    trouble(r->d, path, strerror(errno));
    return 1;
  }
  if (is_spent(r, &st, path)) return 1;
  return S_ISDIR(st.st_mode) ? read_dir(r, fd, path) : read_file(r, fd, path);
}

static int read_source(struct reading *r, char const *path)
{
  int fd, good;

  if (!strcmp(path, "-")) {
    if (r->d->passes) lseek(0, 0, SEEK_SET);
    return read_fd(r, 0, "standard input");
  }
  fd = open(path, O_RDONLY | O_CLOEXEC);
  good = read_fd(r, fd, path);
  if (fd >= 0) close(fd);
  return good;
}

int logdir_read(struct logdir *d, logdir_take *t, void *data)
{
  struct reading r = {d, t, data, malloc(LOGDIR_BLOCK)};
  int good = !!r.buf, e;

  for (size_t i = 0; good && i < d->sources; i++)
    good = read_source(&r, d->source[i]);
  d->passes++;
  e = errno;
  free(r.buf);
  errno = e;
  return good;
}
