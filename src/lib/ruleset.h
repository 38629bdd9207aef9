/*
 * ruleset - the rule file, kept as a private copy that is always whole.
 *
 * The copy is replaced when the file has become another one (device, inode,
 * size, time of change) and is sound to its last byte.  A file that is missing,
 * unreadable or damaged changes nothing: the last good copy goes on deciding.
 */
#ifndef POSTERN_RULESET_H
#define POSTERN_RULESET_H

#include <stdint.h>
#include <sys/stat.h>

#include "cdbmap.h"

enum ruleset_state {
  RULESET_NONE,     /* no rules were asked for, or -X and no file: allow */
  RULESET_GOOD,     /* map is to be asked */
  RULESET_UNUSABLE, /* there never was a good copy; error says why */
};

enum ruleset_news {
  RULESET_SAME,
  RULESET_NEW,    /* another copy is in force */
  RULESET_FAILED, /* it could not be read; error; told once for each cause */
};

struct ruleset {
  char const *path;
  int may_be_missing; /* -X */
  enum ruleset_state state;
  int error;
  cdbmap map;
  struct stat seen; /* the file that was last tried; st_ino 0: none */
  uint64_t checked; /* when, in nanoseconds */
};

/* path may be 0: no rules.  Does not read yet. */
extern void ruleset_init(struct ruleset *rs, char const *path,
                         int may_be_missing);

/* Look at the file, unless that was done less than a second before now; with
   again, in any case, and read it even if it looks the same. */
extern enum ruleset_news ruleset_refresh(struct ruleset *rs, uint64_t now,
                                         int again);
extern void ruleset_free(struct ruleset *rs);

#endif
