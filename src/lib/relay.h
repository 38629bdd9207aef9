/*
 * relay - may this client send to this recipient?  The one place that decides.
 *
 * Pure: facts in, a reason out.  postern-smtpd acts on it and postern-why
 * explains with it, so that the explanation cannot drift from the decision.
 * The first that holds:
 *
 *   local        the domain is ours (rcpthosts, morercpthosts.cdb)
 *   auth:USER    the session authenticated
 *   grant:USER   RELAYCLIENT is set, RELAYREASON is grant:USER
 *   cert:NAME    the client's certificate is verified and listed; or
 *                RELAYCLIENT is set, RELAYREASON is cert:NAME
 *   rule:KEY     RELAYCLIENT is set, RELAYREASON is rule:KEY; the key of the
 *                rule for everybody is empty
 *   backup       the domain is in backupmx
 *   env          RELAYCLIENT is set and nobody says why
 *   none         nothing above: refused
 *   suppressed:WHY  the same, and RELAYREASON says that a right was taken away;
 *                for the decision it is none
 *
 * Nothing that the client says is among the facts.  RELAYREASON alone grants
 * nothing.
 */
#ifndef POSTERN_RELAY_H
#define POSTERN_RELAY_H

#include <stddef.h>

#define RELAY_SUPPRESSED "suppressed:"

enum relay {
  RELAY_NONE = 0,
  RELAY_ENV,
  RELAY_BACKUP,
  RELAY_RULE,
  RELAY_CERT,
  RELAY_GRANT,
  RELAY_AUTH,
  RELAY_LOCAL,
};

struct relay_facts {
  int local;               /* the recipient's domain is ours */
  int backup;              /* we are a backup MX for it */
  char const *user;        /* who authenticated in this session, or 0 */
  char const *cert;        /* whom a listed certificate names, or 0 */
  char const *relayclient; /* RELAYCLIENT, or 0 if it is not set */
  char const *relayreason; /* RELAYREASON, or 0 if it is not set */
};

/* *name receives USER, NAME or KEY, a part of the facts' strings; with
   RELAY_NONE the whole of suppressed:WHY; else "". */
extern enum relay relay_decide(struct relay_facts const *f, char const **name);

/* The same without a recipient: what this client may do anywhere. */
extern enum relay relay_right(struct relay_facts const *f, char const **name);

/* "auth:", "local" ...: what stands before the name.  Nothing stands before
   suppressed:WHY. */
extern char const *relay_prefix(enum relay r, char const *name);

#endif
