#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <skalibs/types.h>

#include "store_dir.h"

#define SHARDS 256
#define SHARDS_LINK ".shards"
#define SHARDS_TARGET "256"
#define TEMP ".new."
#define TEMP_FMT (sizeof TEMP + 2 * UINT64_FMT + UINT_FMT)
#define TEMP_TRIES 16

static int fail(struct store_dir *d, char const *why, int e)
{
  d->why = why;
  errno = e;
  return 0;
}

static int fail_sys(struct store_dir *d)
{
  d->why = strerror(errno);
  return 0;
}

/* A directory that nobody but its owner and root can have written to. */
static int open_trusted(struct store_dir *d, int at, char const *name,
                        int access, struct stat *st)
{
  int fd = openat(at, name, access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0) return fail_sys(d), -1;
  if (fstat(fd, st) < 0) {
    fail_sys(d);
  } else if (st->st_mode & (S_IWGRP | S_IWOTH)) {
    fail(d, "group or others may write to it", EPERM);
  } else {
    return fd;
  }
  close(fd);
  return -1;
}

static int read_shards(struct store_dir *d)
{
  char s[sizeof SHARDS_TARGET];
  ssize_t n = readlinkat(d->fd, SHARDS_LINK, s, sizeof s);

  d->sharded = 0;
  if (n < 0) return errno == ENOENT ? 1 : fail_sys(d);
  if (n != sizeof s - 1 || memcmp(s, SHARDS_TARGET, (size_t)n))
    return fail(d, "unknown number in " SHARDS_LINK, EPROTO);
  d->sharded = 1;
  return 1;
}

int store_dir_open(struct store_dir *d, char const *path,
                   enum store_access access)
{
  struct stat st;

  d->fd = open_trusted(d, AT_FDCWD, path,
                       access == STORE_GET ? O_PATH : O_RDONLY, &st);
  if (d->fd < 0) return 0;
  d->owner = st.st_uid;
  if (read_shards(d)) return 1;
  store_dir_close(d);
  return 0;
}

void store_dir_close(struct store_dir *d)
{
  int e = errno;

  if (d->fd >= 0) close(d->fd);
  d->fd = -1;
  errno = e;
}

static void shard_name(char s[3], unsigned int i)
{
  static char const hex[] = "0123456789abcdef";

  s[0] = hex[i >> 4];
  s[1] = hex[i & 15];
  s[2] = 0;
}

/* FNV-1a, folded: the shards of a store must be the same for every version. */
static unsigned int shard_of(char const *key, size_t klen)
{
  uint32_t h = 2166136261u;

  for (size_t i = 0; i < klen; i++)
    h = (h ^ (unsigned char)key[i]) * 16777619u;
  h ^= h >> 16;
  return (h ^ h >> 8) % SHARDS;
}

/* The directory that holds a shard's links, or -1. */
static int open_shard(struct store_dir *d, unsigned int i, int access)
{
  char name[3];
  struct stat st;
  int fd;

  if (!d->sharded) return d->fd;
  shard_name(name, i);
  fd = open_trusted(d, d->fd, name, access, &st);
  if (fd >= 0 && st.st_uid && st.st_uid != d->owner) {
    close(fd);
    return fail(d, "a subdirectory has another owner", EPERM), -1;
  }
  return fd;
}

static void close_shard(struct store_dir *d, int fd)
{
  int e = errno;

  if (fd != d->fd) close(fd);
  errno = e;
}

/* flock(2) knows no deadline.  Locks are held for microseconds, so that a
   second try is rare. */
static int lock(struct store_dir *d, int fd, int how, unsigned int ms)
{
  struct timespec const pause = {.tv_nsec = 1000000};

  for (;;) {
    if (!flock(fd, how | LOCK_NB)) return 1;
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return fail_sys(d);
    if (!ms--) return fail(d, "locked by another process", EBUSY);
    nanosleep(&pause, 0);
  }
}

static void unlock(int fd)
{
  int e = errno;

  flock(fd, LOCK_UN);
  errno = e;
}

static int name_of(struct store_dir *d, char name[STORE_NAME_MAX + 1],
                   char const *key, size_t klen)
{
  size_t n;

  if (!klen) return fail(d, "empty key", EINVAL);
  if (!store_escape(name, STORE_NAME_MAX, &n, key, klen))
    return fail(d, "key too long", ENAMETOOLONG);
  name[n] = 0;
  return 1;
}

/* 1; 0 there is none; -1 with why: EPROTO if it is not a record. */
static int read_record(struct store_dir *d, int fd, char const *name,
                       struct store_record *r)
{
  char s[STORE_TARGET_MAX + 1];
  ssize_t n = readlinkat(fd, name, s, sizeof s);

  if (n < 0 && errno == ENOENT) return 0;
  if (n < 0 && errno != EINVAL) return fail_sys(d), -1;
  if (n < 0 || !store_record_scan(r, s, (size_t)n))
    return fail(d, "not a record", EPROTO), -1;
  return 1;
}

enum store_found store_dir_get(struct store_dir *d, char const *key,
                               size_t klen, struct store_record *r,
                               uint64_t *now)
{
  char name[STORE_NAME_MAX + 1];
  int fd, found;

  if (!name_of(d, name, key, klen)) return STORE_ERROR;
  fd = open_shard(d, shard_of(key, klen), O_PATH);
  if (fd < 0) return STORE_ERROR;
  found = read_record(d, fd, name, r);
  close_shard(d, fd);
  if (found < 0) return STORE_ERROR;
  if (!found) return STORE_NONE;
  /* asked before, it could be older than a record that has just been renewed */
  *now = store_now();
  return store_fresh(r, *now) ? STORE_FRESH : STORE_STALE;
}

/* Process and moment: a name that is taken belongs to a dead recorder, or to
   one in another container; the next moment gives another. */
static void temp_name(char s[TEMP_FMT])
{
  struct timespec ts = {0};
  size_t n = sizeof TEMP - 1;

  clock_gettime(CLOCK_REALTIME, &ts);
  memcpy(s, TEMP, n);
  n += uint64_fmt(s + n, (uint64_t)getpid());
  s[n++] = '.';
  n += uint64_fmt(s + n, (uint64_t)ts.tv_sec);
  s[n++] = '.';
  n += uint_fmt(s + n, (unsigned int)ts.tv_nsec);
  s[n] = 0;
}

static int replace(struct store_dir *d, int fd, char const *name,
                   char const *target)
{
  char temp[TEMP_FMT];

  for (unsigned int tries = 0;; tries++) {
    temp_name(temp);
    if (!symlinkat(target, fd, temp)) break;
    if (errno != EEXIST || tries == TEMP_TRIES) return fail_sys(d);
  }
  if (!renameat(fd, temp, fd, name)) return 1;
  fail_sys(d);
  unlinkat(fd, temp, 0);
  return 0;
}

int store_dir_put(struct store_dir *d, char const *key, size_t klen,
                  struct store_record const *r)
{
  char name[STORE_NAME_MAX + 1], target[STORE_TARGET_MAX + 1];
  int fd, done = 0;

  if (!name_of(d, name, key, klen)) return 0;
  if (!store_record_fmt(target, r))
    return fail(d, "time to live or payload out of bounds", EINVAL);
  fd = open_shard(d, shard_of(key, klen), O_RDONLY);
  if (fd < 0) return 0;
  if (lock(d, fd, LOCK_SH, STORE_RECORD_MS)) {
    done = replace(d, fd, name, target);
    unlock(fd);
  }
  close_shard(d, fd);
  return done;
}

/* With the lock held.  What is no record makes room, as it does in a put. */
static int change_name(struct store_dir *d, int fd, char const *name,
                       store_change_by *change, void *data)
{
  char target[STORE_TARGET_MAX + 1];
  struct store_record r = {.set = 0};
  enum store_found found = STORE_NONE;
  int there = read_record(d, fd, name, &r);
  uint64_t now = store_now();

  if (there < 0 && errno != EPROTO) return 0;
  if (there > 0) found = store_fresh(&r, now) ? STORE_FRESH : STORE_STALE;
  switch (change(found, &r, now, data)) {
  case STORE_KEEP: return 1;
  case STORE_REMOVE:
    return !unlinkat(fd, name, 0) || errno == ENOENT || fail_sys(d);
  case STORE_SET: break;
  }
  if (!store_record_fmt(target, &r))
    return fail(d, "time to live or payload out of bounds", EINVAL);
  return replace(d, fd, name, target);
}

int store_dir_change(struct store_dir *d, char const *key, size_t klen,
                     store_change_by *change, void *data)
{
  char name[STORE_NAME_MAX + 1];
  int fd, done = 0;

  if (!name_of(d, name, key, klen)) return 0;
  fd = open_shard(d, shard_of(key, klen), O_RDONLY);
  if (fd < 0) return 0;
  if (lock(d, fd, LOCK_EX, STORE_REMOVE_MS)) {
    done = change_name(d, fd, name, change, data);
    unlock(fd);
  }
  close_shard(d, fd);
  return done;
}

/* Fill in e from the link of that name; 0 if it has gone, -1 with why.  What is
   no record gets no record, and is none the less something. */
static int read_entry(struct store_dir *d, int fd, char const *name,
                      struct store_entry *e, struct store_record *r)
{
  int found = read_record(d, fd, name, r);

  if (!found) return 0;
  if (found < 0 && errno != EPROTO) return -1;
  e->name = name;
  e->record = found > 0 ? r : 0;
  if (!store_unescape(e->key, sizeof e->key, &e->klen, name, strlen(name))) {
    e->klen = 0;
    e->record = 0;
  }
  return 1;
}

/* The second look and the unlink: 1 removed, 0 not there or not doomed. */
static int remove_name(struct store_dir *d, int fd, char const *name,
                       store_visit *doomed, void *data)
{
  struct store_entry e;
  struct store_record r;
  int found;

  if (!lock(d, fd, LOCK_EX, STORE_REMOVE_MS)) return -1;
  found = read_entry(d, fd, name, &e, &r);
  if (found > 0) found = doomed(&e, data);
  if (found > 0 && unlinkat(fd, name, 0) < 0) {
    fail_sys(d);
    found = errno == ENOENT ? 0 : -1;
  }
  unlock(fd);
  return found;
}

int store_dir_remove(struct store_dir *d, char const *key, size_t klen,
                     store_visit *doomed, void *data)
{
  char name[STORE_NAME_MAX + 1];
  int fd, found;

  if (!name_of(d, name, key, klen)) return -1;
  fd = open_shard(d, shard_of(key, klen), O_RDONLY);
  if (fd < 0) return -1;
  found = remove_name(d, fd, name, doomed, data);
  close_shard(d, fd);
  return found;
}

typedef int name_visit(struct store_dir *d, int fd, char const *name,
                       void *data);

/* Every name of one directory, until visit says 0 or less. */
static int walk_names(struct store_dir *d, int fd, name_visit *visit,
                      void *data)
{
  int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = own < 0 ? 0 : fdopendir(own);
  struct dirent *e;
  int r = 1;

  if (!dir) {
    fail_sys(d);
    if (own >= 0) close(own);
    return -1;
  }
  while (r > 0) {
    errno = 0;
    e = readdir(dir);
    if (!e) {
      r = errno ? -1 : 1;
      if (errno) fail_sys(d);
      break;
    }
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
    r = visit(d, fd, e->d_name, data);
  }
  closedir(dir);
  return r;
}

struct each {
  store_visit *visit;
  void *data;
};

static int each_name(struct store_dir *d, int fd, char const *name, void *data)
{
  struct each *x = data;
  struct store_entry e;
  struct store_record r;
  int found;

  if (name[0] == '.') return 1;
  found = read_entry(d, fd, name, &e, &r);
  if (found < 0) return -1;
  return !found || x->visit(&e, x->data) ? 1 : 0;
}

int store_dir_each(struct store_dir *d, store_visit *visit, void *data)
{
  struct each x = {visit, data};
  int r = 1;

  for (unsigned int i = 0; r > 0 && i < (d->sharded ? SHARDS : 1); i++) {
    int fd = open_shard(d, i, O_RDONLY);

    if (fd < 0) return 0;
    r = walk_names(d, fd, each_name, &x);
    close_shard(d, fd);
  }
  return r >= 0;
}

static int is_dead(struct store_entry const *e, void *data)
{
  (void)data;
  return e->record && !store_fresh(e->record, store_now());
}

static int remove_temp(struct store_dir *d, int fd, char const *name)
{
  int r = 1;

  if (!lock(d, fd, LOCK_EX, STORE_REMOVE_MS)) return -1;
  if (unlinkat(fd, name, 0) < 0) {
    fail_sys(d);
    r = errno == ENOENT ? 0 : -1;
  }
  unlock(fd);
  return r;
}

/* The first look costs no lock, and nearly all that it sees is alive. */
static int remove_dead(struct store_dir *d, int fd, char const *name,
                       struct store_count *count)
{
  struct store_entry e;
  struct store_record r;
  int found = read_entry(d, fd, name, &e, &r);

  if (found <= 0) return found;
  if (!e.record && !count->alien++)
    memcpy(count->first, name, strlen(name) + 1);
  return is_dead(&e, 0) ? remove_name(d, fd, name, is_dead, 0) : 0;
}

static int clean_name(struct store_dir *d, int fd, char const *name, void *data)
{
  struct store_count *count = data;
  int r;

  if (!strcmp(name, SHARDS_LINK)) return 1;
  r = strncmp(name, TEMP, sizeof TEMP - 1) ? remove_dead(d, fd, name, count)
                                           : remove_temp(d, fd, name);
  if (r > 0) count->removed++;
  return r < 0 ? -1 : 1;
}

int store_dir_clean(struct store_dir *d, struct store_count *count)
{
  int good = 1;

  memset(count, 0, sizeof *count);
  for (unsigned int i = 0; i < (d->sharded ? SHARDS : 1); i++) {
    int fd = open_shard(d, i, O_RDONLY);

    if (fd < 0 || walk_names(d, fd, clean_name, count) < 0) good = 0;
    if (fd >= 0) close_shard(d, fd);
  }
  return good;
}

/* Sharding a directory that holds records would hide them. */
static int only_shards(struct store_dir *d, int fd, char const *name,
                       void *data)
{
  static char const hex[] = "0123456789abcdef";

  (void)fd;
  (void)data;
  if (!strcmp(name, SHARDS_LINK)) return 1;
  if (strlen(name) == 2 && strspn(name, hex) == 2) return 1;
  return fail(d, "it is not empty", ENOTEMPTY), -1;
}

static int make_directory(struct store_dir *d, int at, char const *name)
{
  if (mkdirat(at, name, STORE_MODE) < 0)
    return errno == EEXIST ? 1 : fail_sys(d);
  return fchmodat(at, name, STORE_MODE, 0) < 0 ? fail_sys(d) : 1;
}

static int make_shards(struct store_dir *d)
{
  char name[3];

  if (walk_names(d, d->fd, only_shards, 0) < 0) return 0;
  for (unsigned int i = 0; i < SHARDS; i++) {
    shard_name(name, i);
    if (!make_directory(d, d->fd, name)) return 0;
  }
  if (symlinkat(SHARDS_TARGET, d->fd, SHARDS_LINK) < 0 && errno != EEXIST)
    return fail_sys(d);
  d->sharded = 1;
  return 1;
}

int store_dir_make(struct store_dir *d, char const *path, int sharded)
{
  int good;

  if (!make_directory(d, AT_FDCWD, path)) return 0;
  if (!store_dir_open(d, path, STORE_ALL)) return 0;
  if (d->sharded && !sharded)
    good = fail(d, "it is divided into 256 already", EEXIST);
  else
    good = !sharded || make_shards(d);
  store_dir_close(d);
  return good;
}
