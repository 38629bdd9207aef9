/*
 * postern-grant-record: remember that the user who has just logged in did so
 * from this address.
 *
 * reads   PROTO, ${PROTO}REMOTEIP, or IP if PROTO is not set (Dovecot's
 *         post-login scripts); USER; POSTERN_SESSION, POSTERN_GATEWAY
 * writes  a grant into the store; a log line
 * exits   100 wrong usage; 126 or 127 prog cannot be run; else runs prog
 *
 * Stands behind the password check.  A grant that cannot be recorded is logged
 * and fails no login.  Uses no descriptor that it did not open: Dovecot has 3.
 */
#include <stdlib.h>

#include <skalibs/env.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "chain.h"
#include "grant.h"
#include "log.h"
#include "session.h"
#include "store.h"

#define USAGE "postern-grant-record [ -q ] [ -t ttl ] [ -6 bits ] store prog..."
#define dieusage() strerr_dieusage(100, USAGE)

struct options {
  unsigned int ttl;
  unsigned int bits6;
  int quiet;
};

static int scan_options(int argc, char const *const *argv, struct options *o)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "qt:6:", &l);
    if (opt == -1) return l.ind;
    switch (opt) {
    case 'q': o->quiet = 1; break;
    case 't':
      if (!uint0_scan(l.arg, &o->ttl) || !o->ttl || o->ttl > GRANT_TTL_MAX)
        dieusage();
      break;
    case '6':
      if (!uint0_scan(l.arg, &o->bits6) || o->bits6 < GRANT_BITS6_MIN ||
          o->bits6 > 128)
        dieusage();
      break;
    default: dieusage();
    }
  }
}

static char const *remote_ip(void)
{
  return getenv("PROTO") ? ucspi_get("REMOTEIP") : getenv("IP");
}

static int record(char const *word, struct options const *o, ip46 *ip,
                  char const *user, char const **why)
{
  char const *remote = remote_ip();
  struct store s;
  int done;

  *why = "no address: neither ${PROTO}REMOTEIP nor IP is set";
  if (!remote) return 0;
  *why = "the remote address is not an IP address";
  if (!addr_scan(remote, ip)) return 0;
  *why = "USER is not set";
  if (!user) return 0;
  *why = "the client has the address of our own gateway";
  if (grant_is_gateway(getenv("POSTERN_GATEWAY"))) return 0;
  if (!store_open(&s, word, STORE_ALL)) {
    *why = store_why(&s);
    return 0;
  }
  done = grant_record(&s, ip, o->bits6, user, o->ttl, why);
  store_close(&s);
  return done;
}

static void log_record(struct options const *o, char const *session,
                       ip46 const *ip, char const *user)
{
  struct log l;
  char s[ADDR_FMT];

  addr_fmt(s, ip);
  log_start(&l, PROG, "record", session);
  log_string(&l, "ip", s);
  log_string(&l, "user", user);
  log_number(&l, "ttl", o->ttl);
  log_end(&l);
}

int main(int argc, char const *const *argv)
{
  struct options o = {.ttl = GRANT_TTL, .bits6 = GRANT_BITS6};
  stralloc none = STRALLOC_ZERO;
  char session[SESSION_FMT];
  char const *user = getenv("USER"), *why;
  ip46 ip;
  int n;

  PROG = "postern-grant-record";
  n = scan_options(argc, argv, &o);
  if (argc - n < 2) dieusage();
  argv += n;

  session_get(session);
  if (!record(argv[0], &o, &ip, user, &why))
    strerr_warnwu("record a grant in ", argv[0], ": ", why, " (session ",
                  session, ")");
  else if (!o.quiet)
    log_record(&o, session, &ip, user);
  chain_exec(argv + 1, &none);
}
