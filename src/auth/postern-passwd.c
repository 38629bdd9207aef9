/*
 * postern-passwd: keep a users file and compile it.
 *
 * reads   the users file; for add and set a password, from descriptor 0: a
 *         line, or asked for without echo if it is a terminal; for import
 *         another program's file
 * writes  the users file, whole or not at all; compile: users.cdb and
 *         mailboxes.cdb; list, import -p: descriptor 1
 * exits   0 done; 100 wrong usage, no such user, a bad line; 111 temporary
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/genalloc.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cdbmap.h"
#include "credentials.h"
#include "hmacmd5.h"
#include "import.h"
#include "newsecret.h"
#include "prompt.h"
#include "replace.h"
#include "scheme.h"
#include "secret.h"
#include "text.h"
#include "userdb.h"
#include "userline.h"
#include "users.h"
#include "whole.h"

#define USAGE                                                                  \
  "postern-passwd [ -f users ] add [ -s scheme ] [ -n cost ] [ -c ] [ -S ]"    \
  " [ -u uid -g gid ] [ -d home ] [ -m maildir ] user"                         \
  " | set [ -s scheme ] [ -n cost ] [ -c ] [ -S ] user"                        \
  " | disable user | enable user | delete user | list [ -k ]"                  \
  " | import [ -p ] [ -r ] [ -k ] [ -s scheme ] [ -n cost ] [ -c ] [ -S ]"     \
  " [ -u uid -g gid ] [ -d homes ] [ -D domain ] dovecot|sasldb|vpopmail file" \
  " | compile users users.cdb mailboxes.cdb"
#define dieusage() strerr_dieusage(100, USAGE)

#define FILE_MAX 0x4000000 /* bytes in a users file */
#define SHOWN 512          /* bytes of a name in a message, escaped */

/* A command and its arguments. */
struct job {
  char const *file;
  char const *scheme;
  unsigned int cost;
  int context;  /* -c: store the CRAM-MD5 context too */
  int no_scram; /* -S: store no SCRAM keys beside the password */
  int k;        /* list: pairs; import: keep who cannot log in */
  int print;    /* import -p */
  int replace;  /* import -r */
  char const *uid, *gid, *home, *maildir, *domain; /* or 0 */
  char const *name;
  char const *where; /* of a password, for messages: "file:line: ", or "" */
  int locked;        /* descriptor of the users file, or -1 */
  stralloc text;     /* the users file */
  stralloc made;     /* the new one */
};

static void nomem(int good)
{
  if (!good) strerr_diefusys(111, "work in memory");
}

static _Noreturn void die_user(struct job const *j, char const *what)
{
  char name[SHOWN + 1];

  name[text_escape(name, SHOWN, j->name, strlen(j->name))] = 0;
  strerr_dief(100, what, j->file, ": ", name);
}

/* --- the users file --- */

/* Lock the file that path names, not one that has been replaced meanwhile. */
static int lock_file(char const *path)
{
  for (;;) {
    struct stat mine, now;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) return -1;
    if (flock(fd, LOCK_EX) < 0 || fstat(fd, &mine) < 0) return -1;
    if (!stat(path, &now) && now.st_dev == mine.st_dev &&
        now.st_ino == mine.st_ino)
      return fd;
    close(fd);
  }
}

static void warn_open(int fd, char const *path)
{
  struct stat st;

  if (!fstat(fd, &st) && st.st_mode & 0027)
    strerr_warnw("others may read or write ", path);
}

static void read_file(struct job *j)
{
  j->locked = lock_file(j->file);
  if (j->locked < 0) strerr_diefusys(111, "open ", j->file);
  if (!whole_read(j->locked, &j->text, FILE_MAX))
    strerr_diefusys(errno == EFBIG ? 100 : 111, "read ", j->file);
  warn_open(j->locked, j->file);
}

/* For add: a file that is not there yet is empty. */
static void read_or_begin(struct job *j)
{
  int fd = open(j->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd >= 0) close(fd);
  if (fd < 0 && errno != EEXIST) strerr_diefusys(111, "create ", j->file);
  read_file(j);
}

static void write_file(struct job *j)
{
  struct replace r;

  if (!replace_start(&r, j->file, 0600, 07777) ||
      allwrite(r.fd, j->made.s, j->made.len) < j->made.len ||
      !replace_commit(&r)) {
    replace_cancel(&r);
    strerr_diefusys(111, "write ", j->file);
  }
  explicit_bzero(j->made.s, j->made.a);
}

static struct userline find_user(struct job *j)
{
  struct userline l = {0};

  switch (userline_find(j->text.s, j->text.len, j->name, strlen(j->name), &l)) {
  case 0: die_user(j, "no such user in ");
  case 1: return l;
  default: die_user(j, "the same user twice in ");
  }
}

/* --- secrets --- */

static void read_password(struct job const *j, char *buf, size_t size)
{
  size_t max = CREDENTIALS_MAX - strlen(j->name) - 3, len;
  char const *why;

  switch (prompt_password(0, buf, size, &len)) {
  case PROMPT_OK: break;
  case PROMPT_DIFFER: strerr_dief(100, "the two passwords differ");
  case PROMPT_NUL: strerr_dief(100, "a NUL in the password");
  case PROMPT_TOO_LONG: strerr_dief(100, "the password is too long");
  case PROMPT_FAILED:
    if (!errno) strerr_dief(100, "there is no password on descriptor 0");
    strerr_diefusys(111, "read the password");
  }
  why = newsecret_unfit(buf, len, max);
  if (why) strerr_dief(100, why);
}

/* What is stored of a password; zero-initialise. */
struct secrets {
  stralloc field; /* NUL-terminated, as the next */
  stralloc scram; /* empty text: none */
  char context[HMACMD5_CONTEXT + 1];
};

static void free_secrets(struct secrets *s)
{
  secret_free(&s->field);
  secret_free(&s->scram);
  explicit_bzero(s->context, sizeof s->context);
}

static void make_scram(struct job const *j, stralloc *scram,
                       char const *password)
{
  if (!j->no_scram && strcmp(j->scheme, "scram-sha-256")) {
    if (newsecret_scram(scram, password)) return;
    if (errno != EINVAL) strerr_diefusys(111, "make SCRAM keys");
    strerr_warnw(j->where, "no SCRAM keys: SASLprep refuses the password");
  }
  scram->len = 0;
  nomem(stralloc_0(scram));
}

static void make_secrets(struct job const *j, struct secrets *s,
                         char const *password)
{
  if (!newsecret_make(&s->field, j->scheme, j->cost, password))
    strerr_diesys(errno == EINVAL ? 100 : 111, PROG, ": fatal: ", j->where,
                  "unable to make a ", j->scheme, " password");
  make_scram(j, &s->scram, password);
  hmacmd5_context(password, s->context);
}

static void ask_secrets(struct job const *j, struct secrets *s)
{
  char password[CREDENTIALS_MAX + 1];

  read_password(j, password, sizeof password);
  make_secrets(j, s, password);
  explicit_bzero(password, sizeof password);
}

/* The change that stores them; had: he has a context, which must not stay that
   of an old password. */
static struct userline_change store(struct job const *j,
                                    struct secrets const *s, int had)
{
  return (struct userline_change){.password = s->field.s,
                                  .cram_md5 =
                                      j->context || had ? s->context : 0,
                                  .scram_sha_256 = s->scram.s,
                                  .nologin = -1};
}

/* --- commands --- */

/* The file with line l replaced by name and rest; rest 0: without it. */
static void put_line(struct job *j, struct userline const *l,
                     stralloc const *rest)
{
  size_t before = (size_t)(l->start - j->text.s);
  size_t after = before + l->size;

  nomem(stralloc_catb(&j->made, j->text.s, before));
  if (rest)
    nomem(stralloc_catb(&j->made, l->name, l->nlen) &&
          stralloc_append(&j->made, ':') &&
          stralloc_catb(&j->made, rest->s, rest->len) &&
          stralloc_append(&j->made, '\n'));
  nomem(stralloc_catb(&j->made, j->text.s + after, j->text.len - after));
}

static void change(struct job *j, struct userline const *l,
                   struct userline_change const *c)
{
  stralloc rest = STRALLOC_ZERO;

  nomem(userline_change(&rest, l->rest, l->len, c));
  put_line(j, l, &rest);
  write_file(j);
}

static void set(struct job *j)
{
  struct userline_change c;
  struct secrets s = {0};
  stralloc sa = STRALLOC_ZERO;
  struct userline l;
  char const *why;
  struct user u;

  ask_secrets(j, &s);
  read_file(j);
  l = find_user(j);
  switch (users_parse(l.name, l.nlen, l.rest, l.len, &sa, &u, &why)) {
  case 0: die_user(j, "a bad line in ");
  case -1: nomem(0);
  }
  c = store(j, &s, *u.cram_md5);
  change(j, &l, &c);
  free_secrets(&s);
}

static void set_nologin(struct job *j, int nologin)
{
  struct userline_change c = {.nologin = nologin};
  struct userline l;

  read_file(j);
  l = find_user(j);
  change(j, &l, &c);
}

static void delete (struct job *j)
{
  struct userline l;

  read_file(j);
  l = find_user(j);
  put_line(j, &l, 0);
  write_file(j);
}

static int add_word(stralloc *sa, char const *s)
{
  return stralloc_cats(sa, s ? s : "") && stralloc_append(sa, ':');
}

static int has_any(char const *s, char const *bytes)
{
  return s && strpbrk(s, bytes);
}

/* Build the rest of a line without secrets, and see that it is one. */
static void new_line(struct job const *j, stralloc *line)
{
  stralloc sa = STRALLOC_ZERO;
  char const *why;
  struct user u;
  int r;

  if (has_any(j->uid, ":") || has_any(j->gid, ":") || has_any(j->home, ":") ||
      has_any(j->maildir, ": "))
    strerr_dief(100, "a colon or a blank where a users file can have none");
  nomem(add_word(line, "") && add_word(line, j->uid) &&
        add_word(line, j->gid) && add_word(line, "") &&
        add_word(line, j->home) && add_word(line, ""));
  if (j->maildir)
    nomem(stralloc_cats(line, "mail=maildir:") &&
          stralloc_cats(line, j->maildir));
  r = users_parse(j->name, strlen(j->name), line->s, line->len, &sa, &u, &why);
  nomem(r >= 0);
  if (!r) strerr_dief(100, why);
}

/* The text, and what must stand before another line. */
static void begin_made(struct job *j)
{
  nomem(stralloc_catb(&j->made, j->text.s, j->text.len));
  if (j->made.len && j->made.s[j->made.len - 1] != '\n')
    nomem(stralloc_append(&j->made, '\n'));
}

static void add_line(stralloc *sa, char const *name, stralloc const *rest)
{
  nomem(stralloc_cats(sa, name) && stralloc_append(sa, ':') &&
        stralloc_catb(sa, rest->s, rest->len) && stralloc_append(sa, '\n'));
}

static void add(struct job *j)
{
  stralloc line = STRALLOC_ZERO, rest = STRALLOC_ZERO;
  struct userline_change c;
  struct secrets s = {0};
  struct userline l;

  if (strlen(j->name) > USERS_NAME_MAX)
    strerr_dief(100, "the user name is too long");
  new_line(j, &line);
  ask_secrets(j, &s);
  c = store(j, &s, 0);
  nomem(userline_change(&rest, line.s, line.len, &c));
  free_secrets(&s);
  read_or_begin(j);
  if (userline_find(j->text.s, j->text.len, j->name, strlen(j->name), &l))
    die_user(j, "already in ");
  begin_made(j);
  add_line(&j->made, j->name, &rest);
  write_file(j);
}

/* --- list --- */

static char const *scheme_name(struct user const *u)
{
  char const *value, *why;

  switch (scheme_parse(u->password, &value, &why)) {
  case SCHEME_NONE: return "none";
  case SCHEME_PLAIN: return "plain";
  case SCHEME_CRAM_MD5: return "cram-md5";
  case SCHEME_SCRAM_SHA_256: return "scram-sha-256";
  case SCHEME_BAD: return "bad";
  case SCHEME_CRYPT: break;
  }
  if (!strncmp(value, "$y$", 3)) return "yescrypt";
  if (!strncmp(value, "$2", 2)) return "bcrypt";
  if (!strncmp(value, "$6$", 3)) return "sha512crypt";
  return "crypt";
}

static void put(stralloc *out, int pairs, char const *key, char const *value)
{
  char s[SHOWN + 1];

  s[text_escape(s, SHOWN, value, strlen(value))] = 0;
  if (pairs) {
    nomem(stralloc_cats(out, key) && stralloc_append(out, '='));
  } else if (!*s) {
    strcpy(s, "-");
  }
  nomem(stralloc_cats(out, s) && stralloc_append(out, ' '));
}

static void put_id(stralloc *out, int pairs, char const *key, int has,
                   uint32_t id)
{
  char s[UINT32_FMT];

  s[has ? uint32_fmt(s, id) : 0] = 0;
  put(out, pairs, key, s);
}

static void put_user(stralloc *out, int pairs, struct user const *u)
{
  put(out, pairs, "user", u->name);
  put(out, pairs, "scheme", scheme_name(u));
  put(out, pairs, "cram_md5", *u->cram_md5 ? "yes" : "no");
  put(out, pairs, "login", u->disabled ? "no" : "yes");
  put_id(out, pairs, "uid", u->has_ids, u->uid);
  put_id(out, pairs, "gid", u->has_ids, u->gid);
  put(out, pairs, "maildir", u->maildir);
  put(out, pairs, "scram_sha_256", *u->scram_sha_256 ? "yes" : "no");
  out->s[out->len - 1] = '\n';
}

static void warn_line(struct job const *j, unsigned int number, char const *why)
{
  char n[UINT_FMT];

  n[uint_fmt(n, number)] = 0;
  strerr_warnw(j->file, ":", n, ": ", why);
}

static void list(struct job *j)
{
  stralloc out = STRALLOC_ZERO, sa = STRALLOC_ZERO;
  struct userline l = {0};
  size_t pos = 0;

  read_file(j);
  if (!j->k)
    nomem(stralloc_cats(&out, "user scheme cram_md5 login uid gid maildir "
                              "scram_sha_256\n"));
  while (userline_next(j->text.s, j->text.len, &pos, &l)) {
    char const *why = l.why;
    struct user u;
    int r = 0;

    if (!why) r = users_parse(l.name, l.nlen, l.rest, l.len, &sa, &u, &why);
    nomem(r >= 0);
    if (r)
      put_user(&out, j->k, &u);
    else
      warn_line(j, l.number, why);
  }
  if (allwrite(1, out.s, out.len) < out.len)
    strerr_diefusys(111, "write to descriptor 1");
}

/* --- problems --- */

static void tell_line(char const *file, struct userdb_problem const *p)
{
  char line[UINT_FMT], other[UINT_FMT + 1] = " ";

  line[uint_fmt(line, p->line)] = 0;
  other[p->other ? 1 + uint_fmt(other + 1, p->other) : 0] = 0;
  strerr_warn(PROG, p->fatal ? ": error: " : ": warning: ", file, ":", line,
              ": ", p->why, other);
}

static void tell(void *arg, struct userdb_problem const *p)
{
  struct job const *j = arg;

  tell_line(j->file, p);
}

static void die_if_bad(char const *file, unsigned int bad)
{
  char n[UINT_FMT];

  if (!bad) return;
  n[uint_fmt(n, bad)] = 0;
  strerr_dief(100, file, " has ", n, bad == 1 ? " error" : " errors",
              ", nothing was written");
}

/* --- import --- */

/* What is imported; the line of the users in the other file, and in ours. */
struct importing {
  struct job const *j;
  char const *source;
  stralloc text;       /* lines of a users file */
  genalloc lines;      /* unsigned int: where each of them stands in source */
  unsigned int before; /* lines of our file */
  genalloc replaced;   /* unsigned int: lines of ours that go */
  unsigned int bad;
};

static void say_bad(struct importing *x, unsigned int line, unsigned int other,
                    char const *why)
{
  struct userdb_problem p = {line, other, 1, why};

  tell_line(x->source, &p);
  x->bad++;
}

static unsigned int source_line(struct importing const *x, unsigned int line)
{
  return genalloc_s(unsigned int, &x->lines)[line - x->before - 1];
}

static void make_imported(struct importing const *x, unsigned int line,
                          struct secrets *s, char const *password)
{
  stralloc where = STRALLOC_ZERO;
  struct job j = *x->j;
  char n[UINT_FMT];

  n[uint_fmt(n, line)] = 0;
  nomem(stralloc_cats(&where, x->source) && stralloc_append(&where, ':') &&
        stralloc_cats(&where, n) && stralloc_catb(&where, ": ", 3));
  j.where = where.s;
  make_secrets(&j, s, password);
  stralloc_free(&where);
}

/* Take a user in, whose line is good but, perhaps, for his hash. */
static void take_user(struct importing *x, struct import const *i,
                      struct import_user *from)
{
  stralloc rest = STRALLOC_ZERO, sa = STRALLOC_ZERO;
  struct userline_change c = {.nologin = -1};
  struct secrets s = {0};
  char const *why;
  struct user u;
  int r = users_parse(from->name.s, from->name.len, from->rest.s,
                      from->rest.len, &sa, &u, &why);

  nomem(r >= 0);
  if (!r) {
    say_bad(x, i->line, 0, why);
  } else {
    if (from->password.len) {
      make_imported(x, i->line, &s, from->password.s);
      c = store(x->j, &s, 0);
    }
    nomem(userline_change(&rest, from->rest.s, from->rest.len, &c));
    add_line(&x->text, from->name.s, &rest);
    nomem(genalloc_append(unsigned int, &x->lines, &i->line));
  }
  free_secrets(&s);
  secret_free(&rest);
  secret_free(&sa);
}

static void parse_source(struct importing *x, struct import *i)
{
  struct import_user u = {0};
  int r;

  while ((r = import_next(i, &u))) {
    nomem(r != -2);
    if (r > 0)
      take_user(x, i, &u);
    else
      say_bad(x, i->line, 0, i->why);
  }
  import_free(&u);
}

static void tell_imported(void *arg, struct userdb_problem const *p)
{
  struct importing *x = arg;
  struct userdb_problem at = *p;

  at.line = source_line(x, p->line);
  if (p->other) at.other = source_line(x, p->other);
  tell_line(x->source, &at);
  x->bad += (unsigned int)p->fatal;
}

/* Of both files together only who is in both is news. */
static void tell_both(void *arg, struct userdb_problem const *p)
{
  struct importing *x = arg;

  if (!p->other || p->other > x->before) return;
  if (p->line > x->before && !x->j->replace)
    say_bad(x, source_line(x, p->line), 0, "the user is there already");
  else if (p->line > x->before)
    nomem(genalloc_append(unsigned int, &x->replaced, &p->other));
  else if (x->j->replace) {
    tell_line(x->j->file, p);
    x->bad++;
  }
}

static int compare_lines(void const *a, void const *b)
{
  unsigned int x = *(unsigned int const *)a, y = *(unsigned int const *)b;

  return x < y ? -1 : x > y;
}

static int is_replaced(struct importing const *x, unsigned int line)
{
  unsigned int const *r = genalloc_s(unsigned int, &x->replaced);

  return bsearch(&line, r, genalloc_len(unsigned int, &x->replaced), sizeof *r,
                 compare_lines) != 0;
}

/* Our file without the lines that are replaced. */
static void drop_replaced(struct importing *x, struct job *j)
{
  stralloc kept = STRALLOC_ZERO;
  unsigned int line = 0;

  qsort(x->replaced.s, genalloc_len(unsigned int, &x->replaced),
        sizeof(unsigned int), compare_lines);
  for (size_t pos = 0, n; pos < j->made.len; pos += n) {
    char const *nl = memchr(j->made.s + pos, '\n', j->made.len - pos);

    n = (size_t)(nl + 1 - (j->made.s + pos));
    if (!is_replaced(x, ++line))
      nomem(stralloc_catb(&kept, j->made.s + pos, n));
  }
  secret_free(&j->made);
  j->made = kept;
}

static unsigned int count_lines(stralloc const *sa)
{
  unsigned int n = 0;

  for (size_t i = 0; i < sa->len; i++)
    n += sa->s[i] == '\n';
  return n;
}

/* Add what was imported to the users file. */
static void merge(struct importing *x, struct job *j)
{
  stralloc both = STRALLOC_ZERO;

  read_or_begin(j);
  begin_made(j);
  x->before = count_lines(&j->made);
  nomem(stralloc_catb(&both, j->made.s, j->made.len) &&
        stralloc_catb(&both, x->text.s, x->text.len));
  nomem(userdb_check(both.s, both.len, tell_both, x) >= 0);
  secret_free(&both);
  die_if_bad(x->source, x->bad);
  if (genalloc_len(unsigned int, &x->replaced)) drop_replaced(x, j);
  nomem(stralloc_catb(&j->made, x->text.s, x->text.len));
  write_file(j);
}

static void import(struct job *j, char const *format, char const *source)
{
  struct importing x = {.j = j, .source = source};
  struct import i = {.format = import_find(format),
                     .domain = j->domain,
                     .uid = j->uid,
                     .gid = j->gid,
                     .home = j->home,
                     .keep = j->k};
  stralloc text = STRALLOC_ZERO;

  if (i.format == IMPORT_NONE || !j->uid != !j->gid ||
      (i.format == IMPORT_VPOPMAIL) != !!j->domain || (j->print && j->replace))
    dieusage();
  if (has_any(j->uid, ":") || has_any(j->gid, ":") || has_any(j->home, ":"))
    strerr_dief(100, "a colon where a users file can have none");
  if (!whole_path(source, &text, FILE_MAX))
    strerr_diefusys(errno == EFBIG ? 100 : 111, "read ", source);
  i.s = text.s;
  i.n = text.len;
  parse_source(&x, &i);
  nomem(userdb_check(x.text.s, x.text.len, tell_imported, &x) >= 0);
  die_if_bad(source, x.bad);
  if (!x.text.len) strerr_dief(100, source, " holds no user");
  if (!j->print)
    merge(&x, j);
  else if (allwrite(1, x.text.s, x.text.len) < x.text.len)
    strerr_diefusys(111, "write to descriptor 1");
  secret_free(&text);
  secret_free(&x.text);
}

/* --- compile --- */

typedef int adder(char const *, size_t, cdbmap_make *);

/* All of a CDB but its last step. */
static int prepare(struct job const *j, struct replace *r, char const *path,
                   mode_t mode, mode_t most, adder *records)
{
  cdbmap_make *mk;
  int good;

  if (!replace_start(r, path, mode, most)) return 0;
  mk = cdbmap_make_start(r->fd);
  good = mk && records(j->text.s, j->text.len, mk) && cdbmap_make_finish(mk);
  cdbmap_make_free(mk);
  return good && replace_sync(r);
}

/* mailboxes.cdb first: mail for a new user must not be refused because the
   second step failed, while a login that has to wait is no harm. */
static void compile(struct job *j, char const *users, char const *mailboxes)
{
  struct replace u = {.fd = -1}, m = {.fd = -1};
  int bad;

  read_file(j);
  bad = userdb_check(j->text.s, j->text.len, tell, j);
  nomem(bad >= 0);
  die_if_bad(j->file, (unsigned int)bad);
  if (!prepare(j, &u, users, 0400, 0640, userdb_add_users) ||
      !prepare(j, &m, mailboxes, 0644, 0644, userdb_add_mailboxes) ||
      !replace_commit(&m) || !replace_commit(&u)) {
    replace_cancel(&u);
    replace_cancel(&m);
    strerr_diefusys(111, "write ", users, " and ", mailboxes);
  }
}

/* --- command line --- */

static void command_options(struct job *j, char const *allowed, int *argc,
                            char const *const **argv)
{
  subgetopt l = SUBGETOPT_ZERO;
  int opt;

  while ((opt = subgetopt_r(*argc, *argv, allowed, &l)) != -1) {
    switch (opt) {
    case 's': j->scheme = l.arg; break;
    case 'n':
      if (!uint0_scan(l.arg, &j->cost)) dieusage();
      break;
    case 'c': j->context = 1; break;
    case 'S': j->no_scram = 1; break;
    case 'k': j->k = 1; break;
    case 'p': j->print = 1; break;
    case 'r': j->replace = 1; break;
    case 'D': j->domain = l.arg; break;
    case 'u': j->uid = l.arg; break;
    case 'g': j->gid = l.arg; break;
    case 'd': j->home = l.arg; break;
    case 'm': j->maildir = l.arg; break;
    default: dieusage();
    }
  }
  *argc -= l.ind;
  *argv += l.ind;
  if (!newsecret_known(j->scheme)) dieusage();
}

/* The command's words, itself the first. */
static void run(struct job *j, int argc, char const *const *argv)
{
  static struct {
    char const *name;
    char const *options;
    int arguments;
  } const commands[] = {
      {"add", "s:n:cSu:g:d:m:", 1},
      {"set", "s:n:cS", 1},
      {"disable", "", 1},
      {"enable", "", 1},
      {"delete", "", 1},
      {"list", "k", 0},
      {"import", "prks:n:cSu:g:d:D:", 2},
      {"compile", "", 3},
  };
  enum { ADD, SET, DISABLE, ENABLE, DELETE, LIST, IMPORT, COMPILE, COMMANDS };
  int i = 0;

  while (i < COMMANDS && strcmp(commands[i].name, argv[0]))
    i++;
  if (i == COMMANDS) dieusage();
  command_options(j, commands[i].options, &argc, &argv);
  if (argc != commands[i].arguments) dieusage();
  if (argc == 1) j->name = argv[0];
  if (argc == 1 && strlen(j->name) > USERS_NAME_MAX)
    strerr_dief(100, "the user name is too long");
  switch (i) {
  case ADD: add(j); break;
  case SET: set(j); break;
  case DISABLE: set_nologin(j, 1); break;
  case ENABLE: set_nologin(j, 0); break;
  case DELETE: delete (j); break;
  case LIST: list(j); break;
  case IMPORT: import(j, argv[0], argv[1]); break;
  case COMPILE:
    j->file = argv[0];
    compile(j, argv[1], argv[2]);
    break;
  }
}

int main(int argc, char const *const *argv)
{
  struct job j = {
      .file = "users", .scheme = "yescrypt", .where = "", .locked = -1};
  subgetopt l = SUBGETOPT_ZERO;
  int opt;

  PROG = "postern-passwd";
  while ((opt = subgetopt_r(argc, argv, "f:", &l)) != -1) {
    if (opt != 'f') dieusage();
    j.file = l.arg;
  }
  argc -= l.ind;
  argv += l.ind;
  if (!argc) dieusage();
  run(&j, argc, argv);
  return 0;
}
