/*
 * store_dir - a store (store.h) that is a directory of symbolic links, one per
 * key.  It belongs on tmpfs.
 *
 * The target of a link is the whole record (store_record.h).  It is read with
 * one readlink(2) and replaced with symlink(2) under a name of the store's own
 * and rename(2), so that a reader sees the old record or the new one, and kill
 * -9 at any moment leaves no damage: at worst a link .new.*, which the next
 * cleaning removes.  Nothing ever follows a link.
 *
 * A directory may hold 256 subdirectories 00 to ff instead of the links, chosen
 * by a hash of the key.  The link .shards, with the target 256, says so.
 *
 * Trust.  Whoever may write to the directory may grant anything: a directory
 * (or subdirectory) that group or others may write to is refused, and so is a
 * subdirectory of another owner than the directory's or root.  Nobody but these
 * two can then have made a link, so that no record's owner need be asked for.
 * The directory's name is not followed if it is itself a symbolic link.
 *
 * Cleaner and recorder.  Both lock the directory that holds the link, with
 * flock(2), which the kernel releases when a process dies:
 *   - a recorder holds the lock shared from before symlink until after rename;
 *   - who removes holds it exclusively, for one name: reads the record again,
 *     asks the clock again, unlinks;
 *   - who changes a record by what it was (a counter) holds it exclusively
 *     from before the reading until after rename.
 * So no record can appear between the second look and the unlink: what is
 * removed is what was seen to be dead.  Seen from an exclusive lock a .new.*
 * belongs to nobody who lives.  Recorders do not wait for each other, and
 * readers wait for nobody.  Nobody waits without end: after STORE_RECORD_MS a
 * recorder reports that it could not record, after STORE_REMOVE_MS a cleaner
 * that it could not clean, and a counter that it could not count.  A process
 * stopped while it holds the lock thus stops no login; and since expiry is
 * decided on reading, it prolongs nothing.
 *
 * Not for NFS, where flock means something else.
 */
#ifndef POSTERN_STORE_DIR_H
#define POSTERN_STORE_DIR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "store_record.h"

#define STORE_RECORD_MS 100
#define STORE_REMOVE_MS 1000
#define STORE_MODE 0711 /* of a new directory: known keys can be looked up */

struct store_dir {
  int fd;
  int sharded;
  uid_t owner;
  char const *why; /* why the last call failed; never null after a failure */
};

/* What is said of these in store.h, at the names without _dir, holds. */

enum store_access {
  STORE_GET, /* look keys up: needs x on the directory */
  STORE_ALL, /* whatever the kernel lets us do: needs r and x, w to change */
};

enum store_found { STORE_ERROR = -1, STORE_NONE, STORE_STALE, STORE_FRESH };

struct store_entry {
  char const *name; /* as ls shows it, NUL-terminated */
  size_t klen;
  struct store_record const *record; /* 0: this is not a record */
  char key[STORE_NAME_MAX];
};

typedef int store_visit(struct store_entry const *e, void *data);

enum store_change { STORE_KEEP, STORE_SET, STORE_REMOVE };

/* r is what stands there (found is STALE or FRESH) or may be filled in; now is
   the time by which it was judged.  The answer says what becomes of it. */
typedef enum store_change store_change_by(enum store_found found,
                                          struct store_record *r, uint64_t now,
                                          void *data);

struct store_count {
  size_t removed;
  size_t alien; /* entries that are neither records nor the store's own */
  char first[STORE_NAME_MAX + 1]; /* the first of those, or empty */
};

extern int store_dir_make(struct store_dir *d, char const *path, int sharded);
extern int store_dir_open(struct store_dir *d, char const *path,
                          enum store_access access);
extern void store_dir_close(struct store_dir *d);
extern enum store_found store_dir_get(struct store_dir *d, char const *key,
                                      size_t klen, struct store_record *r,
                                      uint64_t *now);
extern int store_dir_put(struct store_dir *d, char const *key, size_t klen,
                         struct store_record const *r);
extern int store_dir_change(struct store_dir *d, char const *key, size_t klen,
                            store_change_by *change, void *data);
extern int store_dir_each(struct store_dir *d, store_visit *visit, void *data);
extern int store_dir_remove(struct store_dir *d, char const *key, size_t klen,
                            store_visit *doomed, void *data);
extern int store_dir_clean(struct store_dir *d, struct store_count *count);

#endif
