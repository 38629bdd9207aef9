#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ruleset.h"
#include "whole.h"

#define SECOND UINT64_C(1000000000)

void ruleset_init(struct ruleset *rs, char const *path, int may_be_missing)
{
  memset(rs, 0, sizeof *rs);
  rs->path = path;
  rs->may_be_missing = may_be_missing;
  rs->state = path ? RULESET_UNUSABLE : RULESET_NONE;
}

/* 1, or 0 with errno.  A file that is written to while it is read is no good,
   even if what was read is sound. */
static int load(struct ruleset *rs, cdbmap *fresh)
{
  int fd = open(rs->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat after;
  int e = 0;

  if (fd < 0) return 0;
  if (fstat(fd, &rs->seen) < 0)
    e = errno;
  else if (!S_ISREG(rs->seen.st_mode))
    e = EINVAL;
  else if (!cdbmap_load(fresh, fd))
    e = errno;
  else if (fstat(fd, &after) < 0 || !whole_same(&rs->seen, &after)) {
    cdbmap_close(fresh);
    rs->seen.st_ino = 0;
    e = EAGAIN;
  }
  close(fd);
  errno = e;
  return !e;
}

static enum ruleset_news failed(struct ruleset *rs, int e)
{
  int known = rs->error == e;

  if (e == ENOENT && rs->may_be_missing && rs->state != RULESET_GOOD) {
    rs->state = RULESET_NONE;
    return RULESET_SAME;
  }
  if (rs->state == RULESET_NONE) rs->state = RULESET_UNUSABLE;
  rs->error = e;
  return known ? RULESET_SAME : RULESET_FAILED;
}

enum ruleset_news ruleset_refresh(struct ruleset *rs, uint64_t now, int again)
{
  cdbmap fresh = CDBMAP_ZERO;
  struct stat st;

  if (!rs->path) return RULESET_SAME;
  if (!again && rs->checked && now - rs->checked < SECOND) return RULESET_SAME;
  rs->checked = now;
  if (again) rs->error = 0;
  if (stat(rs->path, &st) < 0) {
    rs->seen.st_ino = 0;
    return failed(rs, errno);
  }
  if (!again && rs->seen.st_ino && whole_same(&st, &rs->seen))
    return RULESET_SAME;
  if (!load(rs, &fresh)) {
    int e = errno;
    if (e != EPROTO) rs->seen.st_ino = 0; /* it may get better by itself */
    return failed(rs, e);
  }
  cdbmap_close(&rs->map);
  rs->map = fresh;
  rs->state = RULESET_GOOD;
  rs->error = 0;
  return RULESET_NEW;
}

void ruleset_free(struct ruleset *rs) { cdbmap_close(&rs->map); }
