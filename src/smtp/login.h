/*
 * login - AUTH (RFC 4954): what is offered, the dialogue, and what follows.
 *
 * Who judges is a back end: a checkpassword program (bychecker.h) or a server
 * of Dovecot's authentication protocol (byserver.h).  After a failure the reply
 * waits, one second longer each time; nobody is kept busy by then.
 *
 * Of what a back end can do, offered is, and so accepted:
 *   - what shows the password only on a private wire, or with POSTERN_PLAINAUTH
 *   - what ends in -PLUS only if something of the channel is known to bind to
 *   - EXTERNAL only if the client's certificate is listed (relaycerts.h)
 *   - nothing before STARTTLS if that is required
 */
#ifndef POSTERN_LOGIN_H
#define POSTERN_LOGIN_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "sasl.h"
#include "smtp.h"

/* May who authenticated still do so (standing.h)?  If not, or if that cannot be
   told, 0 after 421: the session ends, and the next login is refused by who
   judges passwords.  Asked before each command that a message consists of. */
extern int login_stands(struct smtp *s);

/* One AUTH command.  The strings are the back end's until its end. */
struct attempt {
  char mechanism[AUTHCLIENT_NAME + 1];
  char const *user; /* who it is, or says he is; not NUL-terminated */
  size_t user_len;
  stralloc out;     /* the challenge, base64 */
  char const *why;  /* after WRONG and FAILED: for the log */
  struct sasl sasl; /* bychecker's */
  char reason[64];  /* likewise */
  int begun;        /* byserver's: the server waits for an answer */
};

enum attempt_step {
  ATTEMPT_MORE,   /* send out and feed the answer */
  ATTEMPT_RIGHT,  /* it is user */
  ATTEMPT_WRONG,  /* 535 */
  ATTEMPT_FAILED, /* 454: nobody could judge */
  ATTEMPT_BAD,    /* 501: not base64, or not of the mechanism's form */
};

struct login_mechanism {
  char const *name; /* upper case */
  int plaintext;    /* it shows the password */
};

#define LOGIN_MECHANISMS AUTHCLIENT_MECHS

struct backend {
  /* What it can do, their number to *n; 0 with why, if that cannot be told. */
  int (*list)(struct smtp *s, struct login_mechanism *m, size_t *n,
              char const **why);
  /* initial is what the client sent with the command, or 0. */
  enum attempt_step (*start)(struct smtp *s, struct attempt *a,
                             char const *initial, size_t len);
  enum attempt_step (*feed)(struct smtp *s, struct attempt *a, char const *line,
                            size_t len);
  /* However it ended; nothing secret is left. */
  void (*end)(struct smtp *s, struct attempt *a);
};

extern void login_do(struct smtp *s, char *arg, size_t len);

/* The line of EHLO's reply, if there is anything to offer. */
extern void login_offer(struct smtp *s);

/* The client does something else. */
extern void login_idle(struct smtp *s);

/*
 * Append to modifs (env_addmodif) what the queue program shall know of it:
 * after AUTH the names that the patches of the qmail family use, else that
 * none of them is set, whatever was inherited.  RELAYCLIENT, too, for who may
 * relay by a certificate.
 */
extern int login_env(struct smtp const *s, stralloc *modifs);

extern void login_free(struct smtp *s);

#endif
