#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "cdbmap.h"
#include "standing.h"
#include "users.h"
#include "whole.h"

/* 1, 0, -1 with errno: as users_find. */
static int find(int fd, char const *user, int *disabled)
{
  cdbmap m = CDBMAP_ZERO;
  stralloc sa = STRALLOC_ZERO;
  struct user u;
  int r, e;

  if (!cdbmap_open_fd(&m, fd)) return -1;
  r = users_find(&m, user, strlen(user), &sa, &u);
  e = errno;
  if (r > 0) *disabled = u.disabled;
  stralloc_free(&sa);
  cdbmap_close(&m);
  errno = e;
  return r;
}

static enum standing_now read_again(struct standing *st, int fd,
                                    char const *user)
{
  struct stat now;
  int disabled = 0, r;

  if (fstat(fd, &now) < 0) return STANDING_UNKNOWN;
  r = find(fd, user, &disabled);
  if (r < 0) return STANDING_UNKNOWN;
  if (disabled || (!r && st->known)) return STANDING_LOST;
  st->known = r;
  st->seen = now;
  return STANDING_GOOD;
}

enum standing_now standing_look(struct standing *st, char const *path,
                                char const *user)
{
  enum standing_now r;
  struct stat now;
  int fd, e;

  if (st->seen.st_ino && !stat(path, &now) && whole_same(&now, &st->seen))
    return STANDING_GOOD;
  fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return STANDING_UNKNOWN;
  r = read_again(st, fd, user);
  e = errno;
  close(fd);
  errno = e;
  return r;
}
