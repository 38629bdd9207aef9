/*
 * gate - who may log in, what the client may say to MAIL and RCPT, and the
 * reply that he gets.  postern-smtpd acts on it and postern-why explains with
 * it, so that the explanation cannot drift from the decision.
 *
 * Nothing here speaks to a client, logs, or changes the state of a session:
 * settings, facts and words in, an answer out.  The big files
 * (morercpthosts.cdb, mailboxes.cdb, aliases) are opened when first needed and
 * stay open; that one of them cannot be read is told by warn, and the answer is
 * 451.
 *
 * Replies are literals without CR LF.
 */
#ifndef POSTERN_GATE_H
#define POSTERN_GATE_H

#include <stddef.h>

#include "aliases.h"
#include "cdbmap.h"
#include "crowd.h"
#include "mailbox.h"
#include "relay.h"
#include "settings.h"

/* what cannot be read, and why */
typedef void gate_warn(void *data, char const *what, char const *why);

/* Of one session.  The caller fills in the first three and zeroes the rest,
   which are private; gate_free in the end. */
struct gate {
  struct settings const *set;
  gate_warn *warn;
  void *data;
  cdbmap more;
  cdbmap boxes;
  struct aliases aliases;
  int more_opened; /* 1 open, -1 there is none */
  int boxes_opened;
};

extern void gate_free(struct gate *g);

/* --- before MAIL --- */

#define GATE_NEEDS_TLS "530 5.7.0 Must issue a STARTTLS command first"
#define GATE_NEEDS_AUTH "530 5.7.0 authentication required"

/* Must this wire become private before anything else? */
extern int gate_wants_tls(struct ucspitls const *u, struct tlsfacts const *f);

/* Must who says MAIL have authenticated?  user is 0 for nobody. */
extern int gate_wants_auth(struct settings const *set, char const *user);

/* Whom the client's certificate names in control/relaycerts, or 0. */
extern char const *gate_cert(struct settings const *set,
                             struct tlsfacts const *f);

/* Why AUTH with that mechanism, which the back end has, is refused on this
   wire, or 0.  plaintext: it shows the password. */
extern char const *gate_mechanism(struct settings const *set,
                                  struct tlsfacts const *f, char const *cert,
                                  char const *name, int plaintext);

/* --- MAIL --- */

/* The path of MAIL FROM at the start of arg.  The fault, or 0 with *used. */
extern char const *gate_sender(struct mailbox *m, char const *arg, size_t len,
                               size_t *used);

/* Fault of a path with bytes beyond ASCII, unless the client said SMTPUTF8. */
extern char const *gate_utf8(struct mailbox const *m, int utf8);

/* The item of badmailfrom that the sender is in, or 0. */
extern char const *gate_bad_sender(struct settings const *set,
                                   struct mailbox const *sender);

/* --- RCPT --- */

struct gate_facts {
  char const *user; /* who authenticated, or 0 */
  char const *cert; /* from gate_cert */
  int crowd;        /* gate_crowd: nothing rests on his address */
  size_t rcpts;     /* accepted already for this message */
  int utf8;         /* MAIL had SMTPUTF8 */
  int bad_sender;   /* gate_bad_sender */
};

/* What was decisive for a recipient's domain, or his mailbox. */
enum gate_by {
  GATE_NOTHING = 0, /* it was not looked for, or is not there */
  GATE_POSTMASTER,
  GATE_RCPTHOSTS, /* item */
  GATE_MORE,      /* morercpthosts.cdb: item */
  GATE_ALIAS,
  GATE_MAILBOX,
  GATE_DOMAIN_ALIAS, /* alias of @domain */
};

struct gate_answer {
  char const *reply;
  char const *more; /* to be appended to the reply, or 0 */
  char const *why;  /* one word for the log, if it is refused; else 0 */
  enum relay relay; /* RELAY_NONE if it was not decided */
  char const *name; /* that goes with it, or "" */

  enum gate_by local;     /* why the domain is ours */
  char const *local_item; /* in rcpthosts; for GATE_MORE in the domain */
  char const *backup;     /* the item of backupmx, or 0 */
  enum gate_by box;       /* why there is a mailbox */
};

/*
 * What follows RCPT TO: in the command line.  m receives the mailbox for the
 * queue program, asked the one that was asked for; asked->len is 0 if there is
 * no sense in the words.  Accepted: a->why is 0.
 */
extern void gate_recipient(struct gate *g, struct gate_facts const *f,
                           char const *arg, size_t len, struct mailbox *m,
                           struct mailbox *asked, struct gate_answer *a);

/* What this client may do anywhere. */
extern struct relay_facts gate_relay(struct gate const *g,
                                     struct gate_facts const *f);

/* Does this client's right to relay rest on a private address, and no rule
   consents to whoever may be behind it? */
extern int gate_rests_on_address(struct gate const *g,
                                 struct gate_facts const *f);

/* Then, with -N, at MAIL: is it more clients than maxnames who come from there,
   with one of that name (crowd.h)?  1 yes, or it cannot be told, after a
   warning; 0 no.  c->n is 0 if it cannot be told. */
extern int gate_crowd(struct gate *g, char const *name, struct crowd *c);

#endif
