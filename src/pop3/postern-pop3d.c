/*
 * postern-pop3d: serve a Maildir by POP3, after the login.
 *
 * reads   commands on descriptor 0, the Maildir, POSTERN_POPUP,
 * POSTERN_SESSION, USER, ${PROTO}REMOTEIP writes  replies on descriptor 1; at
 * QUIT removes messages and moves the others of new/ to cur/ exits   0 the
 * session is over, 99 no command in time, 100 wrong usage, 111 no Maildir, no
 * memory, or the connection or a message broke off
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/env.h>
#include <skalibs/sgetopt.h>
#include <skalibs/sig.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "conn.h"
#include "log.h"
#include "maildrop.h"
#include "popserve.h"
#include "session.h"

#define NAME "postern-pop3d"
#define USAGE NAME " [ -t seconds ] [ -T seconds ] maildir"
#define dieusage() strerr_dieusage(100, USAGE)

#define IDLE 600      /* seconds: RFC 1939 section 3 wants no less */
#define SESSION 86400 /* seconds in all */
#define SECONDS_MAX (1U << 30)

struct options {
  unsigned int idle;
  unsigned int session;
};

static int options(struct options *o, int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "t:T:", &l);
    unsigned int *u = opt == 't' ? &o->idle : &o->session;

    if (opt == -1) return l.ind;
    if (opt != 't' && opt != 'T') dieusage();
    if (!uint0_scan(l.arg, u) || !*u || *u > SECONDS_MAX) dieusage();
  }
}

static void log_event(struct log *l, char const *event, char const *session)
{
  char const *user = getenv("USER"), *ip = ucspi_get("REMOTEIP");

  log_start(l, NAME, event, session);
  log_string(l, "ip", ip ? ip : "unknown");
  log_string(l, "user", user ? user : "unknown");
}

static void log_open(struct maildrop const *m, char const *session)
{
  struct log l;

  log_event(&l, "open", session);
  log_number(&l, "messages", maildrop_count(m));
  log_end(&l);
}

static void log_close(enum popserve_end end, struct popserve_report const *r,
                      int e, char const *session)
{
  static char const *const ends[] = {
      [POPSERVE_QUIT] = "quit",       [POPSERVE_EOF] = "eof",
      [POPSERVE_TIMEOUT] = "timeout", [POPSERVE_BARE] = "bare-newline",
      [POPSERVE_ERROR] = "error",
  };
  struct log l;

  log_event(&l, "close", session);
  log_string(&l, "end", ends[end]);
  log_number(&l, "retrieved", r->retrieved);
  log_number(&l, "octets", r->octets);
  log_number(&l, "removed", r->removed);
  if (r->failed) log_number(&l, "failed", r->failed);
  if (r->error || end == POPSERVE_ERROR)
    log_string(&l, "error", strerror(r->error ? r->error : e));
  log_end(&l);
}

/* postern-popup answers the client for a program that exits 111; a foreign
   one may not know why. */
static void no_mailbox(struct conn *c, char const *dir)
{
  int e = errno;

  if (!getenv("POSTERN_POPUP")) {
    conn_puts(c, "-ERR [SYS/TEMP] unable to open the mailbox\r\n");
    conn_flush(c);
  }
  conn_release(c);
  errno = e;
  strerr_diefu2sys(111, "open Maildir ", dir);
}

static int exit_code(enum popserve_end end)
{
  switch (end) {
  case POPSERVE_TIMEOUT: return 99;
  case POPSERVE_ERROR: return 111;
  default: return 0;
  }
}

int main(int argc, char const *const *argv)
{
  struct options o = {.idle = IDLE, .session = SESSION};
  struct popserve_report r;
  char session[SESSION_FMT];
  struct maildrop m;
  struct conn c;
  enum popserve_end end;
  int e;

  PROG = NAME;
  argv += options(&o, argc, argv);
  if (!argv[0] || argv[1]) dieusage();

  session_get(session);
  sig_ignore(SIGPIPE);
  conn_init(&c, 0, 1, o.idle, CONN_IN);
  conn_until(&c, o.session);
  if (!maildrop_open(&m, argv[0])) no_mailbox(&c, argv[0]);
  log_open(&m, session);
  end = popserve(&c, &m, getenv("POSTERN_POPUP"), &r);
  e = errno;
  conn_release(&c);
  log_close(end, &r, e, session);
  maildrop_close(&m);
  return exit_code(end);
}
