/*
 * store - keys with a time to live, for all state that expires.
 *
 * A store is named by a word:
 *   a path            a directory of symbolic links: store_dir.h
 *   redis://...       reserved; refused by this version
 *
 * Expiry is decided when a record is read (store_fresh), never by the cleaner,
 * which only saves room.  That there is no record and that the store cannot
 * be read are different answers.  Whoever grants something on a record grants
 * nothing on STORE_ERROR, and logs it with store_why.
 *
 * Keys are 1 byte or more, any bytes; escaped (store_escape) they have at most
 * STORE_NAME_MAX.  Functions that fail return 0 (or what is said) and set errno
 * and store_why.
 */
#ifndef POSTERN_STORE_H
#define POSTERN_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "store_dir.h"
#include "store_record.h"

/* A local variable; its members are private. */
struct store {
  struct store_dir dir;
};

/* Make it, if it does not exist; sharded: for very many keys.  An existing one
   must be of that kind, or empty.  The store is not opened. */
extern int store_make(struct store *s, char const *word, int sharded);

/* If it fails, only store_why may be called. */
extern int store_open(struct store *s, char const *word,
                      enum store_access access);
extern void store_close(struct store *s);

/* Why the last call failed, for a message. */
extern char const *store_why(struct store const *s);

/* Look a key up.  *r, and *now, the time by which it was judged, are filled in
   for STALE and FRESH; errno is EPROTO for an ERROR that means: what stands
   there is no record. */
extern enum store_found store_get(struct store *s, char const *key, size_t klen,
                                  struct store_record *r, uint64_t *now);

/* Set a key, whatever it had.  When it returns 1, every reader sees it. */
extern int store_put(struct store *s, char const *key, size_t klen,
                     struct store_record const *r);

/* Change a key by what it has, or make it: change is called once, with what
   stands there, and nothing can change between its answer and what is done.
   It must not call the store.  1, even if nothing was to be done. */
extern int store_change(struct store *s, char const *key, size_t klen,
                        store_change_by *change, void *data);

/* Call visit for every entry, in no order, alive or not, until it returns 0;
   visit may put and remove.  A record that comes or goes meanwhile may be
   missed. */
extern int store_each(struct store *s, store_visit *visit, void *data);

/* Remove a key if doomed, called with what stands there at that moment, returns
   1; nothing can change between the answer and the removal.  1 removed, 0 not
   there or not doomed, -1 failed. */
extern int store_remove(struct store *s, char const *key, size_t klen,
                        store_visit *doomed, void *data);

/* Remove all that is stale, and what killed recorders left.  What is not a
   record is left where it is, and counted. */
extern int store_clean(struct store *s, struct store_count *count);

#endif
