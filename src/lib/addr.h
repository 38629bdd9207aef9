/*
 * addr - IP addresses and networks, as text and as bits.
 *
 * Not skalibs's ip46_scan(): the one in Debian 12 (2.13.1.1) reads 256.1.1.1
 * as 0.1.1.1 and ::ffff:192.0.2.7 as ::ffff:192, and leaves it to the caller
 * to notice what follows the address.
 *
 * An IPv4-mapped IPv6 address is the IPv4 address, everywhere: there is one
 * spelling for each client, so that a rule, a limit and a grant agree on who
 * it is.
 */
#ifndef POSTERN_ADDR_H
#define POSTERN_ADDR_H

#include <stddef.h>
#include <sys/socket.h>

#include <skalibs/ip46.h>
#include <skalibs/uint16.h>

/* Enough for addr_fmt, its final NUL included. */
#define ADDR_FMT 46

/* All of s, or 0.  No inet_aton short forms, no zone, no leading zeros. */
extern int addr_scan(char const *s, ip46 *ip);

/* ADDRESS/BITS: all of s, or 0.  Bits beyond the prefix must be zero. */
extern int addr_scan_net(char const *s, ip46 *ip, unsigned int *bits);

/* The canonical text (RFC 5952), NUL-terminated; returns its length. */
extern size_t addr_fmt(char s[ADDR_FMT], ip46 const *ip);

/* Clear all but the first bits bits. */
extern void addr_mask(ip46 *ip, unsigned int bits);

/* 32 or 128. */
extern unsigned int addr_bits(ip46 const *ip);

extern int addr_equal(ip46 const *a, ip46 const *b);

/* Is ip inside net/bits?  An IPv4 address is never inside an IPv6 network. */
extern int addr_inside(ip46 const *ip, ip46 const *net, unsigned int bits);

/* From what accept(2) and getsockname(2) fill in; 0 if it is not an Internet
   address. */
extern int addr_from_sockaddr(struct sockaddr_storage const *ss, ip46 *ip,
                              uint16_t *port);

#endif
