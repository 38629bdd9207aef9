/*
 * grant - who proved himself from which address lately (POP-before-SMTP).
 *
 * A grant is a record of a store (store.h): the key is the client's network as
 * text, the payload the user.  The network of an IPv4 client is its address;
 * of an IPv6 client its /64, since such a client changes its address within it
 * from one connection to the next; or as many bits as the caller says, 128 for
 * the address alone.  IPv4-mapped addresses are IPv4 (addr.h).  Recording and
 * checking must use the same number.
 *
 *   192.0.2.7    2001:db8:0:1::/64    2001:db8::25 (128 bits)
 *
 * A grant vouches for whoever shares the address or the network: that is the
 * nature of POP-before-SMTP.  Hence a bounded time, a user to answer for it,
 * and revocation.
 */
#ifndef POSTERN_GRANT_H
#define POSTERN_GRANT_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/ip46.h>

#include "addr.h"
#include "store.h"

#define GRANT_KEY_MAX (ADDR_FMT + 4) /* bytes of a key, with a NUL */
#define GRANT_USER_MAX 254           /* bytes of a user's name: RFC 5321 */
#define GRANT_TTL 900                /* seconds, unless said otherwise */
#define GRANT_TTL_MAX 86400          /* seconds */
#define GRANT_BITS6 64               /* of an IPv6 network, unless said ... */
#define GRANT_BITS6_MIN 48           /* less would be a whole provider */

struct grant {
  ip46 ip; /* of the network */
  unsigned int bits;
  uint64_t set; /* seconds since the epoch */
  uint32_t ttl; /* seconds */
  char user[GRANT_USER_MAX + 1];
};

/* RELAYREASON for who has that grant: grant:USER, the user escaped (text.h). */
#define GRANT_REASON (6 + 4 * GRANT_USER_MAX + 1)
extern void grant_reason(char s[GRANT_REASON], struct grant const *g);

enum grant_found { GRANT_ERROR = -1, GRANT_NONE, GRANT_STALE, GRANT_FRESH };

/* The key of a client's address: NUL-terminated; returns its length. */
extern size_t grant_key(char s[GRANT_KEY_MAX], ip46 const *ip,
                        unsigned int bits6);

/* A store's entry as a grant; 0 if it is none (key, user or record are not as
   grant_record writes them). */
extern int grant_from(struct grant *g, struct store_entry const *e);

/* Seconds that are left at the time now of a grant that counts for at most
   maxage seconds; 0 if it is stale. */
extern uint32_t grant_left(struct grant const *g, uint32_t maxage,
                           uint64_t now);

/* What the listener says in POSTERN_GATEWAY, or 0: is the client our gateway,
   behind which others are who proved nothing (gateway.h)?  Then nothing is
   recorded for its address, and a grant gives it nothing. */
extern int grant_is_gateway(char const *said);

/* 1, or 0 with *why for a message. */
extern int grant_record(struct store *s, ip46 const *ip, unsigned int bits6,
                        char const *user, uint32_t ttl, char const **why);

/* *g, and *now, the time by which it was judged, are filled in for STALE and
   FRESH, *why is set for ERROR.  A record that is not a grant is an ERROR. */
extern enum grant_found grant_check(struct store *s, ip46 const *ip,
                                    unsigned int bits6, uint32_t maxage,
                                    struct grant *g, uint64_t *now,
                                    char const **why);

#endif
