/*
 * overlay - the rule that a grant adds to compiled rules, for a tcpserver that
 * knows rules but no grants.  Pure: a cdbmap and a grant in, a record out.
 *
 * tcpserver obeys the first key that exists and merges nothing, and the key of
 * an address comes before those of networks and host names.  So a grant's rule
 * must carry what the client's present rule says, and must not hide a refusal:
 *   - the present rule denies, or lets relay already, or is for that very
 *     address: no rule is added;
 *   - else its variables are repeated, and RELAYCLIENT="" and
 *     RELAYREASON="grant:USER" added.
 * Whether a host name is denied cannot be known here, where the client's name
 * is not known: if a rule denies by name, nobody gets one (overlay_hides).
 * tcpserver 0.88 knows IPv4 alone, and so does this.
 */
#ifndef POSTERN_OVERLAY_H
#define POSTERN_OVERLAY_H

#include <skalibs/stralloc.h>

#include "cdbmap.h"
#include "grant.h"

enum overlay_result {
  OVERLAY_FAILED = -1, /* errno: EPROTO, the rules are damaged; ENOMEM */
  OVERLAY_NONE,
  OVERLAY_RULE, /* data is the record's; its key is grant_key's */
};

extern enum overlay_result overlay_rule(cdbmap const *rules,
                                        struct grant const *g, stralloc *data);

/* Does a rule deny by host name, which a rule for an address would hide?  1,
   and name becomes its key; 0; -1 with errno. */
extern int overlay_hides(cdbmap const *rules, stralloc *name);

#endif
