/*
 * replace - a file replaced whole, or left as it was.
 *
 * The new one is written beside the old and renamed over it; both the file and
 * its directory are synced, so that after a crash there is one or the other.
 */
#ifndef POSTERN_REPLACE_H
#define POSTERN_REPLACE_H

#include <sys/stat.h>

#include <skalibs/stralloc.h>

/* Zero-initialise. */
struct replace {
  char const *path; /* the caller's */
  stralloc tmp;
  int fd; /* write here; may seek */
};

/*
 * Begin.  The new file has the owner and the group of the old one, if there is
 * one, and those bits of its mode that are in most; else mode.  path is not
 * copied.  1, or 0 with errno.
 */
extern int replace_start(struct replace *r, char const *path, mode_t mode,
                         mode_t most);

/* Sync what was written; the last thing that can fail for lack of space. */
extern int replace_sync(struct replace *r);

/* Put it in place; 0 with errno.  Calls replace_sync if it was not called. */
extern int replace_commit(struct replace *r);

/* Forget it, with the new file; keeps errno.  Harmless after replace_commit. */
extern void replace_cancel(struct replace *r);

#endif
