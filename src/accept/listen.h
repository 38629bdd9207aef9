/*
 * listen - the sockets that clients come to.
 */
#ifndef POSTERN_LISTEN_H
#define POSTERN_LISTEN_H

#include <stdint.h>

#include <skalibs/ip46.h>

#define LISTEN_MAX 64
#define LISTEN_HOST_MAX 255

struct listen_socket {
  int fd;
  ip46 ip; /* the local address of every connection, unless */
  uint16_t port;
  int any; /* it is a wildcard address, and getsockname(2) must tell */
  int ip6; /* an IPv6 socket: has no IPv4 options to kill */
};

/* What a number or a name of a port may be: 1, 0 for an unknown name, -1 for a
   number that is none. */
extern int listen_port(char const *s, uint16_t *port);

/* HOST:PORT or [IPV6]:PORT, cut at the last colon; host receives the address
   without brackets.  0 if it is neither. */
extern int listen_cut(char const *s, char host[LISTEN_HOST_MAX + 1],
                      char const **port);

/*
 * The address of a host: "" and "0" are 0.0.0.0; an address in either form, a
 * name otherwise, of which the first address counts, IPv4 before IPv6.
 * 1; 0 there is none; -1 with *why for a temporary failure.
 */
extern int listen_host(char const *s, ip46 *ip, char const **why);

/*
 * Bind and listen.  :: takes IPv4 clients too.  0, or what could not be done
 * ("create socket", "bind", "listen") with errno.
 */
extern char const *listen_open(struct listen_socket *l, ip46 const *ip,
                               uint16_t port, int backlog, int no_delay);

/* Take over a descriptor that listens already; 0 with errno if it is no TCP
   socket that does. */
extern int listen_adopt(struct listen_socket *l, int fd, int no_delay);

#endif
