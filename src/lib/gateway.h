/*
 * gateway - is this client's address the default gateway of our own network?
 *
 * In a container or behind a router that rewrites source addresses, every
 * client of the world arrives from one address: the gateway's.  A right that a
 * rule or a grant gives to that address is given to all of them.  So the
 * listener keeps back such a right unless the rule says POSTERN_GATEWAY="ok"
 * (verdict_trap).
 *
 * Parsing and answering are pure.  Only the kernel's main table is seen
 * (/proc/net/route, /proc/net/ipv6_route of this process's network namespace),
 * and in it routes to everybody, or to half of everybody, that go by way of a
 * gateway.  What the routes do not show is not found: a host that is not the
 * gateway and rewrites addresses all the same.
 */
#ifndef POSTERN_GATEWAY_H
#define POSTERN_GATEWAY_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/ip46.h>

#define GATEWAY_MAX 32

struct gateways {
  int unknown; /* the routes could not be read, or there are too many */
  int error;   /* errno of that */
  size_t n;
  ip46 ip[GATEWAY_MAX];
};

/*
 * One line, without its newline, of /proc/net/route (IPv4) or
 * /proc/net/ipv6_route (IPv6); a gateway that it names is added, once.  1; 0
 * if it has neither the form of such a line nor that of the heading.
 */
extern int gateway_line4(struct gateways *g, char const *line, size_t len);
extern int gateway_line6(struct gateways *g, char const *line, size_t len);

/* Read both files anew.  That there is no IPv6 here is no fault; a line that is
   not understood is. */
extern void gateway_read(struct gateways *g);

/*
 * Is ip one of them?  An address of this host's own loopback never is.  If the
 * gateways are not known, every other address may be one: what is uncertain
 * gives no right.
 */
extern int gateway_is(struct gateways const *g, ip46 const *ip);

/*
 * For who asks for every client: the same, read again when it is older than a
 * second, and than a hundred times what the last reading took, so that a long
 * table costs one part in a hundred of the time at most.
 */
struct gateway_watch {
  struct gateways now;
  uint64_t next; /* nanoseconds of CLOCK_MONOTONIC; 0: read it */
};

/* 1 if it was read and it is newly unknown: time to say so.  A set that was
   known stays if the files cannot be read for a while. */
extern int gateway_refresh(struct gateway_watch *w, uint64_t now);

#endif
