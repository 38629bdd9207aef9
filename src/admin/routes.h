/*
 * routes - the default gateways in what Linux says of its routes.  Pure.
 *
 * Where ports are forwarded to us (containers, virtual machines, some routers),
 * everybody has the gateway's address.
 */
#ifndef POSTERN_ROUTES_H
#define POSTERN_ROUTES_H

#include <stddef.h>

#include <skalibs/ip46.h>

#define ROUTES_MAX 16
#define ROUTES_TEXT 1048576 /* bytes that are worth reading */

/* The text of /proc/net/route, or if six is 1 of /proc/net/ipv6_route.  Fills
   in at most max; how many.  A line that is not of that form is passed over. */
extern size_t routes_gateways(char const *s, size_t n, int six, ip46 *gateway,
                              size_t max);

#endif
