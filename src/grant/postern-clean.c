/*
 * postern-clean: remove from stores what has expired; with -r and -x compile
 * rules and the live grants into a CDB for a plain tcpserver.  For cron.
 *
 * reads   the stores; rules, the source
 * writes  the stores; rules.cdb, through rules.cdb.tmp, under rules.cdb.lock;
 *         says nothing, unless something is wrong
 * exits   0 done; 100 wrong usage, or a line of rules is bad; 111 a store could
 *         not be cleaned or read, or rules.cdb not written
 *
 * Nothing depends on the cleaning but room: expiry is decided when a record is
 * read.  A CDB knows no expiry: with -r the grants end when this runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <skalibs/genalloc.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cdbmap.h"
#include "grant.h"
#include "overlay.h"
#include "rulefile.h"
#include "store.h"
#include "text.h"
#include "whole.h"

#define USAGE "postern-clean [ -r rules -x rules.cdb ] store..."
#define dieusage() strerr_dieusage(100, USAGE)

#define LOCK_TRIES 100 /* a tenth of a second apart */
#define SHOWN 100      /* bytes of a bad line in its message */

/* --- clean --- */

static void warn_alien(char const *word, struct store_count const *count)
{
  char n[SIZE_FMT], first[4 * STORE_NAME_MAX + 1];

  n[size_fmt(n, count->alien)] = 0;
  first[text_escape(first, sizeof first - 1, count->first,
                    strlen(count->first))] = 0;
  strerr_warnw("entries of ", word, " that are not records: ", n,
               ", the first of them ", first);
}

static int clean(char const *word)
{
  struct store_count count;
  struct store s;
  int good;

  if (!store_open(&s, word, STORE_ALL)) {
    strerr_warnwu("open ", word, ": ", store_why(&s));
    return 0;
  }
  good = store_clean(&s, &count);
  if (!good) strerr_warnwu("clean ", word, ": ", store_why(&s));
  if (count.alien) warn_alien(word, &count);
  store_close(&s);
  return good;
}

/* --- the static rules --- */

static int add_record(void *arg, char const *key, size_t klen, char const *data,
                      size_t dlen)
{
  return cdbmap_make_add(arg, key, klen, data, dlen);
}

static void tell(char const *rules, rulefile const *f,
                 struct rulefile_problem const *p)
{
  char line[UINT32_FMT], shown[SHOWN + 1];

  if (!p->fatal) return;
  line[uint32_fmt(line, p->line)] = 0;
  shown[text_escape(shown, SHOWN, f->text.s + p->text, p->len)] = 0;
  strerr_warn(PROG, ": error: ", rules, ":", line, ": ", p->why, ": ", shown);
}

static void judge(char const *rules, char const *cdb, rulefile const *f)
{
  struct rulefile_problem const *p =
      genalloc_s(struct rulefile_problem, &f->problems);

  for (size_t i = 0; i < genalloc_len(struct rulefile_problem, &f->problems);
       i++)
    tell(rules, f, p + i);
  if (f->fatal)
    strerr_dief(100, rules, " has bad lines, ", cdb, " is left as it was");
}

/* Compiled in memory. */
static void load_rules(cdbmap *m, char const *rules, char const *cdb)
{
  int in = open(rules, O_RDONLY | O_CLOEXEC);
  int mem = memfd_create("rules", MFD_CLOEXEC);
  cdbmap_make *mk = mem < 0 ? 0 : cdbmap_make_start(mem);
  stralloc text = STRALLOC_ZERO;
  rulefile f;

  if (in < 0 || !whole_read(in, &text, RULEFILE_MAX))
    strerr_diefusys(111, "read ", rules);
  if (!mk) strerr_diefusys(111, "compile ", rules);
  rulefile_init(&f, add_record, mk);
  if (!rulefile_compile(&f, text.s, text.len))
    strerr_diefusys(111, "compile ", rules);
  judge(rules, cdb, &f);
  if (!rulefile_finish(&f) || !cdbmap_make_finish(mk) ||
      lseek(mem, 0, SEEK_SET) < 0 || !cdbmap_load(m, mem))
    strerr_diefusys(111, "compile ", rules);
  cdbmap_make_free(mk);
  rulefile_free(&f);
  stralloc_free(&text);
  close(in);
  close(mem);
}

/* --- the grants --- */

static int collect_one(struct store_entry const *e, void *data)
{
  genalloc *all = data;
  struct grant g;

  if (!grant_from(&g, e) || !grant_left(&g, g.ttl, store_now())) return 1;
  if (!genalloc_append(struct grant, all, &g))
    strerr_diefusys(111, "collect the grants");
  return 1;
}

/* A store that cannot be read grants nothing. */
static int collect(genalloc *all, char const *word)
{
  struct store s;
  int good;

  if (!store_open(&s, word, STORE_ALL)) return 0; /* clean has said why */
  good = store_each(&s, collect_one, all);
  if (!good) strerr_warnwu("read ", word, ": ", store_why(&s));
  store_close(&s);
  return good;
}

/* One order for one set of grants, so that the same rules make the same file;
   of several grants for an address the youngest comes first. */
static int by_address(void const *x, void const *y)
{
  struct grant const *a = x, *b = y;
  int r = ip46_is6(&a->ip) - ip46_is6(&b->ip);

  if (!r) r = memcmp(a->ip.ip, b->ip.ip, addr_bits(&a->ip) / 8);
  if (!r) r = (a->set < b->set) - (a->set > b->set);
  return r ? r : strcmp(a->user, b->user);
}

static int put_grants(cdbmap_make *mk, cdbmap const *rules, genalloc *all)
{
  struct grant *g = genalloc_s(struct grant, all);
  size_t n = genalloc_len(struct grant, all);
  stralloc data = STRALLOC_ZERO;
  char key[GRANT_KEY_MAX];
  int good = 1;

  if (n) qsort(g, n, sizeof *g, by_address);
  for (size_t i = 0; good && i < n; i++) {
    if (i && addr_equal(&g[i].ip, &g[i - 1].ip)) continue;
    switch (overlay_rule(rules, g + i, &data)) {
    case OVERLAY_FAILED: good = 0; break;
    case OVERLAY_NONE: break;
    case OVERLAY_RULE:
      good = cdbmap_make_add(mk, key, grant_key(key, &g[i].ip, g[i].bits),
                             data.s, data.len);
      break;
    }
  }
  stralloc_free(&data);
  return good;
}

static int put_rules(cdbmap_make *mk, cdbmap const *rules)
{
  uint32_t pos = 0;
  char const *key, *data;
  size_t klen, dlen;
  int r;

  while ((r = cdbmap_next(rules, &pos, &key, &klen, &data, &dlen)) > 0)
    if (!cdbmap_make_add(mk, key, klen, data, dlen)) return 0;
  return !r;
}

/* --- the CDB --- */

static void name(stralloc *sa, char const *cdb, char const *suffix)
{
  if (!stralloc_copys(sa, cdb) || !stralloc_cats(sa, suffix) || !stralloc_0(sa))
    strerr_diefusys(111, "make a name");
}

/* Of two that run at once the later must see the grants later. */
static void lock(char const *cdb)
{
  struct timespec const pause = {.tv_nsec = 100000000};
  stralloc sa = STRALLOC_ZERO;
  int fd;

  name(&sa, cdb, ".lock");
  fd = open(sa.s, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) strerr_diefusys(111, "open ", sa.s);
  for (unsigned int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
    if (errno != EWOULDBLOCK || i == LOCK_TRIES)
      strerr_diefusys(111, "lock ", sa.s);
    nanosleep(&pause, 0);
  }
  stralloc_free(&sa); /* the lock lasts as long as the process */
}

static int is_same(int fd, char const *path)
{
  int old = open(path, O_RDONLY | O_CLOEXEC);
  struct stat a, b;
  void *x = MAP_FAILED, *y = MAP_FAILED;
  size_t n;
  int same = 0;

  if (old < 0) return 0;
  if (!fstat(fd, &a) && !fstat(old, &b) && a.st_size == b.st_size) {
    n = (size_t)a.st_size; /* a CDB is never empty */
    x = mmap(0, n, PROT_READ, MAP_PRIVATE, fd, 0);
    y = mmap(0, n, PROT_READ, MAP_PRIVATE, old, 0);
    same = x != MAP_FAILED && y != MAP_FAILED && !memcmp(x, y, n);
    if (x != MAP_FAILED) munmap(x, n);
    if (y != MAP_FAILED) munmap(y, n);
  }
  close(old);
  return same;
}

static int create(char const *tmp, char const *cdb)
{
  struct stat st;
  mode_t mode = stat(cdb, &st) < 0 ? 0644 : st.st_mode & 0777;
  int fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0 || fchmod(fd, mode) < 0) strerr_diefusys(111, "create ", tmp);
  return fd;
}

/* What has not changed is not replaced: who watches the file need not read it
   again. */
static void write_cdb(char const *cdb, cdbmap const *rules, genalloc *all)
{
  stralloc tmp = STRALLOC_ZERO;
  cdbmap_make *mk;
  int fd;

  name(&tmp, cdb, ".tmp");
  fd = create(tmp.s, cdb);
  mk = cdbmap_make_start(fd);
  if (!mk || !put_rules(mk, rules) || !put_grants(mk, rules, all) ||
      !cdbmap_make_finish(mk))
    strerr_diefusys(111, "write ", tmp.s);
  cdbmap_make_free(mk);
  if (is_same(fd, cdb)) {
    if (unlink(tmp.s) < 0) strerr_diefusys(111, "remove ", tmp.s);
  } else if (fsync(fd) < 0 || rename(tmp.s, cdb) < 0) {
    strerr_diefusys(111, "move ", tmp.s, " to ", cdb);
  }
  close(fd);
  stralloc_free(&tmp);
}

static int rebuild(char const *source, char const *cdb,
                   char const *const *words)
{
  cdbmap rules = CDBMAP_ZERO;
  genalloc all = GENALLOC_ZERO; /* struct grant */
  stralloc hidden = STRALLOC_ZERO;
  int good = 1, hides;

  lock(cdb);
  load_rules(&rules, source, cdb);
  hides = overlay_hides(&rules, &hidden);
  if (hides < 0) strerr_diefusys(111, "compile ", source);
  if (hides)
    strerr_warnw(source, " denies by name (", hidden.s,
                 "), which a grant's rule would hide: no grant gets one");
  for (; !hides && *words; words++)
    good &= collect(&all, *words);
  write_cdb(cdb, &rules, &all);
  genalloc_free(struct grant, &all);
  stralloc_free(&hidden);
  cdbmap_close(&rules);
  return good;
}

int main(int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;
  char const *rules = 0, *cdb = 0;
  int good = 1;

  PROG = "postern-clean";
  for (;;) {
    int opt = subgetopt_r(argc, argv, "r:x:", &l);
    if (opt == -1) break;
    switch (opt) {
    case 'r': rules = l.arg; break;
    case 'x': cdb = l.arg; break;
    default: dieusage();
    }
  }
  argv += l.ind;
  if (!*argv || !rules != !cdb) dieusage();
  for (char const *const *word = argv; *word; word++)
    good &= clean(*word);
  if (cdb) good &= rebuild(rules, cdb, argv);
  return good ? 0 : 111;
}
