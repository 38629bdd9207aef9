/*
 * hostaddr - the address of a named host, once, before there are clients.
 *
 * c-ares looks in /etc/hosts and asks the DNS, as the system's resolver would;
 * getaddrinfo(3) loads modules at run time, which a static executable should
 * not.  localhost is nobody else, whatever they say (RFC 6761).  Waits as long
 * as c-ares's defaults say (some 20 seconds).
 */
#ifndef POSTERN_HOSTADDR_H
#define POSTERN_HOSTADDR_H

#include <skalibs/ip46.h>

/* The first address, IPv4 before IPv6.  1; 0 there is none; -1 with *why for a
   temporary failure. */
extern int hostaddr_find(char const *name, ip46 *ip, char const **why);

#endif
