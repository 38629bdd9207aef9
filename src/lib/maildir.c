#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/types.h>

#include "maildir.h"

static char const *const subdirs[] = {"tmp", "new", "cur"};

static size_t fmt_host(char *s, char const *host)
{
  size_t n = 0;

  for (size_t i = 0; host[i] && i < MAILDIR_HOST_MAX; i++) {
    if (host[i] == '/' || host[i] == ':') {
      memcpy(s + n, host[i] == '/' ? "\\057" : "\\072", 4);
      n += 4;
    } else {
      s[n++] = host[i];
    }
  }
  s[n] = 0;
  return n;
}

size_t maildir_name(char s[MAILDIR_NAME_FMT], struct timespec const *now,
                    pid_t pid, unsigned int sequence, char const *host)
{
  size_t n = uint64_fmt(s, (uint64_t)now->tv_sec);

  s[n++] = '.';
  s[n++] = 'M';
  /* padded: names of one second sort by age, as their readers do */
  uint320_fmt(s + n, (uint32_t)(now->tv_nsec / 1000), 6);
  n += 6;
  s[n++] = 'P';
  n += uint64_fmt(s + n, (uint64_t)pid);
  s[n++] = 'Q';
  n += uint_fmt(s + n, sequence);
  s[n++] = '.';
  return n + fmt_host(s + n, host);
}

/* dir/sub/name, or dir/sub if name is empty. */
static int make_path(char path[MAILDIR_PATH_MAX], char const *dir,
                     char const *sub, char const *name)
{
  size_t dlen = strlen(dir), nlen = strlen(name);
  char *p = path;

  if (dlen + nlen + 6 > MAILDIR_PATH_MAX) {
    errno = ENAMETOOLONG;
    return 0;
  }
  memcpy(p, dir, dlen);
  p += dlen;
  *p++ = '/';
  memcpy(p, sub, 3);
  p += 3;
  if (nlen) *p++ = '/';
  memcpy(p, name, nlen + 1);
  return 1;
}

int maildir_check(char const *dir)
{
  uid_t me = geteuid();

  for (size_t i = 0; i < 3; i++) {
    char path[MAILDIR_PATH_MAX];
    struct stat st;

    if (!make_path(path, dir, subdirs[i], "")) return 0;
    if (stat(path, &st) < 0) return 0;
    if (S_ISDIR(st.st_mode) && st.st_uid == me) continue;
    errno = S_ISDIR(st.st_mode) ? EPERM : ENOTDIR;
    return 0;
  }
  return 1;
}

static int sync_dir(char const *path)
{
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r, e;

  if (fd < 0) return 0;
  r = !fsync(fd);
  e = errno;
  close(fd);
  errno = e;
  return r;
}

/* The directory that holds dir; the working directory if it has no slash. */
static int sync_parent(char const *dir)
{
  char path[MAILDIR_PATH_MAX] = ".";
  size_t n = strlen(dir);

  while (n > 1 && dir[n - 1] == '/')
    n--;
  while (n && dir[n - 1] != '/')
    n--;
  if (n >= sizeof path) {
    errno = ENAMETOOLONG;
    return 0;
  }
  if (n) {
    memcpy(path, dir, n);
    path[n] = 0;
  }
  return sync_dir(path);
}

int maildir_make(char const *dir)
{
  if (mkdir(dir, 0700) < 0 && errno != EEXIST) return 0;
  for (size_t i = 0; i < 3; i++) {
    char path[MAILDIR_PATH_MAX];

    if (!make_path(path, dir, subdirs[i], "")) return 0;
    if (mkdir(path, 0700) < 0 && errno != EEXIST) return 0;
  }
  return sync_dir(dir) && sync_parent(dir);
}

int maildir_begin(struct maildir_message *m, char const *dir, char const *name)
{
  char path[MAILDIR_PATH_MAX];

  *m = (struct maildir_message){dir, name, -1, MAILDIR_NOWHERE};
  if (!make_path(path, dir, "tmp", name)) return 0;
  m->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (m->fd < 0) return 0;
  m->where = MAILDIR_TMP;
  return 1;
}

int maildir_keep(struct maildir_message *m)
{
  int fd = m->fd;

  if (fsync(fd) < 0) return 0;
  m->fd = -1;
  return !close(fd);
}

int maildir_publish(struct maildir_message *m)
{
  char from[MAILDIR_PATH_MAX], to[MAILDIR_PATH_MAX];

  if (!make_path(from, m->dir, "tmp", m->name)) return 0;
  if (!make_path(to, m->dir, "new", m->name)) return 0;
  if (rename(from, to) < 0) return 0;
  m->where = MAILDIR_NEW;
  return 1;
}

int maildir_sync(char const *dir)
{
  char path[MAILDIR_PATH_MAX];

  return make_path(path, dir, "new", "") && sync_dir(path);
}

void maildir_undo(struct maildir_message *m)
{
  char path[MAILDIR_PATH_MAX];

  if (m->fd >= 0) close(m->fd);
  m->fd = -1;
  if (m->where == MAILDIR_NOWHERE) return;
  if (make_path(path, m->dir, m->where == MAILDIR_TMP ? "tmp" : "new", m->name))
    unlink(path);
  m->where = MAILDIR_NOWHERE;
}
