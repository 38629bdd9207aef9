/*
 * postern-grant-check: let a client relay if its address has a fresh grant.
 *
 * reads   PROTO, ${PROTO}REMOTEIP, RELAYCLIENT, POSTERN_GATEWAY,
 *         POSTERN_SESSION; the store
 * writes  RELAYCLIENT, empty, unless it is set already, and RELAYREASON=
 *         grant:USER, if there is a fresh grant; else leaves both as they were;
 *         a log line.  If the client is the gateway, a grant gives nothing but
 *         RELAYREASON=suppressed:gateway
 * exits   100 wrong usage; 111 no memory; 126 or 127 prog cannot be run; else
 *         runs prog
 *
 * When anything is uncertain, the client keeps its connection and gets no right
 * to relay, and the log says why.
 */
#include <stdlib.h>
#include <string.h>

#include <skalibs/env.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "chain.h"
#include "grant.h"
#include "log.h"
#include "relay.h"
#include "session.h"
#include "store.h"

#define USAGE "postern-grant-check [ -t maxage ] [ -6 bits ] store prog..."
#define dieusage() strerr_dieusage(100, USAGE)

struct options {
  unsigned int maxage;
  unsigned int bits6;
};

static int scan_options(int argc, char const *const *argv, struct options *o)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "t:6:", &l);
    if (opt == -1) return l.ind;
    switch (opt) {
    case 't':
      if (!uint0_scan(l.arg, &o->maxage) || !o->maxage) dieusage();
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

static enum grant_found check(char const *word, struct options const *o,
                              ip46 *ip, struct grant *g, uint64_t *now,
                              char const **why)
{
  char const *remote = ucspi_get("REMOTEIP");
  enum grant_found found;
  struct store s;

  *why = "${PROTO}REMOTEIP is not set";
  if (!remote) return GRANT_ERROR;
  *why = "${PROTO}REMOTEIP is not an IP address";
  if (!addr_scan(remote, ip)) return GRANT_ERROR;
  if (!store_open(&s, word, STORE_GET)) {
    *why = store_why(&s);
    return GRANT_ERROR;
  }
  found = grant_check(&s, ip, o->bits6, o->maxage, g, now, why);
  store_close(&s);
  return found;
}

LOG_ASIDE static void allow(stralloc *modifs, struct grant const *g)
{
  char reason[GRANT_REASON];

  grant_reason(reason, g);
  if (!getenv("RELAYCLIENT") && !env_addmodif(modifs, "RELAYCLIENT", ""))
    strerr_diefusys(111, "update the environment");
  if (!env_addmodif(modifs, "RELAYREASON", reason))
    strerr_diefusys(111, "update the environment");
}

/* Who proved himself is one of all those behind it. */
LOG_ASIDE static void suppress(stralloc *modifs)
{
  if (!getenv("RELAYCLIENT") &&
      !env_addmodif(modifs, "RELAYREASON", RELAY_SUPPRESSED "gateway"))
    strerr_diefusys(111, "update the environment");
}

LOG_ASIDE static void log_grant(char const *session, ip46 const *ip,
                                struct grant const *g, uint64_t now,
                                uint32_t maxage, int suppressed)
{
  struct log l;
  char s[ADDR_FMT];

  addr_fmt(s, ip);
  log_start(&l, PROG, "grant", session);
  log_string(&l, "ip", s);
  log_string(&l, "user", g->user);
  log_number(&l, "age", now - g->set);
  log_number(&l, "left", grant_left(g, maxage, now));
  if (suppressed) log_string(&l, "relay", RELAY_SUPPRESSED "gateway");
  log_end(&l);
}

int main(int argc, char const *const *argv)
{
  struct options o = {.maxage = GRANT_TTL_MAX, .bits6 = GRANT_BITS6};
  stralloc modifs = STRALLOC_ZERO;
  uint64_t now;
  char session[SESSION_FMT];
  char const *why;
  struct grant g;
  ip46 ip;
  int n, gateway = grant_is_gateway(getenv("POSTERN_GATEWAY"));

  PROG = "postern-grant-check";
  n = scan_options(argc, argv, &o);
  if (argc - n < 2) dieusage();
  argv += n;

  switch (check(argv[0], &o, &ip, &g, &now, &why)) {
  case GRANT_FRESH:
    if (gateway)
      suppress(&modifs);
    else
      allow(&modifs, &g);
    session_get(session);
    log_grant(session, &ip, &g, now, o.maxage, gateway);
    break;
  case GRANT_ERROR:
    session_get(session);
    strerr_warnwu("check for a grant in ", argv[0], ": ", why, " (session ",
                  session, ")");
    break;
  case GRANT_STALE:
  case GRANT_NONE: break;
  }
  chain_exec(argv + 1, &modifs);
}
