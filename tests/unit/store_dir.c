/* Unit test of src/lib/store_dir.c: in the directory where it runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "store_dir.h"
#include "unit.h"

static struct store_dir d;

static struct store_record record(uint64_t set, uint32_t ttl, char const *s)
{
  struct store_record r = {.set = set, .ttl = ttl, .len = strlen(s)};
  memcpy(r.payload, s, r.len);
  return r;
}

static int put(char const *key, uint64_t set, uint32_t ttl, char const *s)
{
  struct store_record r = record(set, ttl, s);
  return store_dir_put(&d, key, strlen(key), &r);
}

static enum store_found get(char const *key)
{
  struct store_record r;
  uint64_t now;
  return store_dir_get(&d, key, strlen(key), &r, &now);
}

static int is_link(char const *path, char const *want)
{
  char s[256];
  ssize_t n = readlink(path, s, sizeof s);
  return n == (ssize_t)strlen(want) && !memcmp(s, want, (size_t)n);
}

static int exists(char const *path)
{
  struct stat st;
  return !lstat(path, &st);
}

static int count_one(struct store_entry const *e, void *data)
{
  size_t *n = data;
  n[e->record ? 0 : 1]++;
  return 1;
}

static int always(struct store_entry const *e, void *data)
{
  (void)e;
  (void)data;
  return 1;
}

static int never(struct store_entry const *e, void *data)
{
  (void)e;
  (void)data;
  return 0;
}

static int stop(struct store_entry const *e, void *data)
{
  (void)e;
  ++*(int *)data;
  return 0;
}

static void test_records(char const *path)
{
  struct store_record r;
  uint64_t start = store_now(), now;
  size_t n[2] = {0, 0};
  int once = 0;

  ok(store_dir_open(&d, path, STORE_ALL), "opened");
  ok(get("a") == STORE_NONE, "no record");
  ok(put("a", start - 900, 900, "x") && get("a") == STORE_STALE, "expired");
  ok(put("a", start + 900, 900, "x") && get("a") == STORE_STALE,
     "from the future: stale");
  ok(put("a", start, 1800, "x") && get("a") == STORE_FRESH,
     "fresh from the first second");
  ok(put("a", start - 900, 1800, "y"), "replaced");
  ok(store_dir_get(&d, "a", 1, &r, &now) == STORE_FRESH &&
         r.set == start - 900 && r.ttl == 1800 && r.len == 1 &&
         r.payload[0] == 'y' && now >= start && now <= store_now(),
     "by all of the new");
  ok(put("../b", 1, 1, "z") && put("00", 1, 1, "z"), "odd keys");
  ok(get("../b") == STORE_STALE && !exists("b"), "stay inside");
  ok(!put("c", 1, 0, "z") && errno == EINVAL, "no time to live: refused");
  ok(!put("", 1, 1, "z") && errno == EINVAL, "empty key: refused");
  {
    char big[STORE_NAME_MAX + 1];
    memset(big, 'k', sizeof big);
    r = record(1, 1, "z");
    ok(store_dir_put(&d, big, sizeof big - 1, &r), "the longest key");
    ok(store_dir_get(&d, big, sizeof big - 1, &r, &now) == STORE_STALE,
       "is found");
    ok(!store_dir_put(&d, big, sizeof big, &r) && errno == ENAMETOOLONG,
       "one byte more: refused");
    ok(store_dir_remove(&d, big, sizeof big - 1, always, 0) == 1, "removed");
    ok(store_dir_remove(&d, big, sizeof big - 1, always, 0) == 0,
       "nothing to remove");
  }
  ok(store_dir_remove(&d, "a", 1, never, 0) == 0 && get("a") == STORE_FRESH,
     "not doomed: not removed");
  ok(store_dir_each(&d, count_one, n) && n[0] == 3 && !n[1], "three records");
  ok(store_dir_each(&d, stop, &once) && once == 1, "a visit may stop");
  store_dir_close(&d);
}

static void test_shards(void)
{
  ok(exists("many/00") && exists("many/ff") && is_link("many/.shards", "256"),
     "256 directories");
  ok(!exists("many/a"), "and no record beside them");
  ok(exists("many/ed/a"), "a key keeps its place");
  rename("many/ed", "many/gone");
  ok(store_dir_open(&d, "many", STORE_GET), "(open)");
  ok(get("a") == STORE_ERROR && errno == ENOENT,
     "a shard that is missing is an error, not a missing record");
  mkdir("many/ed", 0755);
  chmod("many/ed", 0775);
  ok(get("a") == STORE_ERROR && errno == EPERM,
     "a shard that others may write to is an error");
  rmdir("many/ed");
  symlink("gone", "many/ed");
  ok(get("a") == STORE_ERROR, "a shard that is a link is an error");
  unlink("many/ed");
  rename("many/gone", "many/ed");
  ok(get("a") == STORE_FRESH, "(mended)");
  store_dir_close(&d);
  unlink("many/.shards");
  symlink("512", "many/.shards");
  ok(!store_dir_open(&d, "many", STORE_GET) && errno == EPROTO,
     "an unknown number of shards is refused");
}

/* What a change is shown, and what it answers. */
struct seen {
  enum store_change answer;
  int calls;
  enum store_found found;
  struct store_record r;
  struct store_record set;
};

static enum store_change see(enum store_found found, struct store_record *r,
                             uint64_t now, void *data)
{
  struct seen *x = data;

  x->calls++;
  x->found = now ? found : STORE_ERROR;
  x->r = *r;
  *r = x->set;
  return x->answer;
}

static int change(char const *key, enum store_change answer, uint64_t set,
                  uint32_t ttl, char const *s, struct seen *x)
{
  *x = (struct seen){.answer = answer, .set = record(set, ttl, s)};
  return store_dir_change(&d, key, strlen(key), see, x) && x->calls == 1;
}

static void test_change(char const *path)
{
  uint64_t now = store_now();
  struct seen x;

  store_dir_open(&d, path, STORE_ALL);
  ok(change("n", STORE_KEEP, 1, 1, "1", &x) && x.found == STORE_NONE &&
         get("n") == STORE_NONE,
     "nothing there, nothing made");
  ok(change("n", STORE_REMOVE, 1, 1, "1", &x) && x.found == STORE_NONE,
     "nothing there, nothing removed");
  ok(change("n", STORE_SET, now, 900, "1", &x) && get("n") == STORE_FRESH,
     "made");
  ok(change("n", STORE_SET, now - 900, 900, "2", &x) &&
         x.found == STORE_FRESH && x.r.set == now && x.r.ttl == 900 &&
         x.r.len == 1 && x.r.payload[0] == '1' && get("n") == STORE_STALE,
     "changed by what it was");
  ok(change("n", STORE_KEEP, now, 900, "3", &x) && x.found == STORE_STALE &&
         x.r.payload[0] == '2' && get("n") == STORE_STALE,
     "left as it was");
  ok(!change("n", STORE_SET, now, 0, "3", &x) && errno == EINVAL &&
         get("n") == STORE_STALE,
     "what is no record is not set");
  ok(change("n", STORE_REMOVE, now, 900, "3", &x) && get("n") == STORE_NONE,
     "removed");
  x.calls = 0;
  ok(!store_dir_change(&d, "", 0, see, &x) && errno == EINVAL && !x.calls,
     "an empty key");
  store_dir_close(&d);
}

static void test_damage(void)
{
  size_t n[2] = {0, 0};

  store_dir_open(&d, "flat", STORE_ALL);
  symlink("3:1:1:x", "flat/damaged");
  symlink("1:1:1:x", "flat/not*a*key");
  close(open("flat/file", O_CREAT | O_WRONLY, 0600));
  mkdir("flat/directory", 0700);
  ok(get("damaged") == STORE_ERROR && errno == EPROTO &&
         !strcmp(d.why, "not a record"),
     "damaged: an error");
  ok(get("file") == STORE_ERROR && errno == EPROTO, "a file: the same");
  ok(get("directory") == STORE_ERROR && errno == EPROTO, "a directory too");
  ok(store_dir_each(&d, count_one, n) && n[0] == 3 && n[1] == 4,
     "each visits them as no records");
  ok(put("damaged", 1, 1, "x") && get("damaged") == STORE_STALE,
     "a new record mends it");
  ok(!put("directory", 1, 1, "x"), "but not a directory");
  {
    struct seen x;
    unlink("flat/damaged");
    symlink("3:1:1:x", "flat/damaged");
    ok(change("damaged", STORE_SET, 1, 1, "x", &x) && x.found == STORE_NONE &&
           get("damaged") == STORE_STALE,
       "a change mends it too");
  }
  store_dir_close(&d);
}

static void test_clean(void)
{
  struct store_count count;
  uint64_t now = store_now();

  store_dir_open(&d, "flat", STORE_ALL);
  put("live", now, 900, "x");
  put("last-second", now - 800, 900, "x");
  put("dead", now - 900, 900, "x");
  put("future", now + 900, 900, "x");
  symlink("1:1:1:x", "flat/.new.1.2.3");
  symlink("1:1:1:x", "flat/.other");
  ok(store_dir_clean(&d, &count), "cleaned");
  ok(count.removed == 6, "six removed"); /* ../b 00 damaged too */
  ok(count.alien == 4 && count.first[0], "four left alone");
  ok(get("live") == STORE_FRESH && get("last-second") == STORE_FRESH,
     "what lives, lives");
  ok(get("dead") == STORE_NONE && get("future") == STORE_NONE,
     "the dead and the unborn are gone");
  ok(!exists("flat/.new.1.2.3") && exists("flat/.other"),
     "our temporary link is gone, nobody else's");
  ok(store_dir_clean(&d, &count) && !count.removed, "again: nothing to do");
  store_dir_close(&d);
}

static void test_locks(void)
{
  struct store_count count;
  int fd = open("flat", O_RDONLY | O_DIRECTORY);
  struct seen x;

  store_dir_open(&d, "flat", STORE_ALL);
  flock(fd, LOCK_EX);
  ok(!put("a", 1, 1, "x") && errno == EBUSY, "a stuck cleaner: not recorded");
  ok(get("live") == STORE_FRESH, "but read");
  ok(!change("a", STORE_SET, 1, 1, "x", &x) && !x.calls && errno == EBUSY,
     "and not changed");
  flock(fd, LOCK_SH);
  ok(!change("a", STORE_SET, 1, 1, "x", &x) && !x.calls && errno == EBUSY,
     "nor while another records");
  ok(put("a", 1, 1, "x"), "another recorder is no hindrance");
  ok(!store_dir_clean(&d, &count) && errno == EBUSY,
     "a stuck recorder: not cleaned");
  ok(get("a") == STORE_STALE, "nothing was removed");
  close(fd);
  ok(store_dir_clean(&d, &count), "released: cleaned");
  store_dir_close(&d);
}

static void test_trust(void)
{
  static struct {
    mode_t mode;
    int want;
  } const modes[] = {{0700, 1}, {0711, 1},  {0755, 1}, {0750, 1}, {0770, 0},
                     {0777, 0}, {01777, 0}, {0702, 0}, {0720, 0}};

  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    chmod("flat", modes[i].mode);
    ok(store_dir_open(&d, "flat", STORE_GET) == modes[i].want &&
           (modes[i].want || errno == EPERM),
       "trusted by its mode, or not");
    if (modes[i].want) store_dir_close(&d);
  }
  chmod("flat", 0711);
  symlink("flat", "alias");
  ok(!store_dir_open(&d, "alias", STORE_GET), "a link is not followed");
  ok(!store_dir_open(&d, "flat/file", STORE_GET) && errno == ENOTDIR,
     "a file is no store");
  ok(!store_dir_open(&d, "absent", STORE_GET) && errno == ENOENT &&
         !strcmp(d.why, "No such file or directory"),
     "no store is an error");
}

static void test_make(void)
{
  struct stat st;

  umask(077);
  ok(store_dir_make(&d, "flat", 0) && !stat("flat", &st) &&
         (st.st_mode & 07777) == STORE_MODE,
     "made, whatever the umask");
  ok(store_dir_make(&d, "flat", 0), "again: nothing to do");
  ok(store_dir_make(&d, "many", 1), "made with shards");
  ok(store_dir_make(&d, "many", 1), "again: nothing to do");
  ok(!store_dir_make(&d, "many", 0), "but not without");
  test_records("flat");
  ok(!store_dir_make(&d, "flat", 1) && errno == ENOTEMPTY,
     "what holds records is not divided");
}

int main(void)
{
  test_make();
  test_records("many");
  test_change("many");
  test_shards();
  test_change("flat");
  test_damage();
  test_clean();
  test_locks();
  test_trust();
  return done();
}
