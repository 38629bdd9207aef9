/*
 * rule - which rule of a compiled rule file applies to a client, and what it
 * says.  Pure: a cdbmap and strings in, a match out.
 *
 * The order is tcpserver 0.88's: the first key that exists decides, nothing is
 * merged.
 *   INFO@IP  INFO@=HOST  IP  =HOST
 *   for IPv4: a.b.c.  a.b.  a.       for IPv6: networks, longest prefix first
 *   =.suffix of HOST, longest first   =  (if HOST is known)   the empty key
 * IP is the canonical text of addr_fmt.  A network is a key ADDRESS/BITS, and
 * the record RULE_NETS lists the lengths in use, longest first: "/64/48", so
 * that a client costs one probe for each length and not 128.  No tcpserver
 * asks for such keys.
 * A damaged file is RULE_DAMAGED, never "no rule".
 */
#ifndef POSTERN_RULE_H
#define POSTERN_RULE_H

#include <stddef.h>

#include <skalibs/ip46.h>

#include "addr.h"
#include "cdbmap.h"

/* No rule has a longer key: what is longer is not looked up. */
#define RULE_KEY_MAX 512

/* The key of the index of IPv6 networks; its data begins with '/', which no
   rule's data does. */
#define RULE_NETS "/"

struct rule_client {
  ip46 ip;
  char const *host; /* TCPREMOTEHOST, or 0 */
  char const *info; /* TCPREMOTEINFO, or 0 */
};

enum rule_found {
  RULE_DAMAGED = -1, /* errno is EPROTO */
  RULE_NONE = 0,     /* no rule applies: the connection is allowed */
  RULE_MATCH = 1,
};

/* key and data as they stand in the file; data points into the cdbmap. */
struct rule_match {
  char key[RULE_KEY_MAX];
  size_t klen;
  char const *data;
  size_t dlen;
};

extern enum rule_found rule_find(cdbmap const *m, struct rule_client const *c,
                                 struct rule_match *match);

/* As tcprulescheck 0.88: ip may be any text and is taken as it stands, and has
   no networks.  Only to explain a rule file, not to judge a client. */
extern enum rule_found rule_find_text(cdbmap const *m, char const *ip,
                                      char const *host, char const *info,
                                      struct rule_match *match);

/* The data's items in order, after *pos (which starts as 0): RULE_DENY,
   RULE_ENV with *env a NAME=VALUE string that ends with its NUL inside the
   data, RULE_END.  An item without its NUL, or of an unknown kind, is
   RULE_BAD: the caller refuses the client. */
enum rule_item { RULE_BAD = -1, RULE_END = 0, RULE_DENY, RULE_ENV };
extern enum rule_item rule_item(struct rule_match const *match, size_t *pos,
                                char const **env);

#endif
