/*
 * postern-conf: make a home: everything that a mail gate needs to run.
 *
 * reads   its arguments; the file of -r
 * writes  the home, by way of HOME.new; each user's password to stdout
 * exits   0 the home is there, 100 wrong usage or it was there before,
 *         111 it could not be made
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/random.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "layout.h"
#include "maildir.h"
#include "template.h"
#include "users.h"

#define USAGE                                                                  \
  "postern-conf [ -h hostname ] [ -d domain ]... [ -s host:port ]... "         \
  "[ -e host:port ]... [ -E host:port ]... [ -p host:port ]... "               \
  "[ -P host:port ]... [ -c certificates ] [ -b bytes ] [ -r rules ] [ -o ] "  \
  "[ -B bin ] [ -G uid:gid -M uid:gid -A uid:gid -T uid:gid -L uid:gid ] "     \
  "-U user... home"
#define dieusage() strerr_dieusage(100, USAGE)

#define LIST_MAX 64
#define WORD_MAX 255
#define PASSWORD_LEN 20 /* of 64 signs: 120 bits */
#define TOKEN_KEY_LEN 64
#define RULES_MAX 4194304

struct list {
  char const *word[LIST_MAX];
  size_t n;
};

struct id {
  uid_t uid;
  gid_t gid;
  int given;
};

/* Where one service listens. */
struct listener {
  char option;
  char const *name; /* in templates */
  char const *port; /* if nothing is said */
  struct list at;
};

#define LISTENERS 5

struct conf {
  char const *home;
  char const *bin;
  char const *me;
  char const *databytes;
  char const *rules; /* path, then the text */
  char const *certs; /* 0: in the home */
  int outside;
  int split; /* run by root */
  struct list domains, users;
  struct listener listener[LISTENERS];
  struct id ids[LAYOUT_OWNERS];
};

static void nomem(int good)
{
  if (!good) strerr_diefu1sys(111, "allocate memory");
}

/* --- arguments, refused unless they can stand in a run line as they are --- */

static void check_word(char const *what, char const *s, char const *more)
{
  static char const good[] = "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

  if (!*s || *s == '-' || strlen(s) > WORD_MAX)
    strerr_dief4x(100, "invalid ", what, ": ", s);
  for (; *s; s++)
    if (!strchr(good, *s) && !strchr(more, *s))
      strerr_dief4x(100, "invalid byte in ", what, " at: ", s);
}

static void check_path(char const *what, char const *s)
{
  if (*s != '/') strerr_dief2x(100, "not an absolute path: ", s);
  check_word(what, s, "/@+");
}

static void check_domain(char const *s)
{
  check_word("domain", s, "");
  if (*s == '.' || strstr(s, "..")) strerr_dief2x(100, "invalid domain: ", s);
}

static void check_user(char const *s)
{
  char const *at = strchr(s, '@');

  check_word("user", s, "@+");
  if (*s == '.' || !at || at == s || strchr(at + 1, '@') ||
      strlen(s) > USERS_NAME_MAX)
    strerr_dief2x(100, "not user@domain: ", s);
  check_domain(at + 1);
  for (char const *c = s; *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      strerr_dief2x(100, "upper-case letter in user: ", s);
}

/* ADDRESS:PORT or [ADDRESS]:PORT, for postern-tcpserver. */
static void check_listen(char const *s)
{
  char const *colon = strrchr(s, ':');
  char host[ADDR_FMT];
  size_t n = colon ? (size_t)(colon - s) : 0;
  uint16_t port;
  ip46 ip;
  int six = n > 2 && s[0] == '[' && s[n - 1] == ']';

  if (six) n -= 2;
  if (n && n < sizeof host) {
    memcpy(host, s + six, n);
    host[n] = 0;
    if (addr_scan(host, &ip) && ip46_is6(&ip) == six &&
        uint160_scan(colon + 1, &port) && port)
      return;
  }
  strerr_dief2x(100, "not address:port: ", s);
}

static void add(struct list *l, char const *word)
{
  if (l->n == LIST_MAX) strerr_dief2x(100, "too many options like ", word);
  l->word[l->n++] = word;
}

static void scan_id(struct id *id, char const *s)
{
  char const *colon = strchr(s, ':');
  char uid[UINT32_FMT];
  size_t n = colon ? (size_t)(colon - s) : 0;
  uint32_t u, g;

  if (n && n < sizeof uid) {
    memcpy(uid, s, n);
    uid[n] = 0;
    if (uint320_scan(uid, &u) && uint320_scan(colon + 1, &g) && u && g &&
        u != UINT32_MAX && g != UINT32_MAX) {
      *id = (struct id){u, g, 1};
      return;
    }
  }
  strerr_dief2x(100, "not uid:gid, numbers from 1: ", s);
}

static int listen_option(struct conf *c, int letter, char const *arg)
{
  for (size_t i = 0; i < LISTENERS; i++)
    if (c->listener[i].option == letter) {
      add(&c->listener[i].at, arg);
      return 1;
    }
  return 0;
}

static void option(struct conf *c, int letter, char const *arg)
{
  uint64_t bytes;

  switch (letter) {
  case 'h': c->me = arg; break;
  case 'd': add(&c->domains, arg); break;
  case 'U': add(&c->users, arg); break;
  case 'b':
    if (!uint640_scan(arg, &bytes)) dieusage();
    c->databytes = arg;
    break;
  case 'r': c->rules = arg; break;
  case 'c': c->certs = arg; break;
  case 'o': c->outside = 1; break;
  case 'B': c->bin = arg; break;
  case 'G': scan_id(c->ids + LAYOUT_GATE, arg); break;
  case 'M': scan_id(c->ids + LAYOUT_MAIL, arg); break;
  case 'A': scan_id(c->ids + LAYOUT_AUTH, arg); break;
  case 'T': scan_id(c->ids + LAYOUT_TLS, arg); break;
  case 'L': scan_id(c->ids + LAYOUT_LOG, arg); break;
  default:
    if (!listen_option(c, letter, arg)) dieusage();
  }
}

static void check_ids(struct conf *c)
{
  c->split = !geteuid();
  for (int i = LAYOUT_GATE; i < LAYOUT_OWNERS; i++) {
    if (c->split && !c->ids[i].given)
      strerr_dief1x(100, "root must give -G, -M, -A, -T and -L");
    if (!c->split && c->ids[i].given)
      strerr_dief1x(100, "only root can give -G, -M, -A, -T or -L");
    for (int j = LAYOUT_GATE; c->split && j < i; j++)
      if (c->ids[i].uid == c->ids[j].uid || c->ids[i].gid == c->ids[j].gid)
        strerr_dief1x(100, "two of -G, -M, -A, -T and -L are the same");
  }
  c->ids[LAYOUT_ROOT] = (struct id){geteuid(), getegid(), 1};
}

static char const *own_host(void)
{
  stralloc sa = STRALLOC_ZERO;

  nomem(stralloc_ready(&sa, WORD_MAX + 1));
  if (gethostname(sa.s, WORD_MAX) < 0)
    strerr_diefu1sys(111, "get the host's name");
  sa.s[WORD_MAX] = 0;
  return sa.s;
}

/* Where the other programs are: beside this one. */
static char const *own_directory(void)
{
  stralloc sa = STRALLOC_ZERO;

  if (sareadlink(&sa, "/proc/self/exe") < 0 || !stralloc_0(&sa))
    strerr_diefu1sys(111, "find the programs; give -B");
  *strrchr(sa.s, '/') = 0;
  return sa.s;
}

/* Both families. */
static void default_listen(struct listener *l)
{
  static char const *const any[] = {"0.0.0.0:", "[::]:"};

  for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
    stralloc sa = STRALLOC_ZERO;

    nomem(stralloc_cats(&sa, any[i]) && stralloc_cats(&sa, l->port) &&
          stralloc_0(&sa));
    add(&l->at, sa.s);
  }
}

static void set_defaults(struct conf *c)
{
  if (!c->me) c->me = own_host();
  if (!c->domains.n) add(&c->domains, c->me);
  for (size_t i = 0; i < LISTENERS; i++)
    if (!c->listener[i].at.n) default_listen(c->listener + i);
  if (!c->bin) c->bin = own_directory();
}

static void check(struct conf const *c)
{
  check_path("home", c->home);
  check_path("bin", c->bin);
  if (c->certs) check_path("certificates", c->certs);
  check_domain(c->me);
  for (size_t i = 0; i < c->domains.n; i++)
    check_domain(c->domains.word[i]);
  for (size_t i = 0; i < LISTENERS; i++)
    for (size_t j = 0; j < c->listener[i].at.n; j++)
      check_listen(c->listener[i].at.word[j]);
  for (size_t i = 0; i < c->users.n; i++)
    check_user(c->users.word[i]);
}

/* --- what the templates name --- */

static void cats(stralloc *sa, char const *a, char const *b, char const *c)
{
  nomem(stralloc_cats(sa, a) && stralloc_cats(sa, b) && stralloc_cats(sa, c));
}

static char const *finish(stralloc *sa)
{
  nomem(stralloc_0(sa));
  return sa->s;
}

/* The last two words of a listener's options, and -a for each further one. */
static char const *make_listen(struct list const *l)
{
  stralloc sa = STRALLOC_ZERO;
  char const *colon = strrchr(l->word[0], ':');
  int six = l->word[0][0] == '[';

  for (size_t i = 1; i < l->n; i++)
    cats(&sa, "-a ", l->word[i], " ");
  nomem(stralloc_catb(&sa, l->word[0] + six,
                      (size_t)(colon - l->word[0]) - 2 * (size_t)six));
  cats(&sa, " ", colon + 1, "");
  return finish(&sa);
}

static char const *make_domains(struct conf const *c)
{
  stralloc sa = STRALLOC_ZERO;

  for (size_t i = 0; i < c->domains.n; i++)
    cats(&sa, c->domains.word[i], "\n", "");
  return finish(&sa);
}

static char const *make_aliases(struct conf const *c)
{
  char const *first = c->users.word[0];
  stralloc sa = STRALLOC_ZERO;

  cats(&sa, "# postern-aliases(5)\npostmaster: ", first, "\n");
  for (size_t i = 0; i < c->domains.n; i++) {
    cats(&sa, "postmaster@", c->domains.word[i], ": ");
    cats(&sa, first, "\nabuse@", c->domains.word[i]);
    cats(&sa, ": ", first, "\n");
  }
  return finish(&sa);
}

static char const *make_rules(struct conf const *c)
{
  static char const standard[] =
      "# postern-rules(5); after a change: postern-tcprules -f rules\n"
      "# rules.cdb rules.tmp\n"
      "# A password needs TLS, except where a rule waives it:\n"
      "# 10.1.2.:allow,POSTERN_PLAINAUTH=\"ok\"\n"
      ":allow\n";
  stralloc sa = STRALLOC_ZERO;
  size_t n;
  int fd;

  if (!c->rules) return standard;
  fd = open(c->rules, O_RDONLY | O_CLOEXEC);
  if (fd < 0) strerr_diefu2sys(111, "open ", c->rules);
  nomem(stralloc_ready(&sa, RULES_MAX + 1));
  errno = 0;
  n = allread(fd, sa.s, RULES_MAX + 1);
  if (errno) strerr_diefu2sys(111, "read ", c->rules);
  if (n > RULES_MAX || memchr(sa.s, 0, n))
    strerr_dief2x(100, "too long, or has a NUL: ", c->rules);
  close(fd);
  sa.len = n;
  return finish(&sa);
}

static char const *make_identity(struct id const *id, int as)
{
  char uid[UINT32_FMT], gid[UINT32_FMT];
  stralloc sa = STRALLOC_ZERO;

  if (!id->given) return "";
  uid[uint32_fmt(uid, id->uid)] = 0;
  gid[uint32_fmt(gid, id->gid)] = 0;
  cats(&sa, as ? "s6-applyuidgid -u " : "-u ", uid, " -g ");
  cats(&sa, gid, as ? " -G " : "", as ? gid : "");
  if (as) cats(&sa, " ", "", "");
  return finish(&sa);
}

static char const *make_path(struct conf const *c)
{
  stralloc sa = STRALLOC_ZERO;

  cats(&sa, c->bin, ":/usr/lib/execline/bin:/command", "");
  cats(&sa, ":/usr/local/bin:/usr/bin:/bin", "", "");
  return finish(&sa);
}

static char const *make_certs(struct conf const *c)
{
  stralloc sa = STRALLOC_ZERO;

  if (c->certs) return c->certs;
  cats(&sa, c->home, "/", LAYOUT_CERTS);
  return finish(&sa);
}

static char const *make_token_key(void)
{
  stralloc sa = STRALLOC_ZERO;

  nomem(stralloc_ready(&sa, TOKEN_KEY_LEN + 1));
  random_name(sa.s, TOKEN_KEY_LEN);
  sa.s[TOKEN_KEY_LEN] = 0;
  return sa.s;
}

static char const *make_catchall(struct conf const *c)
{
  stralloc sa = STRALLOC_ZERO;

  if (!c->outside) return "";
  cats(&sa, "-c ", c->home, "/mail/outside/Maildir ");
  return finish(&sa);
}

/* --- writing --- */

static void own(struct conf const *c, char const *path, enum layout_owner owner,
                enum layout_owner group)
{
  if (!c->split) return;
  if (lchown(path, c->ids[owner].uid, c->ids[group].gid) < 0)
    strerr_diefu2sys(111, "change the owner of ", path);
}

/* The umask of the caller is no matter: the table says who may what. */
static void make_file(struct conf const *c, struct layout_entry const *e,
                      struct template_value const *values)
{
  int fd = open(e->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  stralloc sa = STRALLOC_ZERO;
  int r = template_fill(&sa, e->text, values);

  nomem(r >= 0);
  if (!r) strerr_dief2x(101, "bad template: ", e->path);
  if (fd < 0 || allwrite(fd, sa.s, sa.len) < sa.len ||
      fchmod(fd, e->mode) < 0 || close(fd) < 0)
    strerr_diefu2sys(111, "write ", e->path);
  own(c, e->path, e->owner, e->group);
  stralloc_free(&sa);
}

static void make_directory(struct conf const *c, struct layout_entry const *e)
{
  if (mkdir(e->path, 0700) < 0 || chmod(e->path, e->mode) < 0)
    strerr_diefu2sys(111, "make ", e->path);
  own(c, e->path, e->owner, e->group);
}

static void make_layout(struct conf const *c)
{
  struct id const *id = c->ids;
  struct listener const *l = c->listener;
  struct template_value const values[] = {
      {"home", c->home},
      {"bin", c->bin},
      {"path", make_path(c)},
      {"me", c->me},
      {"domains", make_domains(c)},
      {"databytes", c->databytes},
      {"aliases", make_aliases(c)},
      {"rules", c->rules},
      {"catchall", make_catchall(c)},
      {"certs", make_certs(c)},
      {"token-key", make_token_key()},
      {l[0].name, make_listen(&l[0].at)},
      {l[1].name, make_listen(&l[1].at)},
      {l[2].name, make_listen(&l[2].at)},
      {l[3].name, make_listen(&l[3].at)},
      {l[4].name, make_listen(&l[4].at)},
      {"gate", make_identity(id + LAYOUT_GATE, 0)},
      {"tls", make_identity(id + LAYOUT_TLS, 0)},
      {"as-mail", make_identity(id + LAYOUT_MAIL, 1)},
      {"as-auth", make_identity(id + LAYOUT_AUTH, 1)},
      {"as-log", make_identity(id + LAYOUT_LOG, 1)},
      {0, 0},
  };

  for (struct layout_entry const *e = layout; e->when != LAYOUT_NEVER; e++) {
    if (e->when == (c->split ? LAYOUT_PLAIN : LAYOUT_SPLIT)) continue;
    if (c->certs && !strcmp(e->path, LAYOUT_CERTS)) continue;
    if (e->text)
      make_file(c, e, values);
    else
      make_directory(c, e);
  }
}

/* mail/NAME with its Maildir. */
static void make_mailbox(struct conf const *c, char const *name)
{
  static char const *const parts[] = {"", "/Maildir", "/Maildir/tmp",
                                      "/Maildir/new", "/Maildir/cur"};

  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    stralloc path = STRALLOC_ZERO;

    cats(&path, "mail/", name, parts[i]);
    if (mkdir(finish(&path), 0700) < 0 || chmod(path.s, i ? 0700 : 0711) < 0)
      strerr_diefu2sys(111, "make ", path.s);
    own(c, path.s, LAYOUT_MAIL, LAYOUT_MAIL);
    stralloc_free(&path);
  }
}

/* Run a program of ours with that on its descriptor 0. */
static void run(struct conf const *c, char const *name, char const *const *argv,
                char const *input)
{
  posix_spawn_file_actions_t actions;
  stralloc path = STRALLOC_ZERO;
  int fd[2], status, e;
  pid_t pid;

  cats(&path, c->bin, "/", name);
  if (pipe2(fd, O_CLOEXEC) < 0) strerr_diefu1sys(111, "make a pipe");
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fd[0], 0);
  e = posix_spawn(&pid, finish(&path), &actions, 0, (char *const *)argv,
                  environ);
  posix_spawn_file_actions_destroy(&actions);
  if (e) {
    errno = e;
    strerr_diefu2sys(111, "run ", path.s);
  }
  close(fd[0]);
  if (allwrite(fd[1], input, strlen(input)) < strlen(input) || close(fd[1]) < 0)
    strerr_diefu2sys(111, "write to ", path.s);
  if (wait_pid(pid, &status) < 0) strerr_diefu2sys(111, "wait for ", path.s);
  if (!WIFEXITED(status) || WEXITSTATUS(status))
    strerr_dief2x(111, "failed: ", path.s);
  stralloc_free(&path);
}

static void tell(char const *user, char const *password)
{
  stralloc line = STRALLOC_ZERO;

  cats(&line, user, " ", password); /* which has its newline */
  if (allwrite(1, line.s, line.len) < line.len)
    strerr_diefu1sys(111, "write to stdout");
  stralloc_free(&line);
}

static void add_user(struct conf const *c, char const *user)
{
  char uid[UINT32_FMT], gid[UINT32_FMT], password[PASSWORD_LEN + 2];
  stralloc home = STRALLOC_ZERO;
  char const *argv[16] = {"postern-passwd", "-f", "users/users", "add", "-c"};
  size_t n = 5;

  uid[uint32_fmt(uid, c->ids[LAYOUT_MAIL].uid)] = 0;
  gid[uint32_fmt(gid, c->ids[LAYOUT_MAIL].gid)] = 0;
  if (c->split) {
    argv[n++] = "-u";
    argv[n++] = uid;
    argv[n++] = "-g";
    argv[n++] = gid;
  }
  cats(&home, c->home, "/mail/", user);
  argv[n++] = "-d";
  argv[n++] = finish(&home);
  argv[n++] = user;

  make_mailbox(c, user);
  do /* one that a mail program does not take for an option */
    random_name(password, PASSWORD_LEN);
  while (*password == '-');
  password[PASSWORD_LEN] = '\n';
  password[PASSWORD_LEN + 1] = 0;
  run(c, "postern-passwd", argv, password);
  tell(user, password);
  explicit_bzero(password, sizeof password);
  stralloc_free(&home);
}

static void compile(struct conf const *c)
{
  static char const *const passwd[] = {"postern-passwd",      "compile",
                                       "users/users",         "users/users.cdb",
                                       "users/mailboxes.cdb", 0};
  static char const *const rules[] = {"postern-tcprules", "-f",        "rules",
                                      "rules.cdb",        "rules.tmp", 0};

  run(c, "postern-passwd", passwd, "");
  run(c, "postern-tcprules", rules, "");
}

static void make_home(struct conf const *c)
{
  stralloc work = STRALLOC_ZERO;

  cats(&work, c->home, ".new", "");
  if (!access(c->home, F_OK)) strerr_dief2x(100, "exists: ", c->home);
  if (mkdir(finish(&work), 0755) < 0) strerr_diefu2sys(111, "make ", work.s);
  if (chmod(work.s, 0755) < 0 || chdir(work.s) < 0)
    strerr_diefu2sys(111, "enter ", work.s);
  make_layout(c);
  if (c->outside) make_mailbox(c, "outside");
  for (size_t i = 0; i < c->users.n; i++)
    add_user(c, c->users.word[i]);
  compile(c);
  if (rename(work.s, c->home) < 0)
    strerr_diefu4sys(111, "rename ", work.s, " to ", c->home);
  stralloc_free(&work);
}

int main(int argc, char const *const *argv)
{
  struct conf c = {
      .databytes = "33554432",
      .listener =
          {
              {'s', "smtp", "25", {.n = 0}},
              {'e', "submission", "587", {.n = 0}},
              {'E', "submissions", "465", {.n = 0}},
              {'p', "pop3", "110", {.n = 0}},
              {'P', "pop3s", "995", {.n = 0}},
          },
  };
  subgetopt l = SUBGETOPT_ZERO;

  PROG = "postern-conf";
  for (;;) {
    int opt =
        subgetopt_r(argc, argv, "h:d:s:e:E:p:P:c:U:b:r:oB:G:M:A:T:L:", &l);

    if (opt == -1) break;
    option(&c, opt, l.arg);
  }
  if (argc - l.ind != 1 || !c.users.n) dieusage();
  c.home = argv[l.ind];
  check_ids(&c);
  set_defaults(&c);
  check(&c);
  c.rules = make_rules(&c);
  umask(022);
  make_home(&c);
  return 0;
}
