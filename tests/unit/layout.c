/* Unit test of src/admin/layout.c: for each kind of home, what stands where,
   whose it is, who may what, and what its text becomes. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "layout.h"
#include "template.h"
#include "unit.h"

#define PLAIN LAYOUT_PLAIN
#define SPLIT LAYOUT_SPLIT
#define ROOT LAYOUT_ROOT
#define GATE LAYOUT_GATE
#define MAIL LAYOUT_MAIL
#define AUTH LAYOUT_AUTH
#define LOG LAYOUT_LOG
#define ANY "?" /* a text that is not this row's matter */

/* Every name that a template may use. */
static struct template_value const values[] = {
    {"home", "/h"},          {"bin", "/b"},
    {"path", "/b:/bin"},     {"me", "mx.example"},
    {"domains", "d1\nd2\n"}, {"databytes", "99"},
    {"aliases", "a: b\n"},   {"rules", ":allow\n"},
    {"certs", "/c"},         {"token-key", "TOKEN-KEY"},
    {"catchall", "-c /o "},  {"smtp", "0 25"},
    {"submission", "0 587"}, {"submissions", "0 465"},
    {"pop3", "0 110"},       {"pop3s", "0 995"},
    {"gate", "-u 1 -g 1"},   {"tls", "-u 5 -g 5"},
    {"as-mail", "MAIL "},    {"as-auth", "AUTH "},
    {"as-log", "LOG "},      {0, 0},
};

#define START                                                                  \
  "#!/usr/bin/execlineb -P\nfdmove -c 2 1\nexport PATH /b:/bin\ncd /h\n"
#define LISTENER "postern-tcpserver -v -N 3 -T 10 -x rules.cdb -c 200 -C 20 "
#define AUTHD                                                                  \
  "postern-authd -d 3 -s run/authd/s -H mx.example\n"                          \
  "  -m \"PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS\"\n"           \
  "  -T users/token.key -G /h/guesses users/users.cdb\n"
#define SMTPD "postern-smtpd -C control -U users/mailboxes.cdb -a run/authd/s\n"
#define POPUP "postern-popup -a run/authd/s mx.example\n"
#define LOGIN                                                                  \
  "postern-checkpassword -T users/token.key users/users.cdb\n"                 \
  "postern-grant-record /h/grants\n"                                           \
  "postern-pop3d Maildir\n"
#define QUEUE                                                                  \
  "postern-queue-maildir -m -A control/aliases -t run/spool -c /o "            \
  "users/mailboxes.cdb"

static struct {
  enum layout_when home;
  enum layout_owner owner;
  enum layout_owner group;
  mode_t mode;
  char const *path;
  char const *text; /* 0: a directory */
} const t[] = {
    /* what every home has */
    {PLAIN, ROOT, ROOT, 0755, "control", 0},
    {SPLIT, ROOT, ROOT, 0755, "control", 0},
    {PLAIN, ROOT, ROOT, 0644, "control/me", "mx.example\n"},
    {PLAIN, ROOT, ROOT, 0644, "control/rcpthosts", "d1\nd2\n"},
    {SPLIT, ROOT, ROOT, 0644, "control/rcpthosts", "d1\nd2\n"},
    {PLAIN, ROOT, ROOT, 0644, "control/databytes", "99\n"},
    {PLAIN, ROOT, ROOT, 0644, "control/aliases", "a: b\n"},
    {PLAIN, ROOT, ROOT, 0644, "rules", ":allow\n"},
    {SPLIT, ROOT, ROOT, 0644, "rules", ":allow\n"},
    {SPLIT, ROOT, ROOT, 0644, "users/mailboxes.cdb", ""},
    {SPLIT, ROOT, ROOT, 0755, "service", 0},

    /* who may read a password, write a grant, enter a mailbox */
    {PLAIN, ROOT, ROOT, 0600, "users/users", ""},
    {SPLIT, ROOT, ROOT, 0600, "users/users", ""},
    {SPLIT, ROOT, AUTH, 0440, "users/users.cdb", ""},
    {PLAIN, ROOT, AUTH, 0440, "users/token.key", "TOKEN-KEY"},
    {SPLIT, ROOT, AUTH, 0440, "users/token.key", "TOKEN-KEY"},
    {SPLIT, MAIL, GATE, 0750, "grants", 0},
    {SPLIT, MAIL, GATE, 0750, "names", 0},
    {PLAIN, AUTH, AUTH, 0700, "guesses", 0},
    {SPLIT, AUTH, AUTH, 0700, "guesses", 0},
    {SPLIT, MAIL, MAIL, 0711, "mail", 0},
    {SPLIT, MAIL, MAIL, 0700, "run/spool", 0},
    {SPLIT, MAIL, GATE, 0710, "run/queue", 0},
    {SPLIT, MAIL, GATE, 0710, "run/names", 0},
    {SPLIT, ROOT, GATE, 0710, "run/login", 0},

    /* who may read a key, speak TLS, ask about a password */
    {PLAIN, ROOT, ROOT, 0700, "tls/certs", 0},
    {SPLIT, ROOT, ROOT, 0700, "tls/certs", 0},
    {SPLIT, ROOT, ROOT, 0755, "tls/empty", 0},
    {PLAIN, ROOT, GATE, 0710, "run/tlsd", 0},
    {SPLIT, ROOT, GATE, 0710, "run/tlsd", 0},
    {PLAIN, AUTH, GATE, 0710, "run/authd", 0},
    {SPLIT, AUTH, GATE, 0710, "run/authd", 0},

    /* one user who does it all */
    {PLAIN, ROOT, ROOT, 0755, "service/tlsd/run",
     START "postern-tlsd -d 3 run/tlsd/s /c\n"},
    {PLAIN, ROOT, ROOT, 0755, "service/smtp/run",
     START LISTENER "0 25\n"
                    "postern-starttls run/tlsd/s\n"
                    "postern-grant-check /h/grants\n" SMTPD
                    "  -N /h/names\n  -q \"" QUEUE "\"\n"},
    {PLAIN, ROOT, ROOT, 0755, "service/submission/run",
     START "export SMTPAUTH !\n" LISTENER "0 587\n"
           "postern-starttls -r run/tlsd/s\n" SMTPD "  -q \"" QUEUE "\"\n"},
    {PLAIN, ROOT, ROOT, 0755, "service/submissions/run",
     START "export SMTPAUTH !\n" LISTENER "0 465\n"
           "postern-starttls -i run/tlsd/s\n" SMTPD "  -q \"" QUEUE "\"\n"},
    {PLAIN, ROOT, ROOT, 0755, "service/pop3/run",
     START LISTENER "0 110\n"
                    "postern-starttls run/tlsd/s\n" POPUP LOGIN},
    {PLAIN, ROOT, ROOT, 0755, "service/pop3s/run",
     START LISTENER "0 995\n"
                    "postern-starttls -i run/tlsd/s\n" POPUP LOGIN},
    {PLAIN, ROOT, ROOT, 0644, "cron",
     "# For crontab(1): remove what has expired.\n"
     "*/5 * * * * /b/postern-clean /h/grants /h/guesses /h/names\n"},

    /* a user for each task */
    {SPLIT, ROOT, ROOT, 0755, "service/tlsd/run",
     START "postern-tlsd -d 3 -u 5 -g 5 -r tls/empty run/tlsd/s /c\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/smtp/run",
     START LISTENER "-u 1 -g 1 0 25\n"
                    "postern-starttls run/tlsd/s\n"
                    "postern-grant-check /h/grants\n" SMTPD
                    "  -N /h/names -n \"s6-sudo run/names/s\"\n"
                    "  -q \"s6-sudo run/queue/s\"\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/submission/run",
     START "export SMTPAUTH !\n" LISTENER "-u 1 -g 1 0 587\n"
           "postern-starttls -r run/tlsd/s\n" SMTPD
           "  -q \"s6-sudo run/queue/s\"\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/submissions/run",
     START "export SMTPAUTH !\n" LISTENER "-u 1 -g 1 0 465\n"
           "postern-starttls -i run/tlsd/s\n" SMTPD
           "  -q \"s6-sudo run/queue/s\"\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/pop3/run",
     START LISTENER "-u 1 -g 1 0 110\n"
                    "postern-starttls run/tlsd/s\n" POPUP
                    "fdmove 2 3 s6-sudo run/login/s\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/pop3s/run",
     START LISTENER "-u 1 -g 1 0 995\n"
                    "postern-starttls -i run/tlsd/s\n" POPUP
                    "fdmove 2 3 s6-sudo run/login/s\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/names/run",
     START "fdmove 1 3\n"
           "MAIL s6-ipcserver -1 -a 0666 -c 200 run/names/s\n"
           "env PROTO=TCP TCPREMOTEIP= SMTPHELOHOST=\n"
           "s6-sudod -t 10000 postern-name-record /h/names\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/queue/run",
     START "fdmove 1 3\n"
           "MAIL s6-ipcserver -1 -a 0666 -c 200 run/queue/s\n"
           "env POSTERN_SESSION=\n"
           "s6-sudod -t 10000\n" QUEUE "\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/authd/run", START "AUTH " AUTHD},
    {SPLIT, ROOT, ROOT, 0755, "service/login/run",
     START "fdmove 1 3\n"
           "fdmove -c 5 2\n"
           "s6-ipcserver -1 -a 0666 -c 200 run/login/s\n"
           "env PROTO=TCP TCPREMOTEIP= POSTERN_SESSION= POSTERN_POPUP=\n"
           "s6-sudod -t 10000\n"
           "fdmove 3 2 fdmove 2 5\n" LOGIN},
    {SPLIT, ROOT, ROOT, 0644, "cron",
     "# For /etc/cron.d: remove what has expired.\n"
     "*/5 * * * * root MAIL /b/postern-clean /h/grants /h/names\n"
     "*/5 * * * * root AUTH /b/postern-clean /h/guesses\n"},

    /* what s6 wants of a service and of its log */
    {SPLIT, ROOT, ROOT, 0755, "service/authd", 0},
    {SPLIT, ROOT, ROOT, 0644, "service/authd/notification-fd", "3\n"},
    {SPLIT, ROOT, ROOT, 0644, "service/authd/log/notification-fd", "3\n"},
    {SPLIT, ROOT, ROOT, 0755, "service/authd/log/run",
     "#!/usr/bin/execlineb -P\n"
     "LOG s6-log -b -d 3 -- t n10 s1000000 /h/log/authd\n"},
    {SPLIT, LOG, LOG, 0755, "log/authd", 0},
    {PLAIN, LOG, LOG, 0755, "log/smtp", 0},
};

/* What only one kind of home has. */
static struct {
  enum layout_when home;
  char const *path;
} const absent[] = {
    {PLAIN, "service/queue"}, {PLAIN, "service/login"}, {PLAIN, "run/queue"},
    {PLAIN, "run/login"},     {PLAIN, "log/queue"},     {PLAIN, "tls/empty"},
    {PLAIN, "service/names"}, {PLAIN, "run/names"},
};

static int is_in(struct layout_entry const *e, enum layout_when home)
{
  return e->when == LAYOUT_ALWAYS || e->when == home;
}

/* That path of that kind of home; 0 unless it is there just once. */
static struct layout_entry const *find(enum layout_when home, char const *path)
{
  struct layout_entry const *found = 0;

  for (struct layout_entry const *e = layout; e->when != LAYOUT_NEVER; e++) {
    if (!is_in(e, home) || strcmp(e->path, path)) continue;
    if (found) return 0;
    found = e;
  }
  return found;
}

/* That home's row for the certificates, which may be left out by that name. */
static int has_certs(enum layout_when home)
{
  struct layout_entry const *e = find(home, LAYOUT_CERTS);

  return e && !e->text;
}

static int is_text(char const *text, char const *want)
{
  stralloc sa = STRALLOC_ZERO;
  int good;

  if (!text || !want) return !text && !want;
  good = template_fill(&sa, text, values) == 1 && stralloc_0(&sa) &&
         strlen(sa.s) == sa.len - 1 &&
         (!strcmp(want, ANY) || !strcmp(sa.s, want));
  stralloc_free(&sa);
  return good;
}

static void one_path(size_t i)
{
  struct layout_entry const *e = find(t[i].home, t[i].path);
  char const *kind = t[i].home == SPLIT ? "split" : "plain";
  char name[128];

  snprintf(name, sizeof name, "%s: %s: owner and mode", kind, t[i].path);
  ok(e && e->owner == t[i].owner && e->group == t[i].group &&
         e->mode == t[i].mode,
     name);
  snprintf(name, sizeof name, "%s: %s: text", kind, t[i].path);
  ok(e && is_text(e->text, t[i].text), name);
}

/* Nobody but the owner writes, nothing is set-uid, only run files run. */
static int is_safe(struct layout_entry const *e)
{
  char const *base = strrchr(e->path, '/');
  mode_t want_x = !e->text || (base && !strcmp(base, "/run")) ? 0100 : 0;

  return !(e->mode & ~(mode_t)0755) && (e->mode & 0100) == want_x;
}

static int is_inside(char const *path)
{
  return *path && *path != '/' && !strstr(path, "//") && !strstr(path, "..") &&
         path[strlen(path) - 1] != '/';
}

/* Made in the order of the table, with nothing before it but an empty
   directory: each path's directory is there first, and none is made twice. */
static int is_made(struct layout_entry const *e, char const *home)
{
  char path[256];
  FILE *f;

  snprintf(path, sizeof path, "%s/%s", home, e->path);
  if (!e->text) return !mkdir(path, 0700);
  f = fopen(path, "wx");
  return f && !fclose(f);
}

static void whole_home(enum layout_when home, char const *name)
{
  ok(!mkdir(name, 0700), name);
  for (struct layout_entry const *e = layout; e->when != LAYOUT_NEVER; e++) {
    if (!is_in(e, home)) continue;
    ok(is_inside(e->path) && is_safe(e) && e->owner < LAYOUT_OWNERS &&
           e->group < LAYOUT_OWNERS && is_made(e, name),
       e->path);
    ok(!e->text || is_text(e->text, ANY), e->path);
  }
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    one_path(i);
  for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
    ok(!find(absent[i].home, absent[i].path), absent[i].path);
  ok(has_certs(PLAIN) && has_certs(SPLIT), "certificates");
  whole_home(PLAIN, "plain");
  whole_home(SPLIT, "split");
  return done();
}
