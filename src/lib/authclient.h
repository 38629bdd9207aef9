/*
 * authclient - the client's side of Dovecot's authentication protocol: which
 * mechanisms are there, and is this who he says?
 *
 * One connection to a unix socket serves any number of attempts, one at a time.
 * It is made when it is needed; when it breaks, the attempt fails with
 * AUTHCLIENT_TEMP, and the next one connects again.  No call lasts longer than
 * its deadline.  What the server sends is bounded and parsed whole: a line of
 * AUTHLINE_MAX bytes, a greeting of AUTHCLIENT_GREETING, challenges that a line
 * of the client's protocol can carry.
 *
 * The descriptor is close-on-exec and 3 or above, as low as can be.  No signal
 * comes of a server that is gone.
 *
 * Dovecot lets an attempt fail by a delay of its own, and by more for an
 * address that fails often (17 seconds): the deadline must be longer.
 */
#ifndef POSTERN_AUTHCLIENT_H
#define POSTERN_AUTHCLIENT_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define AUTHCLIENT_GREETING 16384 /* bytes of all its lines; more: refused */
#define AUTHCLIENT_MECHS 32       /* more: refused */
#define AUTHCLIENT_NAME 20        /* bytes in a mechanism's name: RFC 4422 */

/* What the server says of a mechanism.  "private", "anonymous" and misnamed
   ones are never shown. */
struct authclient_mech {
  char name[AUTHCLIENT_NAME + 1]; /* upper case */
  int plaintext; /* what crosses the wire lets who sees it log in, too */
};

enum authclient_result {
  AUTHCLIENT_OK,
  AUTHCLIENT_CONT,  /* out holds the challenge, base64, perhaps empty */
  AUTHCLIENT_WRONG, /* FAIL, or OK with nologin and without proxy */
  AUTHCLIENT_TEMP,  /* FAIL with temp, or no good answer; why says */
};

/* Zero-initialise, but for path and timeout. */
struct authclient {
  char const *path;
  unsigned int timeout; /* seconds that a call may last */
  int open;             /* the rest is valid only if this is 1 */
  int fd;
  unsigned int id; /* of the last request */
  size_t n;
  struct authclient_mech mech[AUTHCLIENT_MECHS];
  stralloc in;    /* private: what was read */
  size_t taken;   /* private: of that */
  stralloc user;  /* after OK: who it is, never empty; after WRONG and TEMP: who
                     failed, if the server says so; NUL-terminated */
  stralloc token; /* after OK: what our server lets its kin verify; else
                     empty; NUL-terminated */
  char why[96];   /* after WRONG and TEMP: for the log; any bytes */
};

/* Strings are 0 if unknown. */
struct authclient_request {
  char const *service; /* smtp, pop3 */
  char const *mechanism;
  char const *session;
  char const *remote_ip;
  char const *local_ip;
  int secured;           /* a password may cross this wire */
  char const *cert_user; /* whom a verified certificate names */
  char const *exporter;  /* channel bindings as in tlsfacts.h, hex */
  char const *endpoint;
  char const *initial; /* base64, of length 0 the empty response; 0: none */
  size_t initial_len;
};

/* Connect and read the list of mechanisms, if that was not done.  0 with why.
 */
extern int authclient_open(struct authclient *a);

/* The same over a stream socket that is connected, and is closed with it. */
extern int authclient_adopt(struct authclient *a, int fd);

/* Keeps user, token and why; the list is gone. */
extern void authclient_close(struct authclient *a);

/* Close, and free what was allocated; a token is wiped. */
extern void authclient_free(struct authclient *a);

/* The mechanism of that name, in any letter case, or 0. */
extern struct authclient_mech const *
authclient_find(struct authclient const *a, char const *name, size_t len);

/*
 * Begin.  A connection that broke while it was idle is made again; a mechanism
 * that the server does not have (any more) is AUTHCLIENT_TEMP.  What the client
 * sent and is no base64 is AUTHCLIENT_WRONG, and the server is not told: who
 * wants to answer that otherwise looks before.
 */
extern enum authclient_result
authclient_start(struct authclient *a, struct authclient_request const *r,
                 stralloc *out);

/* The client's answer, base64.  Only after AUTHCLIENT_CONT. */
extern enum authclient_result authclient_continue(struct authclient *a,
                                                  char const *line, size_t len,
                                                  stralloc *out);

/* The client gave up.  Harmless at any time. */
extern void authclient_cancel(struct authclient *a);

#endif
