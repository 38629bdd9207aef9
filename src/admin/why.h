/*
 * why - would this client's recipient be accepted, and by what right?
 *
 * Goes through what listener, postern-grant-check and postern-smtpd go through,
 * in their order and with their own functions (verdict.h, childenv.h, grant.h,
 * settings.h, gate.h), and prints a row for each step (whyprint.h).
 *
 * While it runs it is the session as far as the environment goes: environ is
 * replaced.
 */
#ifndef POSTERN_WHY_H
#define POSTERN_WHY_H

#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "whyprint.h"

enum why_code {
  WHY_ACCEPTED = 0,
  WHY_REFUSED = 1,
  WHY_UNKNOWN = 111, /* something that decides cannot be read */
};

struct why_case {
  struct client client; /* its address and, if they are known, its names */
  int has_local;        /* client.local is known */
  char const *rules;    /* or 0: a listener without -x */
  int may_be_missing;   /* -X */
  int keep;             /* -k */
  int has_per_ip;
  uint32_t per_ip; /* the listener's -C */
  uint32_t count;  /* connections from there with this one; 0: not known */
  char const *const *env; /* of the run line, ended by 0 */
  char const *grants;     /* store, or 0: no postern-grant-check */
  uint32_t maxage;
  unsigned int bits6;
  int tls;                 /* the wire is private */
  char const *fingerprint; /* of its certificate, 64 digits, or 0 */
  char const *control;
  char const *mailboxes; /* or 0 */
  char const *names;     /* store of names, or 0: postern-smtpd without -N */
  char const *helo;      /* what the client calls itself, or 0 */
  char const *user;      /* who logs in, his password being right, or 0 */
  char const *mechanism;
  char const *sender; /* what follows MAIL FROM:, or 0 */
  int utf8;           /* MAIL has SMTPUTF8 */
  char const *recipient;
};

extern enum why_code why_run(struct why_case const *c, struct whyprint *p);

#endif
