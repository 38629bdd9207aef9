/*
 * postern-tcprules: compile rules into a constant database, all or nothing.
 *
 * reads   the source on descriptor 0, or the file of -f
 * writes  rules.cdb, through a new file beside rules.tmp; with -f also
 *         rules.cdb.lines, which says which line each rule comes from
 * exits   0 done; 100 wrong usage, or a line is bad; 111 temporary
 *
 * Run as tcprules it is tcprules 0.88: no options, its grammar, its messages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/genalloc.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cdbmap.h"
#include "rulefile.h"
#include "rulesource.h"
#include "text.h"

#define USAGE "postern-tcprules [ -0 ] [ -f source ] rules.cdb rules.tmp"
#define USAGE_088 "tcprules rules.cdb rules.tmp"

#define CHUNK 65536
#define SHOWN 100 /* bytes of a bad line in its message */

struct job {
  char const *source; /* of -f, or 0 */
  char const *cdb;
  char const *tmp;
  int exact;     /* as 0.88 */
  stralloc made; /* the temporary file's name, while it exists */
  cdbmap_make *mk;
  uint64_t sum; /* rulesource_sum of the records */
  struct stat st;
};

static void abandon(struct job *j)
{
  int e = errno;

  if (j->made.len) unlink(j->made.s);
  errno = e;
}

static _Noreturn void die_write(struct job *j)
{
  abandon(j);
  if (errno == EFBIG)
    strerr_dief(100, "unable to write to ", j->tmp,
                ": the rules are too many for one file");
  strerr_diefusys(111, "write to ", j->tmp);
}

static void nomem(int good)
{
  if (!good) strerr_diefusys(111, "compile");
}

/* A new file near name; its own name goes to made. */
static int create(stralloc *made, char const *name)
{
  static char const suffix[] = {'.', 'X', 'X', 'X', 'X', 'X', 'X', 0};
  mode_t mask = umask(0);
  int fd = -1;

  umask(mask);
  made->len = 0;
  if (!stralloc_cats(made, name) || !stralloc_catb(made, suffix, sizeof suffix))
    return -1;
  fd = mkostemp(made->s, O_CLOEXEC);
  if (fd < 0) made->len = 0;
  if (fd >= 0) fchmod(fd, 0644 & ~mask);
  return fd;
}

/* --- compile --- */

static int add(void *arg, char const *key, size_t klen, char const *data,
               size_t dlen)
{
  struct job *j = arg;

  if (j->source) j->sum = rulesource_sum(j->sum, key, klen, data, dlen);
  return cdbmap_make_add(j->mk, key, klen, data, dlen);
}

static _Noreturn void die_read(struct job *j)
{
  abandon(j);
  strerr_diefusys(errno == EFBIG ? 100 : 111, "read ",
                  j->source ? j->source : "input");
}

static _Noreturn void die_parse(struct job *j, char const *s, size_t n)
{
  stralloc line = STRALLOC_ZERO;

  abandon(j);
  while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
    n--;
  nomem(stralloc_catb(&line, s, n) && stralloc_0(&line));
  strerr_diefu(100, "parse this line: ", line.s);
}

static void take(struct job *j, rulefile *f, char const *s, size_t n)
{
  int r = j->exact ? rulefile_exact(f, s, n) : rulefile_line(f, s, n);

  if (r < 0) die_parse(j, s, n);
  if (!r) die_write(j);
}

/* Take the complete lines of buf; what is left of it moves to its begin.  The
   first seen bytes hold no newline. */
static void take_lines(struct job *j, rulefile *f, stralloc *buf, size_t seen)
{
  char const *s = buf->s, *end = buf->s + buf->len, *nl;

  for (; (nl = memchr(s + seen, '\n', (size_t)(end - s) - seen)); s = nl + 1) {
    take(j, f, s, (size_t)(nl - s));
    seen = 0;
  }
  buf->len = (size_t)(end - s);
  memmove(buf->s, s, buf->len);
}

static void compile(struct job *j, rulefile *f)
{
  int fd = j->source ? open(j->source, O_RDONLY | O_CLOEXEC) : 0;
  stralloc buf = STRALLOC_ZERO;
  size_t total = 0;
  ssize_t n;

  if (fd < 0) die_read(j);
  do {
    size_t seen = buf.len;

    if (!stralloc_readyplus(&buf, CHUNK)) die_read(j);
    n = fd_read(fd, buf.s + seen, CHUNK);
    total += n > 0 ? (size_t)n : 0;
    if (total > RULEFILE_MAX) errno = EFBIG;
    if (n < 0 || total > RULEFILE_MAX) die_read(j);
    buf.len += (size_t)n;
    take_lines(j, f, &buf, seen);
  } while (n);
  if (buf.len) take(j, f, buf.s, buf.len);
  if (j->source) close(fd);
  stralloc_free(&buf);
}

static void tell(char const *name, char const *text,
                 struct rulefile_problem const *p)
{
  char line[UINT32_FMT], other[UINT32_FMT + 1] = " ", shown[SHOWN + 1];

  line[uint32_fmt(line, p->line)] = 0;
  other[p->other ? 1 + uint32_fmt(other + 1, p->other) : 0] = 0;
  shown[text_escape(shown, SHOWN, text, p->len)] = 0;
  strerr_warn(PROG, p->fatal ? ": error: " : ": warning: ", name, ":", line,
              ": ", p->why, other, ": ", shown);
}

/* Say what is wrong, all of it; then go on only if nothing is bad. */
static void judge(struct job *j, rulefile *f)
{
  char const *name = j->source ? j->source : "stdin";
  struct rulefile_problem const *p;
  char bad[UINT_FMT];

  if (!rulefile_end(f)) die_write(j);
  p = genalloc_s(struct rulefile_problem, &f->problems);
  for (size_t i = 0; i < genalloc_len(struct rulefile_problem, &f->problems);
       i++)
    tell(name, f->text.s + p[i].text, p + i);
  if (f->fatal) {
    abandon(j);
    bad[uint_fmt(bad, f->fatal)] = 0;
    strerr_dief(100, name, " has ", bad, " bad line", f->fatal == 1 ? "" : "s",
                ", ", j->cdb, " is left as it was");
  }
  if (!rulefile_finish(f)) die_write(j);
}

/* --- put in place --- */

static void sync_directory(char const *path)
{
  stralloc dir = STRALLOC_ZERO;
  char const *slash = strrchr(path, '/');
  int fd;

  nomem(slash ? stralloc_catb(&dir, path, (size_t)(slash - path) + 1)
              : stralloc_cats(&dir, "."));
  nomem(stralloc_0(&dir));
  fd = open(dir.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) < 0) strerr_warnwusys("sync ", dir.s);
  if (fd >= 0) close(fd);
  stralloc_free(&dir);
}

static void install(struct job *j, int fd)
{
  if (!cdbmap_make_finish(j->mk) || fsync(fd) < 0 || fstat(fd, &j->st) < 0 ||
      close(fd) < 0)
    die_write(j);
  cdbmap_make_free(j->mk);
  if (rename(j->made.s, j->cdb) < 0) {
    abandon(j);
    strerr_diefusys(111, "move ", j->tmp, " to ", j->cdb);
  }
  stralloc_free(&j->made);
}

/* --- the table of lines --- */

static int put_table(struct job *j, rulefile const *f, int fd)
{
  stralloc sa = STRALLOC_ZERO;
  int good = rulesource_start(&sa, &j->st, j->sum, j->source);
  char const *key;
  size_t klen, pos = 0;
  uint32_t line;

  while (good && rulefile_next(f, &pos, &line, &key, &klen))
    good = rulesource_add(&sa, line, key, klen);
  good = good && allwrite(fd, sa.s, sa.len) == sa.len && fsync(fd) == 0;
  stralloc_free(&sa);
  return good;
}

/* The rules are in force already: what goes wrong here is a warning. */
static void write_table(struct job *j, rulefile const *f, char const *name)
{
  stralloc made = STRALLOC_ZERO;
  int fd = create(&made, name);

  if (fd < 0 || !put_table(j, f, fd) || rename(made.s, name) < 0) {
    strerr_warnwusys("write ", name);
    if (fd >= 0) unlink(made.s);
    unlink(name);
  }
  if (fd >= 0) close(fd);
  stralloc_free(&made);
}

/* A table of an earlier compilation would not be believed; it goes. */
static void lines(struct job *j, rulefile const *f)
{
  stralloc name = STRALLOC_ZERO;

  nomem(stralloc_cats(&name, j->cdb) &&
        stralloc_catb(&name, RULESOURCE_SUFFIX, sizeof RULESOURCE_SUFFIX));
  if (j->source && !j->exact)
    write_table(j, f, name.s);
  else if (unlink(name.s) < 0 && errno != ENOENT)
    strerr_warnwusys("remove ", name.s);
  stralloc_free(&name);
}

static void run(struct job *j)
{
  rulefile f;
  int fd;

  rulefile_init(&f, add, j);
  fd = create(&j->made, j->tmp);
  if (fd < 0) strerr_diefusys(111, "create ", j->tmp);
  j->mk = cdbmap_make_start(fd);
  if (!j->mk) die_write(j);
  compile(j, &f);
  if (!j->exact) judge(j, &f);
  install(j, fd);
  lines(j, &f);
  sync_directory(j->cdb);
  rulefile_free(&f);
}

static int options(struct job *j, int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "0f:", &l);
    if (opt == -1) return l.ind;
    switch (opt) {
    case '0': j->exact = 1; break;
    case 'f': j->source = l.arg; break;
    default: strerr_dieusage(100, USAGE);
    }
  }
}

int main(int argc, char const *const *argv)
{
  struct job j = {.sum = RULESOURCE_SUM};
  char const *slash = argc ? strrchr(argv[0], '/') : 0;
  int as_088, first = 1;

  PROG = slash ? slash + 1 : argc ? argv[0] : "postern-tcprules";
  as_088 = j.exact = !strcmp(PROG, "tcprules");
  if (!as_088) first = options(&j, argc, argv);
  if (argc < first + 2 || (!as_088 && argc > first + 2))
    strerr_dieusage(100, as_088 ? USAGE_088 : USAGE);
  j.cdb = argv[first];
  j.tmp = argv[first + 1];
  run(&j);
  return 0;
}
