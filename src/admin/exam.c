#include "exam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include "text.h"

#define FIELDS 6

/* --- files --- */

static int has_uid(struct exam_gate const *g, uid_t uid)
{
  for (size_t i = 0; i < g->nuid; i++)
    if (g->uid[i] == uid && uid) return 1;
  return 0;
}

static int has_gid(struct exam_gate const *g, gid_t gid)
{
  for (size_t i = 0; i < g->ngid; i++)
    if (g->gid[i] == gid && gid) return 1;
  return 0;
}

/* An ordinary user's installation faces the network as him: then there is
   nobody to be kept out. */
static int is_gates(struct exam_file const *x, struct exam_gate const *g)
{
  return has_uid(g, x->uid) && x->uid != x->owner;
}

static void secret(struct findings *f, struct exam_file const *x,
                   struct exam_gate const *g)
{
  struct place at = {x->path, 0};

  if (x->mode & 07) {
    FINDING(f, DANGER, at, "a secret, and everybody can read or write it");
    COMMAND(f, "chmod o= %", x->path);
  } else if (is_gates(x, g)) {
    FINDING(f, DANGER, at, "a secret of the user who faces the network");
    COMMAND(f, "chown root %", x->path);
  } else if (x->mode & 040 && has_gid(g, x->gid)) {
    FINDING(f, DANGER, at,
            "a secret that the group which faces the network can read");
    COMMAND(f, "chmod g= %", x->path);
  } else if (x->mode & 020) {
    FINDING(f, FAULT, at, "a secret that its group can change");
    COMMAND(f, "chmod g-w %", x->path);
  }
}

static void store(struct findings *f, struct exam_file const *x,
                  struct exam_gate const *g)
{
  struct place at = {x->path, 0};

  if (x->mode & 022) {
    FINDING(f, DANGER, at,
            "a store that others than its owner can write to: it is refused, "
            "or they grant what they like");
    COMMAND(f, "chmod go-w %", x->path);
  } else if (is_gates(x, g)) {
    FINDING(f, DANGER, at,
            "a store of the user who faces the network: he could grant "
            "himself what he likes");
    finding_hint(f, "give it to the user who records, with chown");
  }
}

static void say(struct findings *f, struct exam_file const *x,
                struct exam_gate const *g)
{
  struct place at = {x->path, 0};

  if (x->mode & 02) {
    FINDING(f, DANGER, at, "everybody can change it");
    COMMAND(f, "chmod o-w %", x->path);
  } else if (is_gates(x, g)) {
    FINDING(f, DANGER, at, "the user who faces the network can change it");
    COMMAND(f, "chown root %", x->path);
  } else if (x->mode & 020 && has_gid(g, x->gid)) {
    FINDING(f, DANGER, at, "the group that faces the network can change it");
    COMMAND(f, "chmod g-w %", x->path);
  } else if (x->uid && x->uid != x->owner) {
    FINDING(f, DANGER, at, "belongs to neither root nor who owns the rest");
    COMMAND(f, "chown root %", x->path);
  }
}

static void other(struct findings *f, struct exam_file const *x)
{
  struct place at = {x->path, 0};

  /* a socket's door is the directory that it stands in; nobody takes what is
     another's out of a sticky one */
  if (!(x->mode & 02) || S_ISLNK(x->mode) || S_ISSOCK(x->mode) ||
      (S_ISDIR(x->mode) && x->mode & S_ISVTX))
    return;
  FINDING(f, DANGER, at, "everybody can change it");
  COMMAND(f, "chmod o-w %", x->path);
}

void exam_file(struct findings *f, enum exam_role role,
               struct exam_file const *x, struct exam_gate const *gate)
{
  switch (role) {
  case ROLE_SECRET: secret(f, x, gate); break;
  case ROLE_STORE: store(f, x, gate); break;
  case ROLE_SAY: say(f, x, gate); break;
  case ROLE_OTHER: other(f, x); break;
  }
}

/* --- scripts --- */

static char *copy(char const *text, size_t n)
{
  char *s = malloc(n + 1);

  if (!s) return 0;
  memcpy(s, text, n);
  s[n] = 0;
  return s;
}

static size_t line_of(char const *s, size_t at)
{
  size_t line = 1;

  for (size_t i = 0; i < at; i++)
    line += s[i] == '\n';
  return line;
}

char *exam_interpreter(char const *s, size_t n)
{
  size_t i = 2, k;

  if (n < 2 || memcmp(s, "#!", 2)) return 0;
  while (i < n && (s[i] == ' ' || s[i] == '\t'))
    i++;
  for (k = i; k < n && !strchr(" \t\r\n", s[k]);)
    k++;
  return k > i ? copy(s + i, k - i) : 0;
}

void exam_script(struct findings *f, struct exam_script const *x)
{
  struct place at = {x->path, 0};
  char const *cr;

  if (!x->there) {
    FINDING(f, FAULT, at, "is missing: the service does not start");
    finding_hint(f, "write it, or take the directory away");
  } else if (!(x->mode & 0111)) {
    FINDING(f, FAULT, at, "cannot be executed: the service does not start");
    COMMAND(f, "chmod a+x %", x->path);
  } else if (x->n >= 4 && !memcmp(x->s, "\177ELF", 4)) {
    return;
  } else if ((cr = memmem(x->s, x->n, "\r\n", 2))) {
    at.line = line_of(x->s, (size_t)(cr - x->s));
    FINDING(f, FAULT, at, "a CR ends the line: the service does not start");
    COMMAND(f, "sed -i 's/\\r$//' %", x->path);
  } else if (!x->interpreter) {
    at.line = 1;
    FINDING(f, FAULT, at,
            "names no interpreter that is there: the service does not start");
    finding_hint(f, "begin it with #! and the whole path of one");
  }
}

/* --- services --- */

static void service(struct findings *f, char const *scan,
                    struct exam_service const *x)
{
  struct place at = {x->dir, 0};
  char const *s = x->status;

  if (x->supervised < 0) {
    finding_unseen(f, at, s);
    finding_hint(f, FINDING_AS_ROOT);
  } else if (!x->supervised) {
    FINDING(f, FAULT, at, "nobody looks after this service");
    COMMAND(f, "s6-svscanctl -a %", scan);
  } else if (!strncmp(s, "false false", 11)) {
    FINDING(f, FAULT, at, "the service was told to be down");
    COMMAND(f, "s6-svc -u %", x->dir);
  } else if (!strncmp(s, "false", 5)) {
    FINDING(f, FAULT, at, "the service does not come up");
    if (x->log) COMMAND(f, "tail -n 20 %", x->log);
  } else if (strstr(s, "false")) {
    FINDING(f, FAULT, at, "the service is up, and not ready");
    if (x->log) COMMAND(f, "tail -n 20 %", x->log);
  }
}

void exam_services(struct findings *f, char const *scan,
                   struct exam_service const *x, size_t n)
{
  size_t alone = 0;

  for (size_t i = 0; i < n; i++)
    alone += !x[i].supervised;
  if (n && alone == n) {
    FINDING(f, FAULT, ((struct place){scan, 0}), "no service runs");
    COMMAND(f, "s6-svscan % &", scan);
    return;
  }
  for (size_t i = 0; i < n; i++)
    service(f, scan, x + i);
}

/* --- stores --- */

void exam_store(struct findings *f, struct exam_store const *x)
{
  struct place at = {x->path, 0};
  char n[SIZE_FMT];

  if (x->stale) {
    n[size_fmt(n, x->stale)] = 0;
    FINDING(f, ADVICE, at, "records that ended over an hour ago: ", n,
            "; is there a cron line for postern-clean?");
    COMMAND(f, "postern-clean %", x->path);
  }
  if (x->alien) {
    n[size_fmt(n, x->alien)] = 0;
    FINDING(f, FAULT, at, "entries that are no records: ", n, "");
    COMMAND(f, "rm -r %", x->first);
  }
}

/* --- certificates --- */

/* One line of postern-certs(8). */
struct cert {
  char *verdict;
  char *end;
  char *days;
  char *name;
  char *file;
  char *names;
};

static int cert_scan(struct cert *c, char *line)
{
  char *field[FIELDS];

  for (int i = 0; i < FIELDS; i++) {
    field[i] = line;
    if (i == FIELDS - 1) break;
    line = strchr(line, ' ');
    if (!line) return 0;
    *line++ = 0;
  }
  *c =
      (struct cert){field[0], field[1], field[2], field[3], field[4], field[5]};
  return 1;
}

/* "bad - - - FILE: REASON", of which cert_scan made FILE: a field of its own */
static void bad_cert(struct findings *f, struct cert *c)
{
  size_t n = strlen(c->file);

  if (n && c->file[n - 1] == ':') c->file[n - 1] = 0;
  if (strstr(c->names, "Permission denied")) {
    finding_unseen(f, (struct place){c->file, 0}, c->names);
    return;
  }
  FINDING(f, FAULT, ((struct place){c->file, 0}),
          "postern-tlsd refuses these certificates: ", c->names);
  finding_hint(f, "mend or remove it; until then the service goes on with the "
                  "certificates it has, and does not start anew");
}

static void age(struct findings *f, struct cert const *c)
{
  struct place at = {c->file, 0};

  if (!strcmp(c->verdict, "expired"))
    FINDING(f, DANGER, at, "the certificate expired on ", c->end, "");
  else if (!strcmp(c->verdict, "early"))
    FINDING(f, FAULT, at, "the certificate is not valid yet");
  else if (!strcmp(c->verdict, "soon"))
    FINDING(f, ADVICE, at, "the certificate expires on ", c->end, ": in ",
            c->days, " days");
  else
    return;
  finding_hint(f, "renew it; postern-tlsd takes the new file by itself");
}

/* Names match whole; * stands for one label (RFC 6125 section 6.4.3). */
static int matches(char const *pattern, size_t n, char const *host)
{
  char const *dot = strchr(host, '.');

  if (n > 2 && pattern[0] == '*' && pattern[1] == '.' && dot)
    return text_equal(pattern + 1, n - 1, dot, strlen(dot));
  return text_equal(pattern, n, host, strlen(host));
}

static int is_for(char const *names, char const *host)
{
  while (*names) {
    size_t n = strcspn(names, ",");

    if (matches(names, n, host)) return 1;
    names += n + (names[n] == ',');
  }
  return 0;
}

/* How a server chooses among names: 3 itself, 2 the wildcard, 1 default. */
static int rank(char const *name, char const *me)
{
  if (text_equal(name, strlen(name), me, strlen(me))) return 3;
  if (*name == '*' && matches(name, strlen(name), me)) return 2;
  return !strcmp(name, "default");
}

struct chosen {
  int rank;
  int good;
  char *file;
};

static void choose(struct chosen *w, struct cert const *c, char const *me)
{
  int r = rank(c->name, me), good = is_for(c->names, me);

  if (w->file && r < w->rank) return;
  if (w->file && r == w->rank) {
    /* without a default, everybody else gets the first; of two kinds of key
       each must do */
    if (r) w->good &= good;
    return;
  }
  *w = (struct chosen){r, good, c->file};
}

void exam_certs(struct findings *f, char const *text, size_t n, char const *me)
{
  char *all = copy(text, n), *line = all, *end;
  struct chosen w = {0};
  struct cert c;

  if (!all) f->nomem = 1;
  for (; line && (end = strchr(line, '\n')); line = end + 1) {
    *end = 0;
    if (!cert_scan(&c, line)) continue;
    if (!strcmp(c.verdict, "bad")) {
      bad_cert(f, &c);
      continue;
    }
    age(f, &c);
    if (me) choose(&w, &c, me);
  }
  if (w.file && !w.good) {
    FINDING(f, FAULT, ((struct place){w.file, 0}), "who asks for ", me,
            " gets this certificate, which is not for that name");
    finding_hint(f, "get one that names it, or say in control/me who we are");
  }
  free(all);
}

/* --- who judges passwords --- */

void exam_checker(struct findings *f, struct place at, char const *name,
                  enum checker_result result, char const *reason)
{
  switch (result) {
  case CHECKER_WRONG: return;
  case CHECKER_OK:
    FINDING(f, DANGER, at, "every password is right for ", name,
            ": anybody may log in, and relay");
    finding_hint(f, "name a program that checks passwords; what it runs "
                    "afterwards stands behind it");
    return;
  case CHECKER_FAILED:
  case CHECKER_TOO_LONG:
    FINDING(f, FAULT, at, "", name,
            " cannot say whether a password is right: ", reason);
    finding_hint(f, "run it by hand, and see what it says on its descriptor 2");
  }
}
