/*
 * verdict - what the rules say about one client.
 *
 * Pure: a cdbmap and a client in, a verdict out.  Its strings point into the
 * cdbmap and live as long as that.  Whatever cannot be understood refuses the
 * client; nothing is guessed.
 */
#ifndef POSTERN_VERDICT_H
#define POSTERN_VERDICT_H

#include "cdbmap.h"
#include "client.h"
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

#endif
