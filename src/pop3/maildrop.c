#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> /* renameat */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/allreadwrite.h>

#include "maildrop.h"
#include "popwire.h"

#define TMP_AGE (36 * 3600) /* seconds: http://cr.yp.to/proto/maildir.html */
#define BLOCK 65536

typedef struct maildrop_message message;

static message *at(struct maildrop const *m, size_t i)
{
  return genalloc_s(message, &m->messages) + i;
}

size_t maildrop_count(struct maildrop const *m)
{
  return genalloc_len(message, &m->messages);
}

static char const *path_of(struct maildrop const *m, message const *x)
{
  return m->names.s + x->path;
}

static char const *name_of(struct maildrop const *m, message const *x)
{
  return path_of(m, x) + 4;
}

static int is_new(struct maildrop const *m, message const *x)
{
  return path_of(m, x)[0] == 'n';
}

static int is_file(DIR *dir, struct dirent const *d)
{
  struct stat st;

  if (d->d_name[0] == '.') return 0;
  if (d->d_type != DT_UNKNOWN) return d->d_type == DT_REG;
  return !fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
         S_ISREG(st.st_mode);
}

static int add(struct maildrop *m, char const *sub, char const *name)
{
  size_t len = strlen(name);
  message x = {.path = m->names.len, .name = mailname_parse(name, len)};

  return stralloc_catb(&m->names, sub, 3) && stralloc_catb(&m->names, "/", 1) &&
         stralloc_catb(&m->names, name, len + 1) &&
         genalloc_append(message, &m->messages, &x);
}

static DIR *open_dir(struct maildrop const *m, char const *sub)
{
  int fd = openat(m->fd, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir;

  if (fd == -1) return 0;
  dir = fdopendir(fd);
  if (!dir) close(fd);
  return dir;
}

static int scan(struct maildrop *m, char const *sub)
{
  DIR *dir = open_dir(m, sub);
  struct dirent *d;
  int e;

  if (!dir) return 0;
  while (errno = 0, d = readdir(dir))
    if (is_file(dir, d) && !add(m, sub, d->d_name)) break;
  e = errno;
  closedir(dir);
  errno = e;
  return !e;
}

/* By time, then by the unique part: less than, equal to or more than 0. */
static int order(struct maildrop const *m, message const *x,
                 struct maildrop const *n, message const *y)
{
  size_t xl = x->name.unique, yl = y->name.unique;
  int r;

  if (x->name.time != y->name.time) return x->name.time < y->name.time ? -1 : 1;
  r = memcmp(name_of(m, x), name_of(n, y), xl < yl ? xl : yl);
  if (r || xl == yl) return r;
  return xl < yl ? -1 : 1;
}

static int compare(void const *x, void const *y, void *data)
{
  struct maildrop const *m = data;
  int r = order(m, x, m, y);

  return r ? r : strcmp(path_of(m, x), path_of(m, y));
}

static int exists(struct maildrop const *m, message const *x)
{
  struct stat st;

  return !fstatat(m->fd, path_of(m, x), &st, AT_SYMLINK_NOFOLLOW) ||
         errno != ENOENT;
}

/* A message that is moved while the directories are read can show twice: drop
   the name that is no longer there.  Files that do share a unique part are
   numbered. */
static void settle_twins(struct maildrop *m)
{
  size_t n = maildrop_count(m), kept = 0;

  for (size_t i = 0; i < n; i++) {
    message *x = at(m, i);
    int before = kept && !order(m, at(m, kept - 1), m, x);
    int after = i + 1 < n && !order(m, x, m, at(m, i + 1));

    if ((before || after) && !exists(m, x)) continue;
    x->again = before ? at(m, kept - 1)->again + 1 : 0;
    *at(m, kept++) = *x;
  }
  genalloc_setlen(message, &m->messages, kept);
}

/* new/ first: a message that is moved meanwhile is seen in cur/, or in both,
   but never in none. */
static int snapshot(struct maildrop *m)
{
  if (!scan(m, "new") || !scan(m, "cur")) return 0;
  if (maildrop_count(m))
    qsort_r(at(m, 0), maildrop_count(m), sizeof(message), compare, m);
  settle_twins(m);
  return 1;
}

static void clean_tmp(struct maildrop const *m)
{
  DIR *dir = open_dir(m, "tmp");
  time_t old = time(0) - TMP_AGE;
  struct dirent *d;
  struct stat st;

  if (!dir) return;
  while ((d = readdir(dir)))
    if (is_file(dir, d) &&
        !fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
        st.st_atime < old && st.st_mtime < old)
      unlinkat(dirfd(dir), d->d_name, 0);
  closedir(dir);
}

int maildrop_open(struct maildrop *m, char const *dir)
{
  *m = (struct maildrop)MAILDROP_ZERO;
  m->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (m->fd == -1) return 0;
  clean_tmp(m);
  return snapshot(m);
}

void maildrop_close(struct maildrop *m)
{
  if (m->fd != -1) close(m->fd);
  stralloc_free(&m->names);
  genalloc_free(message, &m->messages);
  m->fd = -1;
}

int maildrop_has(struct maildrop const *m, size_t i)
{
  return i < maildrop_count(m) && !at(m, i)->deleted && !at(m, i)->gone;
}

void maildrop_delete(struct maildrop *m, size_t i) { at(m, i)->deleted = 1; }

void maildrop_reset(struct maildrop *m)
{
  for (size_t i = 0; i < maildrop_count(m); i++)
    at(m, i)->deleted = 0;
}

size_t maildrop_marked(struct maildrop const *m)
{
  size_t n = 0;

  for (size_t i = 0; i < maildrop_count(m); i++)
    n += at(m, i)->deleted;
  return n;
}

size_t maildrop_uid(struct maildrop const *m, size_t i,
                    char uid[MAILNAME_UID_MAX])
{
  message const *x = at(m, i);
  return mailname_uid(uid, name_of(m, x), x->name.unique, x->again);
}

/* Take over the names of a second snapshot, which is in the same order. */
static int merge(struct maildrop *m, struct maildrop const *fresh)
{
  size_t n = maildrop_count(fresh), j = 0;

  for (size_t i = 0; i < maildrop_count(m); i++) {
    message *x = at(m, i);
    char const *path;

    while (j < n && order(fresh, at(fresh, j), m, x) < 0)
      j++;
    if (j == n || order(fresh, at(fresh, j), m, x)) {
      x->gone = 1;
      continue;
    }
    path = path_of(fresh, at(fresh, j++));
    if (!strcmp(path, path_of(m, x))) continue;
    x->path = m->names.len;
    if (!stralloc_catb(&m->names, path, strlen(path) + 1)) return 0;
  }
  return 1;
}

/* A file is not where it was: look at the directories again, for all of them
   at once. */
static int refresh(struct maildrop *m)
{
  struct maildrop fresh = {.fd = m->fd};
  int r = snapshot(&fresh) && merge(m, &fresh);

  fresh.fd = -1;
  maildrop_close(&fresh);
  return r;
}

/* fstatat, and once more after a refresh; ENOENT: it is gone. */
static int look(struct maildrop *m, size_t i, struct stat *st)
{
  message const *x = at(m, i);
  int flags = AT_SYMLINK_NOFOLLOW;

  if (!fstatat(m->fd, path_of(m, x), st, flags)) return 1;
  if (errno != ENOENT || !refresh(m)) return 0;
  if (x->gone) return errno = ENOENT, 0;
  return !fstatat(m->fd, path_of(m, x), st, flags);
}

int maildrop_read(struct maildrop *m, size_t i)
{
  struct stat st;

  if (at(m, i)->gone) return errno = ENOENT, -1;
  if (!look(m, i, &st)) {
    if (errno == ENOENT) at(m, i)->gone = 1;
    return -1;
  }
  if (!S_ISREG(st.st_mode)) return errno = EINVAL, -1;
  return openat(m->fd, path_of(m, at(m, i)), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

static int count_octets(int fd, uint64_t *octets)
{
  struct popwire_count c = POPWIRE_COUNT_ZERO;
  char block[BLOCK];
  ssize_t n;

  while ((n = fd_read(fd, block, sizeof block)) > 0)
    popwire_count(&c, block, (size_t)n);
  *octets = popwire_octets(&c);
  return !n;
}

/* Every LF becomes two octets, at the most. */
static int believable(struct mailname const *n, struct stat const *st)
{
  uint64_t bytes = (uint64_t)st->st_size;

  return n->has_octets && (!n->has_size || n->size == bytes) &&
         n->octets >= bytes && n->octets - bytes <= bytes;
}

int maildrop_octets(struct maildrop *m, size_t i, uint64_t *octets)
{
  message *x = at(m, i);
  struct stat st;
  int fd;

  if (x->gone) return 0;
  if (!x->sized) {
    if (!look(m, i, &st)) {
      x->gone = errno == ENOENT;
      if (x->gone) return 0;
      st.st_size = 0;
    }
    x->octets = (uint64_t)st.st_size;
    if (believable(&x->name, &st)) {
      x->octets = x->name.octets;
    } else if ((fd = maildrop_read(m, i)) != -1) {
      uint64_t n;
      if (count_octets(fd, &n)) x->octets = n;
      close(fd);
    }
    if (x->gone) return 0;
    x->sized = 1;
  }
  *octets = x->octets;
  return 1;
}

size_t maildrop_total(struct maildrop *m, uint64_t *octets)
{
  size_t n = 0;

  *octets = 0;
  for (size_t i = 0; i < maildrop_count(m); i++) {
    uint64_t o;

    if (!maildrop_has(m, i) || !maildrop_octets(m, i, &o)) continue;
    *octets += o;
    n++;
  }
  return n;
}

static int remove_file(struct maildrop *m, size_t i)
{
  struct stat st;

  for (int tries = 0; tries < 2; tries++) {
    if (at(m, i)->gone) return 1;
    if (!unlinkat(m->fd, path_of(m, at(m, i)), 0)) return 1;
    if (errno != ENOENT) return 0;
    if (!look(m, i, &st)) return errno == ENOENT;
  }
  return 0;
}

/* To cur/, with the mark of a message that has flags and none is set, unless
   the name has flags already.  Never over another file. */
static void move_to_cur(struct maildrop const *m, message const *x)
{
  char const *name = name_of(m, x);
  char to[NAME_MAX + 8];
  size_t len = strlen(name);
  struct stat st;

  if (len > NAME_MAX) return;
  memcpy(to, "cur/", 4);
  memcpy(to + 4, name, len + 1);
  if (!name[x->name.unique]) strcpy(to + 4 + len, ":2,");
  if (fstatat(m->fd, to, &st, AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT)
    renameat(m->fd, path_of(m, x), m->fd, to);
}

size_t maildrop_commit(struct maildrop *m)
{
  size_t failed = 0;
  int e = 0;

  for (size_t i = 0; i < maildrop_count(m); i++) {
    message const *x = at(m, i);

    if (x->deleted) {
      if (remove_file(m, i)) continue;
      e = errno;
      failed++;
    } else if (!x->gone && is_new(m, x)) {
      move_to_cur(m, x);
    }
  }
  errno = e;
  return failed;
}
