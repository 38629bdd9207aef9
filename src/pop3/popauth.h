/*
 * popauth - SASL for the login of POP3: what is offered, and one exchange.
 *
 * Who judges is one of two.  Without a server it is a checkpassword program
 * later on: an exchange ends with its credentials (sasl.h).  With one it is the
 * auth server (authclient.h): an exchange ends with its word, and with what
 * tells the program that becomes the user who he is.  Either way POPAUTH_READY
 * means that sasl holds what that program is to find on its descriptor 3.
 *
 * Of what the judge can do is offered, and so accepted:
 *   - what shows the password, or something as good, only if plain
 *   - what ends in -PLUS only if something is known to bind to
 *   - EXTERNAL and ANONYMOUS never
 *
 * An auth server that is gone leaves the list that was last known, and is asked
 * again for each attempt.
 */
#ifndef POSTERN_POPAUTH_H
#define POSTERN_POPAUTH_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "authclient.h"
#include "sasl.h"

#define POPAUTH_LIST 10   /* seconds for the server to say what it can */
#define POPAUTH_JUDGE 60  /* seconds for each answer: Dovecot may take 17 */
#define POPAUTH_ROUNDS 16 /* challenges in one exchange */

/* Zero-initialise, but for what comes first. */
struct popauth {
  char const *host;          /* ours, for challenges */
  unsigned int mechanisms;   /* without a server: bits SASL_BIT(SASL_PLAIN) and
                                so on */
  struct authclient *server; /* or 0 */
  int plain;                 /* a password may cross this wire */
  char const *exporter;      /* channel bindings as in tlsfacts.h, or 0 */
  char const *endpoint;
  char const *session; /* for the server, as the next two; or 0 */
  char const *remote_ip;
  char const *local_ip;

  struct sasl sasl;                    /* credentials; see above */
  char mechanism[AUTHCLIENT_NAME + 1]; /* of the last exchange */
  stralloc out;                        /* a challenge, base64 */
  char const *why;                     /* after WRONG and FAILED */
  int begun;                           /* private, as what follows */
  unsigned int rounds;
  size_t n;
  struct authclient_mech known[AUTHCLIENT_MECHS];
};

enum popauth_step {
  POPAUTH_CHALLENGE, /* send out and feed the answer */
  POPAUTH_READY,
  POPAUTH_WRONG,  /* the server said no; sasl.user is whom it named, or empty */
  POPAUTH_FAILED, /* nobody could judge */
  POPAUTH_CANCELLED,
  POPAUTH_BAD, /* not base64, or not of the mechanism's form */
  POPAUTH_NOMEM,
};

enum popauth_offer {
  POPAUTH_OFFERED,
  POPAUTH_TLS,     /* not on this wire */
  POPAUTH_UNKNOWN, /* no such mechanism */
  POPAUTH_GONE,    /* the server cannot be asked; why says */
};

/* May the mechanism of that name, in any letter case, be used now?  If so, it
   is the one of the next popauth_start. */
extern enum popauth_offer popauth_choose(struct popauth *a, char const *name,
                                         size_t len);

/* The same for a user name and a password without SASL.  A server that has no
   PLAIN cannot judge them. */
extern enum popauth_offer popauth_password(struct popauth *a);

/* Append what is offered, a blank before each; 0 without memory. */
extern int popauth_names(struct popauth *a, stralloc *sa);

/* Begin; initial is the initial response as the client sent it, "=" for the
   empty one, or 0. */
extern enum popauth_step popauth_start(struct popauth *a, char const *initial,
                                       size_t len);
/* The client's next line, without its CR LF. */
extern enum popauth_step popauth_feed(struct popauth *a, char const *line,
                                      size_t len);

/* A user name and a password, after popauth_password.  Neither is empty. */
extern enum popauth_step popauth_pass(struct popauth *a, char const *user,
                                      size_t ulen, char const *pass,
                                      size_t plen);

/* However it ended: nothing secret is left, nobody waits for an answer. */
extern void popauth_end(struct popauth *a);

/* Free what was allocated; closes the server's connection. */
extern void popauth_free(struct popauth *a);

#endif
