/*
 * crowd - how many different clients come from one private address?
 *
 * What rewrites addresses, a router, a proxy, a container's published port,
 * makes all the world arrive from one private address, and a right that a rule
 * or a grant gives to that address is given to all of them.  Where it is our
 * default gateway, the kernel tells (gateway.h).  Elsewhere only the clients
 * can: one host calls itself by few names in HELO, a crowd by many.
 *
 * The names are a record of a store (store.h): the key is the address as text,
 * the payload the names, joined by +.  They are counted for CROWD_TTL seconds
 * from the first, then anew, so that an address which passes from host to host
 * does not become a crowd.  A full record stays until nobody has come from
 * there for as long: a crowd is one tomorrow, too.
 *
 *   10.0.0.5    web.example+[10.0.0.5]+printer
 */
#ifndef POSTERN_CROWD_H
#define POSTERN_CROWD_H

#include <stddef.h>

#include <skalibs/ip46.h>

#include "store.h"

#define CROWD_TTL 86400 /* seconds */
#define CROWD_NAMES 16  /* names in a record: then it is full */
#define CROWD_MOST 10   /* names that are no crowd, unless said otherwise */
#define CROWD_NAME 31   /* bytes of a name there */

/* Is it an address behind which a network may hide: RFC 1918, RFC 4193, RFC
   6598, link-local?  Loopback is not: one host has many names there. */
extern int crowd_is_private(ip46 const *ip);

/*
 * A client's name as a record has it, NUL-terminated: lower case, without a
 * full stop at the end, letters, digits and . - _ : = [ ].  What is longer or
 * has other bytes is its beginning, =, and a hash of 64 bits; who gave no name
 * is =.  A name of that form is its own.
 */
extern void crowd_name(char name[CROWD_NAME + 1], char const *helo);

struct crowd {
  size_t n;    /* names there are, with the one that was asked for */
  int settled; /* crowd_join would change nothing */
  char names[STORE_PAYLOAD_MAX + 1]; /* those of the record; NUL-terminated */
};

/* Who is there, and who with a client of that name (of crowd_name, or 0)?  1; 0
   with *why. */
extern int crowd_look(struct store *s, ip46 const *ip, char const *name,
                      struct crowd *c, char const **why);

/* A client of that name is there.  1; 0 with *why. */
extern int crowd_join(struct store *s, ip46 const *ip, char const *name,
                      char const **why);

/* A store's entry as a crowd of that address; 0 if it is none.  Whether it is
   fresh, and settled, is not asked. */
extern int crowd_from(ip46 *ip, struct crowd *c, struct store_entry const *e);

#endif
