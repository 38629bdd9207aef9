#include <errno.h>
#include <string.h>

#include "store.h"

/* The only place that knows the kinds of stores by their words. */
static int is_known(struct store *s, char const *word)
{
  if (strncmp(word, "redis://", 8)) return 1;
  s->dir.why = "this version knows no redis:// stores, only directories";
  errno = ENOSYS;
  return 0;
}

int store_make(struct store *s, char const *word, int sharded)
{
  return is_known(s, word) && store_dir_make(&s->dir, word, sharded);
}

int store_open(struct store *s, char const *word, enum store_access access)
{
  return is_known(s, word) && store_dir_open(&s->dir, word, access);
}

void store_close(struct store *s) { store_dir_close(&s->dir); }

char const *store_why(struct store const *s) { return s->dir.why; }

enum store_found store_get(struct store *s, char const *key, size_t klen,
                           struct store_record *r, uint64_t *now)
{
  return store_dir_get(&s->dir, key, klen, r, now);
}

int store_put(struct store *s, char const *key, size_t klen,
              struct store_record const *r)
{
  return store_dir_put(&s->dir, key, klen, r);
}

int store_change(struct store *s, char const *key, size_t klen,
                 store_change_by *change, void *data)
{
  return store_dir_change(&s->dir, key, klen, change, data);
}

int store_each(struct store *s, store_visit *visit, void *data)
{
  return store_dir_each(&s->dir, visit, data);
}

int store_remove(struct store *s, char const *key, size_t klen,
                 store_visit *doomed, void *data)
{
  return store_dir_remove(&s->dir, key, klen, doomed, data);
}

int store_clean(struct store *s, struct store_count *count)
{
  return store_dir_clean(&s->dir, count);
}
