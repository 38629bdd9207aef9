/*
 * postern-name-record: remember by what name a client from this address goes.
 *
 * reads   PROTO, ${PROTO}REMOTEIP; SMTPHELOHOST, the name, which may be empty
 * writes  the store
 * exits   0 it is recorded; 100 wrong usage, or there is no address or name;
 *         111 the store cannot be changed
 *
 * postern-smtpd -N runs it for a name that it does not find in the store, which
 * it can only read.
 */
#include <stdlib.h>

#include <skalibs/env.h>
#include <skalibs/strerr.h>

#include "addr.h"
#include "crowd.h"
#include "store.h"

#define dieusage() strerr_dieusage(100, "postern-name-record store")

int main(int argc, char const *const *argv)
{
  char const *remote, *helo = getenv("SMTPHELOHOST"), *why;
  char name[CROWD_NAME + 1];
  struct store s;
  ip46 ip;

  PROG = "postern-name-record";
  if (argc != 2 || !*argv[1] || *argv[1] == '-') dieusage();
  remote = ucspi_get("REMOTEIP");
  if (!remote) strerr_dief1x(100, "${PROTO}REMOTEIP is not set");
  if (!addr_scan(remote, &ip))
    strerr_dief1x(100, "${PROTO}REMOTEIP is not an IP address");
  if (!helo) strerr_dief1x(100, "SMTPHELOHOST is not set");
  crowd_name(name, helo);
  if (!store_open(&s, argv[1], STORE_ALL))
    strerr_diefu(111, "open ", argv[1], ": ", store_why(&s));
  if (!crowd_join(&s, &ip, name, &why))
    strerr_diefu(111, "record a name in ", argv[1], ": ", why);
  store_close(&s);
  return 0;
}
