/*
 * postern-mailbox: run a program as the user whom somebody else has proved.
 *
 * reads   USER; mailboxes.cdb; PROTO, ${PROTO}REMOTEIP and POSTERN_SESSION for
 *         the log
 * writes  USER, HOME, SHELL, MAILDIR; with -U also UID, GID, GIDLIST; one line
 *         to the log
 * exits   1 the user is disabled, 100 wrong usage or no USER, 111 temporary, an
 *         unknown user too, 126 or 127 prog cannot be run; else runs prog
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/env.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>

#include "becoming.h"
#include "cdbmap.h"
#include "chain.h"
#include "log.h"
#include "session.h"
#include "users.h"

#define NAME "postern-mailbox"
#define USAGE NAME " [ -U ] mailboxes.cdb prog..."
#define dieusage() strerr_dieusage(100, USAGE)

static void log_result(char const *user, char const *result, char const *reason)
{
  char const *ip = ucspi_get("REMOTEIP");
  char session[SESSION_FMT];
  struct log l;

  session_get(session);
  log_start(&l, NAME, "login", session);
  log_string(&l, "result", result);
  if (reason) log_string(&l, "reason", reason);
  log_string(&l, "ip", ip ? ip : "unknown");
  log_string(&l, "user", user);
  log_end(&l);
}

/* Who can write the file decides who becomes whom. */
static char const *untrusted(struct stat const *st)
{
  if (!S_ISREG(st->st_mode)) return "not a regular file";
  if (st->st_uid && st->st_uid != geteuid()) return "owned by somebody else";
  if (st->st_mode & 0022) return "others may write it";
  return 0;
}

static void open_mailboxes(cdbmap *m, char const *path)
{
  /* a pipe must not make us wait before we see that it is one */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char const *why;
  struct stat st;

  if (fd < 0 || fstat(fd, &st) < 0) strerr_diefusys(111, "open ", path);
  why = untrusted(&st);
  if (why) strerr_diefu(111, "trust ", path, ": ", why);
  if (!cdbmap_open_fd(m, fd)) strerr_diefusys(111, "read ", path);
  close(fd);
}

/* The strings of u are sa's. */
static void find(struct user *u, stralloc *sa, char const *path,
                 char const *name)
{
  cdbmap m = CDBMAP_ZERO;
  int found;

  open_mailboxes(&m, path);
  found = users_find(&m, name, strlen(name), sa, u);
  if (found < 0) strerr_diefusys(111, "read ", path);
  cdbmap_close(&m);
  if (!found) {
    log_result(name, "failed", "unknown");
    _exit(111);
  }
  if (u->disabled) {
    log_result(name, "refused", "disabled");
    _exit(1);
  }
}

static int options(enum becoming *when, int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;
  int opt;

  while ((opt = subgetopt_r(argc, argv, "U", &l)) != -1) {
    if (opt != 'U') dieusage();
    *when = BECOMING_LATER;
  }
  return l.ind;
}

int main(int argc, char const *const *argv)
{
  enum becoming when = BECOMING_NOW;
  stralloc modifs = STRALLOC_ZERO, sa = STRALLOC_ZERO;
  char const *name = getenv("USER");
  struct user u;

  PROG = NAME;
  argv += options(&when, argc, argv);
  if (!argv[0] || !argv[1]) dieusage();
  if (!name || !*name) strerr_dief(100, "USER is not set");

  /* where a password checker could stand, there is something to read for it */
  close(3);
  find(&u, &sa, argv[0], name);
  log_result(u.name, "ok", 0);
  becoming(&modifs, &u, when);
  chain_exec(argv + 1, &modifs);
}
