/*
 * postern-doctor: is this installation sound?
 *
 * reads   a home's run lines, and what they name: files, stores, services,
 *         certificates; asks checkers a password that nobody has; with -n the
 *         DNS
 * writes  what is wrong, where, and what to do about it, to stdout
 * exits   0 nothing was found; 1 something was; 100 wrong usage; 111 something
 *         could not be looked at, which is a finding itself
 *
 * It changes nothing.  Here is what looks; what is judged is exam's business.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "checker.h"
#include "control.h"
#include "crowd.h"
#include "domains.h"
#include "estate.h"
#include "exam.h"
#include "examcrowd.h"
#include "examrules.h"
#include "examusers.h"
#include "finding.h"
#include "gateway.h"
#include "look.h"
#include "mailbox.h"
#include "mx.h"
#include "rulefile.h"
#include "settings.h"
#include "store.h"
#include "text.h"
#include "users.h"
#include "whole.h"

#define USAGE                                                                  \
  "postern-doctor [ -jn ] [ -x rules.cdb ] [ -r rules ] [ -C control ] "       \
  "[ -u users.cdb ] [ -U mailboxes.cdb ] [ -A aliases ] [ -T key ] "           \
  "[ -G store ] [ -c certificates ] [ -s scandir ] [ -R run ] [ home ]"
#define dieusage() strerr_dieusage(100, USAGE)

#define CHECKER_SECONDS 20
#define DNS_SECONDS 20
#define PROGRAM_SECONDS 20
#define SERVICES_MAX 256
#define TOKEN_KEY_MIN 32 /* bytes: what postern-authd and others refuse */
#define FILE_MAX 67108864
#define PATH_DEFAULT "/command:/usr/local/bin:/usr/bin:/bin"

struct doctor {
  struct findings f;
  struct estate e;
  struct exam_gate gate;
  stralloc cwd;
  char const *home; /* absolute, or 0 */
  char const *scan; /* what s6-svscan looks after, or 0 */
  uid_t owner;
  int json;
  int dns;
  stralloc certs;     /* what postern-certs said */
  stralloc rcpthosts; /* as control_list makes it */
};

static void nomem(int good)
{
  if (!good) strerr_diefu1sys(111, "allocate memory");
}

/* Lives as long as the program: places point to it. */
static char *join(char const *a, char const *b, char const *c)
{
  stralloc sa = STRALLOC_ZERO;

  nomem(stralloc_cats(&sa, a) && stralloc_cats(&sa, b) &&
        stralloc_cats(&sa, c) && stralloc_0(&sa));
  return sa.s;
}

static struct place file(char const *path) { return (struct place){path, 0}; }

static void unseen(struct doctor *d, char const *path, int error)
{
  finding_unseen(&d->f, file(path), strerror(error));
}

/* What is no file, as a FIFO, would keep us for ever.  0 with errno. */
static int read_file(char const *path, stralloc *sa, size_t max)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), good = 0, e;
  struct stat st;

  if (fd < 0) return 0;
  if (!fstat(fd, &st)) {
    good = S_ISREG(st.st_mode);
    errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
  }
  good = good && whole_read(fd, sa, max);
  e = errno;
  close(fd);
  errno = e;
  return good;
}

/* --- run lines --- */

static void read_run(struct doctor *d, char const *path, char const *dir)
{
  struct runline *r = calloc(1, sizeof *r);
  stralloc sa = STRALLOC_ZERO;

  nomem(r != 0);
  if (read_file(path, &sa, RUNLINE_MAX) && runline_parse(r, sa.s, sa.len, 1)) {
    nomem(estate_read(&d->e, r, dir, path, &d->f));
  } else {
    if (errno != ENOENT) unseen(d, path, errno);
    runline_free(r);
    free(r);
  }
  stralloc_free(&sa);
}

static int is_file(char const *path)
{
  struct stat st;

  return !stat(path, &st);
}

static int by_bytes(void const *a, void const *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in dir, sorted, at most max; those with a dot before are none. */
static size_t list(struct doctor *d, char const *dir, char **name, size_t max)
{
  DIR *dp = opendir(dir);
  struct dirent *x;
  size_t n = 0;

  if (!dp) {
    unseen(d, dir, errno);
    return 0;
  }
  while (n < max && (x = readdir(dp)))
    if (*x->d_name != '.') name[n++] = join(dir, "/", x->d_name);
  closedir(dp);
  qsort(name, n, sizeof *name, by_bytes);
  return n;
}

static void read_home(struct doctor *d)
{
  char *service[SERVICES_MAX];
  size_t n;

  d->scan = join(d->home, "/service", "");
  n = list(d, d->scan, service, SERVICES_MAX);
  for (size_t i = 0; i < n; i++)
    read_run(d, join(service[i], "/run", ""), service[i]);
  read_run(d, join(d->home, "/cron", ""), d->home);
}

/* --- who faces the network --- */

static void add_uid(struct exam_gate *g, uid_t uid)
{
  if (g->nuid < EXAM_GATES) g->uid[g->nuid++] = uid;
}

static void add_gid(struct exam_gate *g, gid_t gid)
{
  if (g->ngid < EXAM_GATES) g->gid[g->ngid++] = gid;
}

static void find_gates(struct doctor *d)
{
  struct thing const *t;
  size_t pos = 0;
  uint32_t u;

  while ((t = estate_next(&d->e, THING_GATE, &pos))) {
    struct passwd const *pw = getpwnam(t->path);

    if (uint320_scan(t->path, &u))
      add_uid(&d->gate, u);
    else if (pw) {
      add_uid(&d->gate, pw->pw_uid);
      add_gid(&d->gate, pw->pw_gid);
    } else
      finding_unseen(&d->f, t->said, "there is no such user");
  }
  for (pos = 0; (t = estate_next(&d->e, THING_GATES, &pos));) {
    struct group const *gr = getgrnam(t->path);

    if (uint320_scan(t->path, &u))
      add_gid(&d->gate, u);
    else if (gr)
      add_gid(&d->gate, gr->gr_gid);
    else
      finding_unseen(&d->f, t->said, "there is no such group");
  }
}

/* --- files --- */

/* The source beside X.cdb is X; 0 if it is not there. */
static char const *source_of(char const *cdb)
{
  size_t n = strlen(cdb);
  char *s;

  if (n < 5 || strcmp(cdb + n - 4, ".cdb")) return 0;
  s = join(cdb, "", "");
  s[n - 4] = 0;
  return is_file(s) ? s : 0;
}

static int is_below(char const *path, char const *dir)
{
  size_t n = strlen(dir);

  return !strncmp(path, dir, n) && path[n] == '/';
}

static int ends(char const *path, char const *with)
{
  size_t n = strlen(path), k = strlen(with);

  return n >= k && !strcmp(path + n - k, with);
}

/* Below a directory of certificates: what holds a key. */
static int is_key(char const *path, char const *dir)
{
  char const *rest = path + strlen(dir) + 1;

  return ends(path, strchr(rest, '/') ? "/privkey.pem" : ".pem");
}

static enum exam_role role_by(struct thing const *t, char const *path)
{
  int same = !strcmp(path, t->path);
  char const *source;

  switch (t->kind) {
  case THING_TOKEN: return same ? ROLE_SECRET : ROLE_OTHER;
  case THING_USERS:
    source = source_of(t->path);
    return same || (source && !strcmp(source, path)) ? ROLE_SECRET : ROLE_OTHER;
  case THING_STORE: return same ? ROLE_STORE : ROLE_OTHER;
  case THING_CERTS:
    return is_below(path, t->path) && is_key(path, t->path) ? ROLE_SECRET
           : same                                           ? ROLE_SAY
                                                            : ROLE_OTHER;
  case THING_RULES:
    source = source_of(t->path);
    return same || (source && !strcmp(source, path)) ? ROLE_SAY : ROLE_OTHER;
  case THING_SOURCE:
  case THING_ALIASES:
  case THING_MAILBOXES: return same ? ROLE_SAY : ROLE_OTHER;
  case THING_CONTROL:
    return same || is_below(path, t->path) ? ROLE_SAY : ROLE_OTHER;
  default: return ROLE_OTHER;
  }
}

static enum exam_role role_of(struct doctor *d, char const *path)
{
  if (d->scan && is_below(path, d->scan) && ends(path, "/run")) return ROLE_SAY;
  for (int kind = 0; kind < THING_KINDS; kind++) {
    struct thing const *t;
    size_t pos = 0;

    while ((t = estate_next(&d->e, (enum thing_kind)kind, &pos))) {
      enum exam_role role = role_by(t, path);
      if (role != ROLE_OTHER) return role;
    }
  }
  return ROLE_OTHER;
}

/* In the home: who may change this directory may put others in the place of
   what it holds. */
static int holds(struct doctor *d, char const *path)
{
  if (!d->home || (strcmp(path, d->home) && !is_below(path, d->home))) return 0;
  if (!strcmp(path, d->scan) ||
      (is_below(path, d->scan) && is_file(join(path, "/run", ""))))
    return 1;
  for (int kind = THING_RULES; kind <= THING_CERTS; kind++) {
    struct thing const *t;
    size_t pos = 0;

    while ((t = estate_next(&d->e, (enum thing_kind)kind, &pos)))
      if (is_below(t->path, path)) return 1;
  }
  return 0;
}

static void see(char const *path, struct stat const *st, int error, void *data)
{
  struct doctor *d = data;
  enum exam_role role = role_of(d, path);
  struct exam_file x;
  struct stat at;

  /* a service that comes and goes leaves nothing to look at */
  if (error == ENOENT) return;
  if (error) {
    unseen(d, path, error);
    return;
  }
  /* certbot's files are links to where they lie */
  if (S_ISLNK(st->st_mode) && role == ROLE_SECRET && !stat(path, &at)) st = &at;
  if (S_ISLNK(st->st_mode)) return;
  if (role == ROLE_OTHER && S_ISDIR(st->st_mode) && holds(d, path))
    role = ROLE_SAY;
  x = (struct exam_file){path, st->st_mode, st->st_uid, st->st_gid, d->owner};
  exam_file(&d->f, role, &x, &d->gate);
}

static void walk(struct doctor *d, char const *path)
{
  if (!look_walk(path, see, d)) unseen(d, path, errno);
}

/* Who may write to a directory above may put another thing in its place. */
static void look_above(struct doctor *d, char const *path)
{
  char *s = join(path, "", ""), *slash;

  while ((slash = strrchr(s, '/')) && slash > s) {
    struct stat st;

    *slash = 0;
    if (!stat(s, &st)) see(s, &st, 0, d);
  }
}

static void look_files(struct doctor *d)
{
  static enum thing_kind const kinds[] = {
      THING_RULES,   THING_SOURCE, THING_CONTROL, THING_USERS, THING_MAILBOXES,
      THING_ALIASES, THING_TOKEN,  THING_STORE,   THING_CERTS};

  if (d->home) {
    look_above(d, d->home);
    walk(d, d->home);
  }
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    struct thing const *t;
    size_t pos = 0;

    while ((t = estate_next(&d->e, kinds[i], &pos)))
      if ((!d->home || !is_below(t->path, d->home)) && is_file(t->path))
        walk(d, t->path);
  }
}

/* Our programs, and where they lie. */
static void look_path(struct doctor *d, char const *path)
{
  char *dir = join(path, "", ""), *program[SERVICES_MAX];
  struct stat st;
  size_t n;

  dir[strcspn(dir, ":")] = 0;
  if (stat(dir, &st) < 0) {
    unseen(d, dir, errno);
    return;
  }
  see(dir, &st, 0, d);
  n = list(d, dir, program, SERVICES_MAX);
  for (size_t i = 0; i < n; i++)
    if (strstr(program[i], "/postern-") && !lstat(program[i], &st))
      see(program[i], &st, 0, d);
}

static void look_programs(struct doctor *d)
{
  struct thing const *t;
  size_t pos = 0;

  while ((t = estate_next(&d->e, THING_PATH, &pos)))
    if (*t->path == '/') look_path(d, t->path);
}

/* --- reading what is judged --- */

/* The text of a file; t->path stays 0 if it is not there.  0 with errno. */
static int get_text(char const *path, struct exam_text *t)
{
  stralloc sa = STRALLOC_ZERO;

  *t = (struct exam_text){0};
  if (!path) return 1;
  if (!read_file(path, &sa, FILE_MAX)) return errno == ENOENT;
  *t = (struct exam_text){path, sa.len ? sa.s : "", sa.len};
  return 1;
}

static void read_text(struct doctor *d, char const *path, struct exam_text *t)
{
  if (!get_text(path, t)) unseen(d, path, errno);
}

static char const *cdb_why(int e)
{
  return e == EPROTO ? "damaged, or not a CDB" : strerror(e);
}

/* 1; 0 with errno. */
static int open_cdb(char const *path, struct exam_cdb *x)
{
  cdbmap *m = calloc(1, sizeof *m);

  nomem(m != 0);
  *x = (struct exam_cdb){path, 0};
  if (!cdbmap_open(m, path)) return 0;
  x->m = m;
  return 1;
}

/* --- rules --- */

static void look_rules(struct doctor *d)
{
  struct thing const *given = estate_first(&d->e, THING_SOURCE), *t;
  struct gateways gateways;
  size_t pos = 0;

  gateway_read(&gateways);
  while ((t = estate_next(&d->e, THING_RULES, &pos))) {
    char const *path = given ? given->path : source_of(t->path);
    struct exam_text text;
    struct exam_cdb cdb;
    int e = open_cdb(t->path, &cdb) ? 0 : errno;

    if (e == EACCES) {
      unseen(d, t->path, e);
      continue;
    }
    read_text(d, path, &text);
    exam_rules(&d->f, &(struct exam_rules){.source = text.path,
                                           .text = text.s,
                                           .n = text.n,
                                           .cdb = t->path,
                                           .live = cdb.m,
                                           .why = cdb_why(e),
                                           .gateway = gateways.ip,
                                           .ngateway = gateways.n});
  }
}

/* --- users --- */

/* -1: not looked for; what is missing and can be made from source is said. */
static void open_users(struct doctor *d, enum thing_kind kind,
                       struct exam_cdb *x, char const **missing)
{
  struct thing const *t = estate_first(&d->e, kind);

  *x = (struct exam_cdb){0};
  if (!t || open_cdb(t->path, x)) return;
  if (errno == EACCES)
    unseen(d, t->path, errno);
  else {
    FINDING(&d->f, FAULT, file(t->path),
            "nobody can log in or get mail: ", cdb_why(errno), "");
    finding_hint(&d->f, "add users with postern-passwd, and compile them");
    *missing = t->path;
  }
}

static int see_maildir(struct user const *u, void *data)
{
  struct doctor *d = data;
  char uid[UINT32_FMT], gid[UINT32_FMT];
  char *tmp = join(u->maildir, "/tmp", ""), *new = join(u->maildir, "/new", ""),
       *cur = join(u->maildir, "/cur", ""), *path = join(u->maildir, "", "");
  struct stat st;

  uid[uint32_fmt(uid, u->has_ids ? u->uid : geteuid())] = 0;
  gid[uint32_fmt(gid, u->has_ids ? u->gid : getegid())] = 0;
  if (!stat(tmp, &st) && !stat(new, &st) && !stat(cur, &st)) {
    if (u->has_ids && st.st_uid != u->uid) {
      FINDING(&d->f, FAULT, file(path), "does not belong to its user, ",
              u->name, ": his mail waits");
      COMMAND(&d->f, "chown -R % %", join(uid, ":", gid), path);
    }
    return 1;
  }
  if (errno != ENOENT) {
    unseen(d, path, errno);
    return 1;
  }
  FINDING(&d->f, FAULT, file(path), "is not a Maildir, but the mailbox of ",
          u->name, "");
  COMMAND(&d->f, "install -d -m 0700 -o % -g % % % % %", uid, gid, path, tmp,
          new, cur);
  return 1;
}

static void look_users(struct doctor *d, struct exam_cdb *mailboxes)
{
  struct thing const *users = estate_first(&d->e, THING_USERS);
  struct exam_users x;
  char const *missing = 0;

  open_users(d, THING_MAILBOXES, &x.mailboxes, &missing);
  open_users(d, THING_USERS, &x.users, &missing);
  read_text(d, users ? source_of(users->path) : 0, &x.source);
  if (missing && x.source.path && x.users.path && x.mailboxes.path)
    COMMAND(&d->f, "postern-passwd compile % % %", x.source.path, x.users.path,
            x.mailboxes.path);
  exam_users(&d->f, &x);
  if (x.source.n) explicit_bzero((char *)x.source.s, x.source.n);
  if (x.mailboxes.m) exam_maildirs(x.mailboxes.m, see_maildir, d);
  *mailboxes = x.mailboxes;
}

/* --- control files --- */

static void look_numbers(struct doctor *d, struct control *c, int has_name)
{
  static char const *const number[] = {"databytes", "maxrcpt", "maxnames",
                                       "timeoutsmtpd"};
  static char const *const list_of[] = {"rcpthosts", "backupmx", "percenthack"};
  static char const *const line[] = {"smtpgreeting", "localiphost"};
  struct settings set = {.control = {.dir = c->dir}, .names = ""};
  size_t before = findings_count(&d->f);
  stralloc sa = STRALLOC_ZERO;
  uint64_t u;

  for (size_t i = 0; i < sizeof number / sizeof *number; i++)
    if (control_number(c, number[i], &u) < 0) exam_control(&d->f, c->why.s);
  for (size_t i = 0; i < 3; i++)
    if (control_list(c, list_of[i], domains_fault, &sa) < 0)
      exam_control(&d->f, c->why.s);
    else if (!i)
      nomem(!sa.len || stralloc_catb(&d->rcpthosts, sa.s, sa.len));
  for (size_t i = 0; i < 2; i++)
    if (control_line(c, line[i], &sa) < 0) exam_control(&d->f, c->why.s);
  /* what has its form, and is none the less refused */
  if (findings_count(&d->f) == before && has_name && !settings_control(&set))
    exam_control(&d->f, set.control.why.s);
  settings_free(&set);
  stralloc_free(&sa);
}

/* Our name, or 0. */
static char const *own_name(struct doctor *d, char const *dir)
{
  struct control c = {.dir = dir};
  static char const *const name[] = {"me", "smtpgreeting"};

  for (size_t i = 0; i < 2; i++) {
    stralloc sa = STRALLOC_ZERO;
    int r = control_line(&c, name[i], &sa);

    if (r > 0) return sa.s[strcspn(sa.s, " ")] = 0, sa.s;
    if (r < 0) {
      exam_control(&d->f, c.why.s);
      return 0;
    }
  }
  FINDING(&d->f, FAULT, file(join(dir, "/me", "")),
          "is missing: every client is refused");
  COMMAND(&d->f, "hostname -f >%", join(dir, "/me", ""));
  return 0;
}

static char const *look_control(struct doctor *d,
                                struct exam_cdb const *mailboxes)
{
  struct thing const *t, *aliases = estate_first(&d->e, THING_ALIASES);
  char const *me = 0;
  size_t pos = 0;

  while ((t = estate_next(&d->e, THING_CONTROL, &pos))) {
    struct control c = {.dir = t->path};
    struct exam_domains x = {.control = t->path, .mailboxes = *mailboxes};

    if (!is_file(t->path)) {
      unseen(d, t->path, errno);
      continue;
    }
    x.me = own_name(d, t->path);
    if (!me) me = x.me;
    look_numbers(d, &c, x.me != 0);
    /* if it cannot be read, look_numbers has said so */
    if (!get_text(join(t->path, "/rcpthosts", ""), &x.rcpthosts)) continue;
    read_text(d, join(t->path, "/morercpthosts", ""), &x.more_source);
    read_text(d, aliases ? aliases->path : 0, &x.aliases);
    if (!open_cdb(join(t->path, "/morercpthosts.cdb", ""), &x.more) &&
        errno != ENOENT)
      exam_control(&d->f, join(x.more.path, ": ", cdb_why(errno)));
    exam_domains(&d->f, &x);
    control_free(&c);
  }
  return me;
}

/* --- stores --- */

struct counting {
  struct exam_store x;
  uint64_t now;
};

static int count_one(struct store_entry const *e, void *data)
{
  struct counting *c = data;

  if (!e->record) {
    if (!c->x.alien++) c->x.first = join(c->x.path, "/", e->name);
  } else if (c->now > EXAM_STALE &&
             e->record->set + e->record->ttl < c->now - EXAM_STALE)
    c->x.stale++;
  return 1;
}

static void look_store(struct doctor *d, char const *path)
{
  struct counting c = {.x = {.path = path}, .now = store_now()};
  struct store s;
  struct stat st;

  if (lstat(path, &st) < 0) {
    if (errno != ENOENT) {
      unseen(d, path, errno);
      return;
    }
    FINDING(&d->f, FAULT, file(path),
            "this store is missing: nothing is granted or counted");
    finding_hint(&d->f, "make the directory, for its user alone to write to");
    return;
  }
  if (st.st_mode & 022) return; /* that was found, and nobody opens it */
  if (!store_open(&s, path, STORE_ALL)) {
    finding_unseen(&d->f, file(path), store_why(&s));
    return;
  }
  if (store_each(&s, count_one, &c))
    exam_store(&d->f, &c.x);
  else
    finding_unseen(&d->f, file(path), store_why(&s));
  store_close(&s);
}

static void look_stores(struct doctor *d)
{
  struct thing const *t;
  size_t pos = 0;

  while ((t = estate_next(&d->e, THING_STORE, &pos)))
    look_store(d, t->path);
}

struct crowding {
  struct doctor *d;
  struct exam_crowd x;
};

static int look_crowd(struct store_entry const *e, void *data)
{
  struct crowding *c = data;

  exam_crowd(&c->d->f, &c->x, e);
  return 1;
}

/* What is wrong with it as a store, and with rules and control files, was
   said. */
static void look_names(struct doctor *d)
{
  struct thing const *names = estate_first(&d->e, THING_NAMES);
  struct thing const *control = estate_first(&d->e, THING_CONTROL), *t;
  struct control dir = {.dir = control ? control->path : ""};
  uint64_t most = CROWD_MOST;
  struct store s;
  size_t pos = 0;

  if (!names || !store_open(&s, names->path, STORE_ALL)) return;
  if (control) control_number(&dir, "maxnames", &most);
  control_free(&dir);
  while ((t = estate_next(&d->e, THING_RULES, &pos))) {
    struct crowding c = {d, {names->path, most, store_now(), 0}};
    struct exam_cdb cdb;

    if (!open_cdb(t->path, &cdb)) continue;
    c.x.rules = cdb.m;
    store_each(&s, look_crowd, &c);
  }
  store_close(&s);
}

/* --- keys and certificates --- */

static void look_token(struct doctor *d)
{
  struct thing const *t = estate_first(&d->e, THING_TOKEN);
  struct thing const *users = estate_first(&d->e, THING_USERS);
  char n[SIZE_FMT];
  struct stat st;

  if (!t) return;
  if (stat(t->path, &st) < 0) {
    if (errno == ENOENT && users && is_file(users->path)) {
      FINDING(&d->f, FAULT, file(t->path),
              "is missing: postern-authd does not start");
      /* it is read by who reads those */
      COMMAND(&d->f,
              "(umask 077; openssl rand -hex -out % 32) && chown "
              "--reference=% % && chmod --reference=% %",
              t->path, users->path, t->path, users->path, t->path);
      return;
    }
    unseen(d, t->path, errno);
    return;
  }
  if (st.st_size >= TOKEN_KEY_MIN) return;
  n[size_fmt(n, (size_t)st.st_size)] = 0;
  FINDING(&d->f, FAULT, file(t->path), "a key of ", n,
          " bytes is refused, since it can be guessed");
  COMMAND(&d->f, "openssl rand -hex -out % 32", t->path);
}

static void look_certs(struct doctor *d, char const *me)
{
  struct thing const *t;
  size_t pos = 0;

  while ((t = estate_next(&d->e, THING_CERTS, &pos))) {
    if (!is_file(t->path)) {
      unseen(d, t->path, errno);
      continue;
    }
    char const *const argv[] = {"postern-certs", t->path, 0};
    stralloc out = STRALLOC_ZERO;
    int code = look_run(argv, PROGRAM_SECONDS, &out);

    if (out.len) nomem(stralloc_catb(&d->certs, out.s, out.len));
    if (code == 0 || code == 1)
      exam_certs(&d->f, out.s, out.len, me);
    else if (code < 0)
      finding_unseen(&d->f, file("postern-certs"), strerror(errno));
    else {
      finding_unseen(&d->f, file(t->path), "postern-certs cannot read it");
      finding_hint(&d->f, FINDING_AS_ROOT);
    }
    stralloc_free(&out);
  }
}

/* --- the DNS --- */

struct asking {
  struct doctor *d;
  size_t n;
  struct mx_question q[MX_DOMAINS];
};

static void ask_about(struct asking *a, char const *s, size_t n, int silent)
{
  struct mx_question *q = a->q + a->n;

  if (n > 2 && !strncmp(s, "*.", 2)) {
    s += 2;
    n -= 2;
  }
  if (a->n == MX_DOMAINS || !mailbox_is_domain(s, n) || n > MX_NAME ||
      !memchr(s, '.', n))
    return;
  for (size_t i = 0; i < a->n; i++)
    if (text_equal(a->q[i].domain, strlen(a->q[i].domain), s, n)) return;
  *q = (struct mx_question){.silent = silent};
  memcpy(q->domain, s, n);
  q->taken = domains_match(a->d->rcpthosts.s, a->d->rcpthosts.len, s, n);
  a->n++;
}

/* The names of the certificates: the last word of each line. */
static void ask_certs(struct asking *a)
{
  char const *s = a->d->certs.s, *end = s + a->d->certs.len, *nl;

  for (; s < end && (nl = memchr(s, '\n', (size_t)(end - s))); s = nl + 1) {
    char const *name = memrchr(s, ' ', (size_t)(nl - s));

    if (!name || !strncmp(s, "bad ", 4)) continue;
    for (name++; name < nl; name++) {
      char const *comma = memchr(name, ',', (size_t)(nl - name));
      size_t n = (size_t)((comma ? comma : nl) - name);

      ask_about(a, name, n, 1);
      name += n;
    }
  }
}

/* Ours, as the world sees them: where there is a translation of addresses, it
   sees others. */
static void own_addresses(struct mx_here *here)
{
  struct ifaddrs *all = 0;

  if (getifaddrs(&all) < 0) return;
  for (struct ifaddrs *x = all; x && here->nown < MX_OWN; x = x->ifa_next) {
    struct sockaddr_storage ss = {0};

    if (!x->ifa_addr || x->ifa_flags & IFF_LOOPBACK) continue;
    memcpy(&ss, x->ifa_addr,
           x->ifa_addr->sa_family == AF_INET6  ? sizeof(struct sockaddr_in6)
           : x->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                               : sizeof(sa_family_t));
    if (ss.ss_family == AF_INET || ss.ss_family == AF_INET6) {
      uint16_t port;
      here->nown +=
          (size_t) !!addr_from_sockaddr(&ss, here->own + here->nown, &port);
    }
  }
  freeifaddrs(all);
}

static void look_dns(struct doctor *d, char const *me)
{
  struct thing const *control = estate_first(&d->e, THING_CONTROL);
  struct asking *a = calloc(1, sizeof *a);
  struct mx_here here = {.me = me, .servers = getenv("POSTERN_DNS")};
  char const *dot = me ? strchr(me, '.') : 0, *why;

  if (!d->dns || !control) return;
  nomem(a != 0);
  a->d = d;
  own_addresses(&here);
  for (size_t i = 0; i < d->rcpthosts.len; i += strlen(d->rcpthosts.s + i) + 1)
    ask_about(a, d->rcpthosts.s + i, strlen(d->rcpthosts.s + i), 0);
  if (me) ask_about(a, me, strlen(me), 1);
  if (dot) ask_about(a, dot + 1, strlen(dot + 1), 0);
  ask_certs(a);
  why = mx_ask(a->q, a->n, &here, DNS_SECONDS);
  if (why)
    finding_unseen(&d->f, file("DNS"), why);
  else
    mx_exam(&d->f, join(control->path, "/rcpthosts", ""), a->q, a->n);
  free(a);
}

/* --- who judges passwords --- */

/* What it logs of a password that nobody has is no news. */
static enum checker_result probe(char const *const *argv, char reason[64])
{
  struct checker c = {.argv = argv, .timeout = CHECKER_SECONDS};
  int err = fcntl(2, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_WRONLY);
  enum checker_result r;
  int status;

  if (err < 0 || null < 0 || dup2(null, 2) < 0)
    strerr_diefu1sys(111, "open /dev/null");
  close(null);
  r = checker_probe(&c, &status, reason);
  dup2(err, 2);
  close(err);
  return r;
}

static void look_checkers(struct doctor *d)
{
  struct thing const *t;
  size_t pos = 0;

  while ((t = estate_next(&d->e, THING_CHECKER, &pos))) {
    char reason[64];
    enum checker_result r = probe(t->argv, reason);

    exam_checker(&d->f, t->said, t->argv[0], r, reason);
  }
}

/* --- the relay --- */

static void look_open(struct doctor *d)
{
  struct thing const *t;
  size_t pos = 0;

  while ((t = estate_next(&d->e, THING_OPEN, &pos))) {
    FINDING(&d->f, DANGER, t->said,
            "RELAYCLIENT is set for everybody: an open relay");
    finding_hint(&d->f, "take it out, and name addresses in the rules");
  }
  for (pos = 0; (t = estate_next(&d->e, THING_FOREIGN, &pos));) {
    char *path = join(t->path, "/rcpthosts", "");

    if (is_file(path)) continue;
    FINDING(&d->f, DANGER, file(path),
            "is missing, and qmail-smtpd takes mail for everywhere then: an "
            "open relay");
    COMMAND(&d->f, "cp % %", join(t->path, "/me", ""), path);
  }
}

/* --- services --- */

static int has_file(char const *dir, char const *name)
{
  return is_file(join(dir, "/", name));
}

/* 0 if there is nothing to say. */
static int look_service(struct exam_service *x, char const *dir,
                        char const *logdir)
{
  char const *const ok[] = {"s6-svok", dir, 0};
  char const *const stat_[] = {"s6-svstat", "-o", "up,wantedup,ready", dir, 0};
  stralloc out = STRALLOC_ZERO;
  int code = look_run(ok, PROGRAM_SECONDS, &out);

  *x =
      (struct exam_service){.dir = dir, .supervised = code == 0, .log = logdir};
  if (!code) code = look_run(stat_, PROGRAM_SECONDS, &out);
  if (code == 1) return 1;
  if (code) {
    x->supervised = -1;
    x->status = code < 0 ? strerror(errno) : "s6-svstat does not say";
    return 1;
  }
  nomem(stralloc_0(&out));
  x->status = out.s;
  if (!strncmp(out.s, "false", 5) && has_file(dir, "down")) return 0;
  /* without a way to say so, nobody says that he is ready */
  if (!strncmp(out.s, "true ", 5) && !has_file(dir, "notification-fd"))
    x->status = "true";
  return 1;
}

static void look_script(struct doctor *d, char const *dir)
{
  struct exam_script x = {.path = join(dir, "/run", "")};
  stralloc sa = STRALLOC_ZERO;
  struct stat st;
  char *name;

  if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) return;
  x.there = !stat(x.path, &st);
  /* read_run has said of others why they cannot be read */
  if (x.there && !read_file(x.path, &sa, FILE_MAX)) return;
  x.mode = st.st_mode;
  x.s = sa.len ? sa.s : "";
  x.n = sa.len;
  name = exam_interpreter(x.s, x.n);
  x.interpreter = name && !access(name, X_OK);
  exam_script(&d->f, &x);
  free(name);
  stralloc_free(&sa);
}

static void look_services(struct doctor *d)
{
  struct exam_service x[2 * SERVICES_MAX];
  char *service[SERVICES_MAX];
  size_t n, k = 0;

  /* of a home, read_home has said that it is not there */
  if (!d->scan || (d->home && !is_file(d->scan))) return;
  n = list(d, d->scan, service, SERVICES_MAX);
  for (size_t i = 0; i < n; i++) {
    char *log = join(service[i], "/log", ""), *current = 0;

    look_script(d, service[i]);
    look_script(d, log);
    if (d->home)
      current =
          join(join(d->home, "/log", strrchr(service[i], '/')), "/current", "");
    if (has_file(service[i], "run"))
      k += (size_t)look_service(x + k, service[i], current);
    if (has_file(log, "run")) k += (size_t)look_service(x + k, log, 0);
  }
  exam_services(&d->f, d->scan, x, k);
}

/* --- the whole --- */

/* Ours are beside this one; those of the run lines where these look. */
static void set_path(struct doctor *d)
{
  struct thing const *t = estate_first(&d->e, THING_PATH);
  char const *old = getenv("PATH");
  stralloc sa = STRALLOC_ZERO;
  char *slash;

  if (sareadlink(&sa, "/proc/self/exe") < 0 || !stralloc_0(&sa))
    strerr_diefu1sys(111, "find the programs");
  slash = strrchr(sa.s, '/');
  *slash = 0;
  nomem(!setenv("PATH",
                join(join(sa.s, ":", t ? t->path : PATH_DEFAULT), ":",
                     old ? old : PATH_DEFAULT),
                1));
  unsetenv("PROTO");
  stralloc_free(&sa);
}

static void look(struct doctor *d)
{
  struct exam_cdb mailboxes;
  char const *me;

  find_gates(d);
  set_path(d);
  look_open(d);
  look_files(d);
  look_programs(d);
  look_rules(d);
  look_users(d, &mailboxes);
  me = look_control(d, &mailboxes);
  look_stores(d);
  look_names(d);
  look_token(d);
  look_certs(d, me);
  look_dns(d, me);
  look_checkers(d);
  look_services(d);
}

static int tell(struct doctor *d)
{
  stralloc out = STRALLOC_ZERO;

  nomem(!d->f.nomem);
  findings_sort(&d->f);
  nomem(d->json ? findings_json(&d->f, &out) : findings_text(&d->f, &out));
  if (allwrite(1, out.s, out.len) < out.len)
    strerr_diefu1sys(111, "write to stdout");
  if (findings_unseen(&d->f)) return 111;
  return findings_count(&d->f) > 0;
}

static int option(struct doctor *d, int letter, char const *arg)
{
  static struct {
    char letter;
    enum thing_kind kind;
  } const kinds[] = {
      {'x', THING_RULES}, {'r', THING_SOURCE},    {'C', THING_CONTROL},
      {'u', THING_USERS}, {'U', THING_MAILBOXES}, {'A', THING_ALIASES},
      {'T', THING_TOKEN}, {'G', THING_STORE},     {'c', THING_CERTS},
  };

  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (kinds[i].letter == letter) {
      nomem(estate_add(&d->e, kinds[i].kind, arg, d->cwd.s,
                       (struct place){arg, 0}));
      return 1;
    }
  switch (letter) {
  case 'R':
    read_run(d, *arg == '/' ? arg : join(d->cwd.s, "/", arg), d->cwd.s);
    return 1;
  case 's': d->scan = *arg == '/' ? arg : join(d->cwd.s, "/", arg); return 1;
  default: return 0;
  }
}

static void find_home(struct doctor *d, char const *arg)
{
  char real[PATH_MAX];
  struct stat st;

  if (!realpath(arg, real) || stat(real, &st) < 0)
    strerr_diefu2sys(111, "look at ", arg);
  d->home = join(real, "", "");
  d->owner = st.st_uid;
  if (chdir(real) < 0) strerr_diefu2sys(111, "enter ", arg);
  read_home(d);
}

int main(int argc, char const *const *argv)
{
  struct doctor d = {.owner = geteuid()};
  subgetopt l = SUBGETOPT_ZERO;
  int given = 0;

  PROG = "postern-doctor";
  if (sagetcwd(&d.cwd) < 0 || !stralloc_0(&d.cwd))
    strerr_diefu1sys(111, "find the current directory");
  for (;;) {
    int opt = subgetopt_r(argc, argv, "jnx:r:C:u:U:A:T:G:c:s:R:", &l);

    if (opt == -1) break;
    if (opt == 'j')
      d.json = 1;
    else if (opt == 'n')
      d.dns = 1;
    else if (option(&d, opt, l.arg))
      given = 1;
    else
      dieusage();
  }
  if (argc - l.ind > 1 || (argc == l.ind && !given)) dieusage();
  if (argv[l.ind]) find_home(&d, argv[l.ind]);
  look(&d);
  return tell(&d);
}
