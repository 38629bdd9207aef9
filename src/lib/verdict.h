/*
 * verdict - what the rules say about one client.
 *
 * Pure: a cdbmap and a client in, a verdict out.  Its strings point into the
 * cdbmap and live as long as that.  Whatever cannot be understood refuses the
 * client; nothing is guessed.
 *
 * The listener acts on it, and postern-why explains with it.
 */
#ifndef POSTERN_VERDICT_H
#define POSTERN_VERDICT_H

#include "cdbmap.h"
#include "client.h"
#include "gateway.h"
#include "rule.h"

#define VERDICT_ENV_MAX 200 /* variables that one rule may set */

enum verdict_kind {
  VERDICT_ALLOW,
  VERDICT_DENY,
  VERDICT_BAD, /* the rule or the file is damaged; why says how */
};

struct verdict {
  enum verdict_kind kind;
  char const *why;
  struct rule_match match;
  int matched;            /* a rule applied */
  int relay;              /* it sets RELAYCLIENT */
  int gateway_ok;         /* it says POSTERN_GATEWAY="ok" */
  int gateway;            /* verdict_trap: the client is one, and that is not
                             ok: no right may rest on its address */
  int suppressed;         /* verdict_trap: so RELAYCLIENT was taken away */
  int has_max;            /* it sets MAXCONNIP: */
  uint32_t max;           /*   connections from one address; 0 is no limit */
  char const *deny_text;  /* POSTERN_DENY, or 0 */
  char const *limit_text; /* DIEMSG, or 0 */
  size_t n;
  char const *env[VERDICT_ENV_MAX]; /* NAME=VALUE, in the rule's order */
};

/* m may be 0: no rules, which allows. */
extern void verdict_find(struct verdict *v, cdbmap const *m,
                         struct client const *c);

/* Every client of the world may arrive from the address of our own gateway
   (gateway.h): take away the right that the rule gives to it, unless the rule
   says POSTERN_GATEWAY="ok".  To be called after verdict_find, always. */
extern void verdict_trap(struct verdict *v, struct gateways const *g,
                         struct client const *c);

/* How many connections an address may have where the listener's option says
   per_ip; 0: no limit. */
extern uint32_t verdict_most(struct verdict const *v, uint32_t per_ip);

/* Why a client is turned away, and the line that it hears unless the rule or
   the run line has another. */
enum verdict_cause {
  VERDICT_LIMIT,     /* too many connections from there */
  VERDICT_RATE,      /* they come too fast */
  VERDICT_RULES,     /* no rules that could be asked */
  VERDICT_RESOURCES, /* no process, no descriptor, no memory */
};
extern char const *verdict_text(enum verdict_cause cause);

/* Bytes of such a line that reach the client: it ends at the first CR or LF,
   and is no longer than a reply may be (RFC 5321 section 4.5.3.1.5). */
#define VERDICT_LINE 510
extern size_t verdict_line(char const *text);

#endif
