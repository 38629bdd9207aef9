#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replace.h"

static int set_owner(int fd, char const *path, mode_t mode, mode_t most)
{
  struct stat old;

  if (stat(path, &old) < 0) return errno == ENOENT && !fchmod(fd, mode);
  if (!S_ISREG(old.st_mode)) {
    errno = EINVAL;
    return 0;
  }
  if ((old.st_uid != geteuid() || old.st_gid != getegid()) &&
      fchown(fd, old.st_uid, old.st_gid) < 0)
    return 0;
  return !fchmod(fd, old.st_mode & most);
}

int replace_start(struct replace *r, char const *path, mode_t mode, mode_t most)
{
  *r = (struct replace){.path = path, .fd = -1};
  if (!stralloc_copys(&r->tmp, path) ||
      !stralloc_catb(&r->tmp, ".XXXXXX", sizeof ".XXXXXX"))
    return 0;
  r->fd = mkostemp(r->tmp.s, O_CLOEXEC);
  if (r->fd < 0) {
    stralloc_free(&r->tmp);
    return 0;
  }
  if (set_owner(r->fd, path, mode, most)) return 1;
  replace_cancel(r);
  return 0;
}

int replace_sync(struct replace *r)
{
  int fd = r->fd, good;

  if (fd < 0) return 1;
  r->fd = -1;
  good = !fsync(fd);
  return !close(fd) && good;
}

static int sync_directory(char const *path)
{
  char const *slash = strrchr(path, '/');
  stralloc dir = STRALLOC_ZERO;
  int fd = -1, good = 0;

  if ((slash ? stralloc_copyb(&dir, path, (size_t)(slash - path) + 1)
             : stralloc_copys(&dir, ".")) &&
      stralloc_0(&dir))
    fd = open(dir.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    good = !fsync(fd);
    close(fd);
  }
  stralloc_free(&dir);
  return good;
}

int replace_commit(struct replace *r)
{
  if (!replace_sync(r) || rename(r->tmp.s, r->path) < 0) return 0;
  stralloc_free(&r->tmp);
  return sync_directory(r->path);
}

void replace_cancel(struct replace *r)
{
  int e = errno;

  if (r->fd >= 0) close(r->fd);
  r->fd = -1;
  if (r->tmp.s) unlink(r->tmp.s);
  stralloc_free(&r->tmp);
  errno = e;
}
