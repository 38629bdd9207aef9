#include "estate.h"

#include <stdlib.h>
#include <string.h>

#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>

#define OPTIONS 4

struct option {
  char letter;
  enum thing_kind kind;
};

struct reading;
typedef int take(struct reading *k, size_t at, int argc,
                 char const *const *argv, int flags);

struct known {
  char const *name;
  char const *letters;
  struct option option[OPTIONS];
  char const *flags; /* letters, the first is bit 1 of flags ... */
  take *rest;        /* what follows the options */
};

struct reading {
  struct estate *e;
  struct runline *r;
  struct findings *f;
  char const *file;
  char const *dir; /* where relative paths begin */
  char *changed;   /* that, after a cd; owned */
  int listening;   /* a listener's word was read; 2: ours, which clears names */
  int exported;    /* RELAYCLIENT was set before it */
  struct place export;
};

/* --- what is kept --- */

static struct thing *things(struct estate const *e)
{
  return genalloc_s(struct thing, &e->things);
}

struct thing const *estate_next(struct estate const *e, enum thing_kind kind,
                                size_t *pos)
{
  while (*pos < genalloc_len(struct thing, &e->things)) {
    struct thing const *t = things(e) + (*pos)++;
    if (t->kind == kind) return t;
  }
  return 0;
}

struct thing const *estate_first(struct estate const *e, enum thing_kind kind)
{
  size_t pos = 0;

  return estate_next(e, kind, &pos);
}

/* Owned; 0 without memory. */
static char *absolute(char const *path, char const *dir)
{
  stralloc sa = STRALLOC_ZERO;
  int good = *path == '/' || !*path ||
             (stralloc_cats(&sa, dir) && stralloc_append(&sa, '/'));
  char *s;

  while (!strncmp(path, "./", 2))
    path += 2;
  good = good && stralloc_cats(&sa, path) && stralloc_0(&sa);
  s = good ? strdup(sa.s) : 0;
  stralloc_free(&sa);
  return s;
}

static int is_path(enum thing_kind kind)
{
  return kind != THING_GATE && kind != THING_GATES && kind != THING_OPEN &&
         kind != THING_PATH;
}

static int keep(struct estate *e, struct thing *t)
{
  size_t pos = 0;
  struct thing const *x;

  if (!t->path) return 0;
  while ((x = estate_next(e, t->kind, &pos)))
    if (!strcmp(x->path, t->path) && !t->argv) {
      free(t->path);
      return 1;
    }
  if (genalloc_append(struct thing, &e->things, t)) return 1;
  free(t->path);
  return 0;
}

int estate_add(struct estate *e, enum thing_kind kind, char const *path,
               char const *dir, struct place said)
{
  struct thing t = {.kind = kind, .said = said};

  t.path = is_path(kind) ? absolute(path, dir) : strdup(path);
  return keep(e, &t);
}

void estate_free(struct estate *e)
{
  for (size_t i = 0; i < genalloc_len(struct thing, &e->things); i++)
    free(things(e)[i].path);
  for (size_t i = 0; i < genalloc_len(struct runline *, &e->runlines); i++) {
    runline_free(genalloc_s(struct runline *, &e->runlines)[i]);
    free(genalloc_s(struct runline *, &e->runlines)[i]);
  }
  genalloc_free(struct thing, &e->things);
  genalloc_free(struct runline *, &e->runlines);
}

/* --- what words say --- */

static struct place place(struct reading const *k, size_t at)
{
  return (struct place){k->file, k->r->line[at]};
}

/* The word may be many words away from the program's: the line is its own. */
static size_t index_of(struct reading const *k, size_t at, char const *word)
{
  for (size_t i = at; i < k->r->n; i++)
    if (k->r->word[i] == word) return i;
  return at;
}

static int add(struct reading *k, size_t at, enum thing_kind kind,
               char const *word)
{
  struct place said = place(k, index_of(k, at, word));

  if (!strchr(word, '$')) return estate_add(k->e, kind, word, k->dir, said);
  finding_unseen(k->f, said, "what this word is, is known when it runs");
  finding_hint(k->f, "write out what it stands for, or look at that with an "
                     "option");
  return 1;
}

static int add_checker(struct reading *k, size_t at, char const *const *argv)
{
  struct thing t = {.kind = THING_CHECKER,
                    .argv = argv,
                    .said = place(k, index_of(k, at, *argv))};

  t.path = strdup(*argv);
  return keep(k->e, &t);
}

static int rest_first_store(struct reading *k, size_t at, int argc,
                            char const *const *argv, int flags)
{
  (void)flags;
  return !argc || add(k, at, THING_STORE, argv[0]);
}

static int rest_all_stores(struct reading *k, size_t at, int argc,
                           char const *const *argv, int flags)
{
  (void)flags;
  for (int i = 0; i < argc && *argv[i] == '/'; i++)
    if (!add(k, at, THING_STORE, argv[i])) return 0;
  return 1;
}

static int rest_users(struct reading *k, size_t at, int argc,
                      char const *const *argv, int flags)
{
  (void)flags;
  return !argc || add(k, at, THING_USERS, argv[0]);
}

static int rest_mailboxes(struct reading *k, size_t at, int argc,
                          char const *const *argv, int flags)
{
  (void)flags;
  return !argc || add(k, at, THING_MAILBOXES, argv[0]);
}

static int rest_certs(struct reading *k, size_t at, int argc,
                      char const *const *argv, int flags)
{
  (void)flags;
  return argc < 2 || add(k, at, THING_CERTS, argv[1]);
}

static int rest_authd(struct reading *k, size_t at, int argc,
                      char const *const *argv, int flags)
{
  if (!argc) return 1;
  return flags & 1 ? add_checker(k, at, argv)
                   : add(k, at, THING_USERS, argv[0]);
}

/* [hostname] checker subprogram, of which the first only with -d. */
static int rest_smtpd(struct reading *k, size_t at, int argc,
                      char const *const *argv, int flags)
{
  int d = flags & 1;

  if (!(flags & 4) && !add(k, at, THING_CONTROL, "control")) return 0;
  if (flags & 2 || argc <= d) return 1;
  return add_checker(k, at, argv + d);
}

static int rest_popup(struct reading *k, size_t at, int argc,
                      char const *const *argv, int flags)
{
  return flags & 1 || argc < 2 || add_checker(k, at, argv + 1);
}

static int rest_listener(struct reading *k, size_t at, int argc,
                         char const *const *argv, int flags)
{
  (void)argc;
  (void)argv;
  /* ours clears what would be passed on, unless it is told not to */
  k->listening = !strncmp(k->r->word[at], "postern-", 8) ||
                         strstr(k->r->word[at], "/postern-")
                     ? 2
                     : 1;
  if (k->exported && (k->listening == 1 || flags & 1)) {
    struct thing t = {
        .kind = THING_OPEN, .path = strdup(""), .said = k->export};
    return keep(k->e, &t);
  }
  return 1;
}

static int rest_foreign(struct reading *k, size_t at, int argc,
                        char const *const *argv, int flags)
{
  (void)argc;
  (void)argv;
  (void)flags;
  return estate_add(k->e, THING_FOREIGN, "/var/qmail/control", k->dir,
                    place(k, at));
}

#define LISTENER "dDvqQhHrR1UXx:t:u:g:l:b:B:c:pPoOa:C:f:j:km:N:T:y:"
#define LISTENER_OPTIONS                                                       \
  {                                                                            \
    {'x', THING_RULES}, {'u', THING_GATE}, { 'g', THING_GATES }                \
  }

static struct known const known[] = {
    {"postern-tcpserver", LISTENER, LISTENER_OPTIONS, "k", rest_listener},
    {"tcpserver", LISTENER, LISTENER_OPTIONS, "k", rest_listener},
    {"postern-smtpd",
     "C:U:N:n:q:m:a:O:pd",
     {{'C', THING_CONTROL},
      {'U', THING_MAILBOXES},
      {'N', THING_STORE},
      {'N', THING_NAMES}},
     "daC",
     rest_smtpd},
    {"postern-popup", "Apm:O:a:n:d:t:T:", {{0}}, "a", rest_popup},
    {"postern-grant-check", "t:6:", {{0}}, "", rest_first_store},
    {"postern-grant-record", "qt:6:", {{0}}, "", rest_first_store},
    {"postern-name-record", "", {{0}}, "", rest_first_store},
    {"postern-clean",
     "r:x:",
     {{'r', THING_SOURCE}, {'x', THING_RULES}},
     "",
     rest_all_stores},
    {"postern-checkpassword",
     "pUG:T:",
     {{'T', THING_TOKEN}, {'G', THING_STORE}},
     "",
     rest_users},
    {"postern-authd",
     "pxm:T:G:s:u:g:H:d:c:N:O:",
     {{'T', THING_TOKEN}, {'G', THING_STORE}},
     "x",
     rest_authd},
    {"postern-mailbox", "U", {{0}}, "", rest_mailboxes},
    {"postern-tlsd", "qu:g:r:d:m:c:H:t:w:T:k:v:", {{0}}, "", rest_certs},
    {"postern-queue-maildir",
     "A:c:mt:T:",
     {{'A', THING_ALIASES}},
     "",
     rest_mailboxes},
    {"qmail-smtpd", "", {{0}}, "", rest_foreign},
};

/* --- reading --- */

static int option(struct reading *k, size_t at, struct known const *p,
                  int letter, char const *arg, int *flags)
{
  char const *flag = strchr(p->flags, letter);

  if (flag) *flags |= 1 << (flag - p->flags);
  for (int i = 0; i < OPTIONS && p->option[i].letter; i++) {
    if (p->option[i].letter != letter) continue;
    if (!add(k, at, p->option[i].kind, arg)) return 0;
    if (strchr(arg, '$')) break; /* that was said */
  }
  return 1;
}

/* -q and -n of postern-smtpd are run lines of their own. */
static int nested(struct reading *k, size_t at, char const *words)
{
  struct runline *r = calloc(1, sizeof *r);
  size_t line = k->r->line[index_of(k, at, words)];

  if (r && runline_parse(r, words, strlen(words), line))
    return estate_read(k->e, r, k->dir, k->file, k->f);
  if (r) runline_free(r);
  free(r);
  return 0;
}

static int program(struct reading *k, size_t at, struct known const *p)
{
  char const *const *argv = k->r->word + at;
  int argc = (int)(k->r->n - at), flags = 0;
  subgetopt l = SUBGETOPT_ZERO;
  int smtpd = !strcmp(p->name, "postern-smtpd");

  l.err = 0;
  for (;;) {
    int opt = subgetopt_r(argc, argv, p->letters, &l);

    if (opt == -1) break;
    if (opt == '?' || opt == ':') return 1; /* it will say so itself */
    if (!option(k, at, p, opt, l.arg, &flags)) return 0;
    if (smtpd && (opt == 'q' || opt == 'n') && !nested(k, at, l.arg)) return 0;
  }
  return p->rest(k, at, argc - l.ind, argv + l.ind, flags);
}

static int change(struct reading *k, char const *to)
{
  char *dir = absolute(to, k->dir);

  free(k->changed);
  k->dir = k->changed = dir;
  return dir != 0;
}

static int is_relayclient(struct reading const *k, size_t at)
{
  char const *const *w = k->r->word + at;

  return (!strcmp(w[0], "export") && w[1] && !strcmp(w[1], "RELAYCLIENT")) ||
         !strncmp(w[0], "RELAYCLIENT=", 12);
}

static int relayclient(struct reading *k, size_t at)
{
  if (!k->listening) {
    k->exported = 1;
    k->export = place(k, at);
    return 1;
  }
  return estate_add(k->e, THING_OPEN, "", k->dir, place(k, at));
}

static int word(struct reading *k, size_t at)
{
  char const *const *w = k->r->word + at;
  char const *slash = strrchr(w[0], '/'), *base = slash ? slash + 1 : w[0];

  if (!strcmp(w[0], "cd") && w[1] && !strchr(w[1], '$')) return change(k, w[1]);
  if (!strcmp(w[0], "export") && w[1] && !strcmp(w[1], "PATH") && w[2])
    return estate_add(k->e, THING_PATH, w[2], k->dir, place(k, at));
  if (is_relayclient(k, at)) return relayclient(k, at);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp(base, known[i].name)) return program(k, at, known + i);
  return 1;
}

int estate_read(struct estate *e, struct runline *r, char const *dir,
                char const *file, struct findings *f)
{
  struct reading k = {.e = e, .r = r, .f = f, .file = file, .dir = dir};
  int good = genalloc_append(struct runline *, &e->runlines, &r);

  if (!good) {
    runline_free(r);
    free(r);
    return 0;
  }
  for (size_t i = 0; good && i < r->n; i++)
    good = word(&k, i);
  /* no listener: who is asked by it is everybody */
  if (good && k.exported && !k.listening)
    good = estate_add(e, THING_OPEN, "", k.dir, k.export);
  free(k.changed);
  return good;
}
