/* Unit test of src/lib/store.c: which word is which store. */
#include <errno.h>
#include <string.h>

#include "store.h"
#include "unit.h"

static int remove_it(struct store_entry const *e, void *data)
{
  (void)data;
  return e->klen == 1 && e->key[0] == 'k' && !strcmp(e->name, "k");
}

static int count_one(struct store_entry const *e, void *data)
{
  (void)e;
  ++*(int *)data;
  return 1;
}

static enum store_change older(enum store_found found, struct store_record *r,
                               uint64_t now, void *data)
{
  (void)now;
  *(enum store_found *)data = found;
  r->set = 2;
  return STORE_SET;
}

int main(void)
{
  struct store_record r = {.set = 1, .ttl = 1, .len = 1, .payload = "x"};
  struct store_count count;
  struct store s;
  enum store_found found;
  uint64_t now;
  int n = 0;

  ok(!store_open(&s, "redis://localhost/0", STORE_GET) && errno == ENOSYS &&
         strstr(store_why(&s), "redis://"),
     "redis:// is refused, and named");
  ok(!store_make(&s, "redis://localhost/0", 0), "and not made");
  ok(store_make(&s, "d", 0) && store_open(&s, "d", STORE_ALL), "a directory");
  ok(store_put(&s, "k", 1, &r), "put");
  ok(store_get(&s, "k", 1, &r, &now) == STORE_STALE, "get");
  ok(store_change(&s, "k", 1, older, &found) && found == STORE_STALE &&
         store_get(&s, "k", 1, &r, &now) == STORE_STALE && r.set == 2,
     "change");
  ok(store_each(&s, count_one, &n) && n == 1, "each");
  ok(store_remove(&s, "k", 1, remove_it, 0) == 1, "remove");
  ok(store_put(&s, "k", 1, &r) && store_clean(&s, &count) && count.removed == 1,
     "clean");
  store_close(&s);
  return done();
}
