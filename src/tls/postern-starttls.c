/*
 * postern-starttls: offer TLS to the next program, or begin it.
 *
 * reads   descriptors 0 and 1 (the client's socket, which postern-tlsd gets a
 *         copy of), UCSPITLS, PROTO, ${PROTO}REMOTEIP, POSTERN_SESSION
 * writes  UCSPITLS, SSLCTLFD, SSLREADFD, SSLWRITEFD; with -i POSTERN_TLS and
 *         what is known of the private wire; a log line if something failed
 * exits   100 wrong usage; 111 no memory; with -i 1 no handshake, 99 it took
 *         too long, 111 nobody there to do it; 126 or 127 prog cannot be run;
 *         else runs prog
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <skalibs/env.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "chain.h"
#include "handover.h"
#include "session.h"
#include "tlsfacts.h"
#include "ucspitls.h"

#define USAGE "postern-starttls [ -r ] [ -i ] [ -t seconds ] socket prog..."
#define dieusage() strerr_dieusage(100, USAGE)

#define SECONDS 60
#define SECONDS_MAX 3600

struct options {
  int required;
  int at_once;
  unsigned int seconds;
};

static int scan_options(int argc, char const *const *argv, struct options *o)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "rit:", &l);
    if (opt == -1) return l.ind;
    switch (opt) {
    case 'r': o->required = 1; break;
    case 'i': o->at_once = 1; break;
    case 't':
      if (!uint0_scan(l.arg, &o->seconds) || !o->seconds ||
          o->seconds > SECONDS_MAX)
        dieusage();
      break;
    default: dieusage();
    }
  }
}

/* --- the environment --- */

static void set(stralloc *modifs, char const *name, char const *value)
{
  if (!env_addmodif(modifs, name, value))
    strerr_diefusys(111, "update the environment");
}

static void clear(stralloc *modifs, char const *name)
{
  if (getenv(name)) set(modifs, name, 0);
}

static void set_number(stralloc *modifs, char const *name, int fd)
{
  char s[INT_FMT];

  s[int_fmt(s, fd)] = 0;
  set(modifs, name, s);
}

/* What only who speaks TLS may say, and nobody has spoken it yet. */
static void clear_all(stralloc *modifs)
{
  for (size_t i = 0; tlsfacts_names[i]; i++)
    clear(modifs, tlsfacts_names[i]);
  clear(modifs, "POSTERN_TLS");
  clear(modifs, "UCSPITLS");
  clear(modifs, "SSLCTLFD");
  clear(modifs, "SSLREADFD");
  clear(modifs, "SSLWRITEFD");
}

/* postern-tlsd's log lines and those of the chain bear the same name. */
static void get_session(stralloc *modifs, char session[SESSION_FMT])
{
  char const *x = getenv("POSTERN_SESSION");

  session_get(session);
  if (!x || strcmp(x, session)) set(modifs, "POSTERN_SESSION", session);
}

/* --- the handover --- */

/* One socket that is both ends: what can be given away. */
static int is_client(void)
{
  struct stat in, out;

  return !fstat(0, &in) && !fstat(1, &out) && S_ISSOCK(in.st_mode) &&
         in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

static int connect_to(char const *path, unsigned int seconds)
{
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  struct timeval limit = {.tv_sec = seconds};
  int fd, e;

  if (strlen(path) >= sizeof a.sun_path) return errno = ENAMETOOLONG, -1;
  strcpy(a.sun_path, path);
  /* blocking, as those who read it later expect; connect waits while the queue
     is full */
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  if (!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) &&
      !connect(fd, (struct sockaddr *)&a, sizeof a))
    return fd;
  e = errno == EAGAIN ? ETIMEDOUT : errno;
  close(fd);
  errno = e;
  return -1;
}

/* 1, or 0 with errno.  Reading and writing get numbers of their own: some close
   the one when it is moved to 0, and move the other then. */
static int hand_over(struct ucspitls *u, char const *path, unsigned int seconds,
                     char const *session)
{
  int data[2], sent;

  if (!is_client()) return errno = ENOTSOCK, 0;
  u->ctl = connect_to(path, seconds);
  if (u->ctl < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, data) < 0) return 0;
  u->in = data[0];
  sent = handover_send(u->ctl, 0, data[1], session, ucspi_get("REMOTEIP"));
  close(data[1]);
  u->out = sent ? dup(u->in) : -1;
  return u->offered = u->out >= 0;
}

/* --- the two ways to go on --- */

static void offer(stralloc *modifs, struct ucspitls *u, char const *path,
                  struct options const *o, char const *session)
{
  if (hand_over(u, path, o->seconds, session)) {
    set_number(modifs, "SSLCTLFD", u->ctl);
    set_number(modifs, "SSLREADFD", u->in);
    set_number(modifs, "SSLWRITEFD", u->out);
  } else {
    strerr_warnwu("offer TLS by ", path, ": ", strerror(errno), " (session ",
                  session, ")");
    ucspitls_close(u);
  }
  if (u->offered || o->required)
    set(modifs, "UCSPITLS", o->required ? "!" : "");
}

static void publish(stralloc *modifs, struct tlsfacts const *f)
{
  for (size_t i = 0; tlsfacts_names[i]; i++)
    if (tlsfacts_value(f, i))
      set(modifs, tlsfacts_names[i], tlsfacts_value(f, i));
  set(modifs, "POSTERN_TLS", f->protocol ? f->protocol : "TLS");
}

static int exit_code(void)
{
  if (errno == ECONNABORTED) return 1;
  return errno == ETIMEDOUT ? 99 : 111;
}

static void begin(stralloc *modifs, struct ucspitls *u, char const *path,
                  struct options const *o, char const *session)
{
  stralloc facts = STRALLOC_ZERO;
  struct tlsfacts f;
  char const *why;

  if (!hand_over(u, path, o->seconds, session))
    strerr_diefu(111, "begin TLS by ", path, ": ", strerror(errno),
                 " (session ", session, ")");
  if (!ucspitls_start(u, o->seconds, &facts, &why))
    strerr_diefu(exit_code(), "begin TLS: ", why, " (session ", session, ")");
  if (!tlsfacts_scan(&f, facts.s, facts.len))
    strerr_diefu(111, "begin TLS: the answer is damaged (session ", session,
                 ")");
  publish(modifs, &f);
  stralloc_free(&facts);
}

/* --- */

static int says(char const *value)
{
  char const *x = getenv("UCSPITLS");
  return x && !strcmp(x, value);
}

int main(int argc, char const *const *argv)
{
  struct options o = {.seconds = SECONDS};
  struct ucspitls u = {.ctl = -1, .in = -1, .out = -1};
  stralloc modifs = STRALLOC_ZERO;
  char session[SESSION_FMT];
  int n;

  PROG = "postern-starttls";
  n = scan_options(argc, argv, &o);
  if (argc - n < 2) dieusage();
  argv += n;
  if (says("!")) o.required = 1;

  clear_all(&modifs);
  get_session(&modifs, session);
  if (o.at_once)
    begin(&modifs, &u, argv[0], &o, session);
  else if (o.required || !says("-"))
    offer(&modifs, &u, argv[0], &o, session);
  chain_exec(argv + 1, &modifs);
}
