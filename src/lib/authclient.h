/*
 * authclient - the client's side of Dovecot's authentication protocol: which
 * mechanisms are there, and is this who he says?
 *
 * One connection to a unix socket serves any number of attempts, one at a time.
 * It is made when it is needed; when it breaks, the attempt fails with
 * AUTHCLIENT_TEMP, and the next one connects again.  Every wait has a deadline.
 * What the server sends is bounded and parsed whole.
 */
#ifndef POSTERN_AUTHCLIENT_H
#define POSTERN_AUTHCLIENT_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define AUTHCLIENT_MECHS 32
#define AUTHCLIENT_NAME 20 /* bytes in a mechanism's name: RFC 4422 */

/* What the server says of a mechanism.  "private", "anonymous" and misnamed
   ones are never shown. */
struct authclient_mech {
  char name[AUTHCLIENT_NAME + 1]; /* upper case */
  int plaintext;                  /* the password itself crosses the wire */
};

enum authclient_result {
  AUTHCLIENT_OK,
  AUTHCLIENT_CONT,  /* out holds the challenge, base64 */
  AUTHCLIENT_WRONG, /* FAIL */
  AUTHCLIENT_TEMP,  /* FAIL with temp, or no good answer; why says */
};

/* Zero-initialise, but for path and timeout. */
struct authclient {
  char const *path;
  unsigned int timeout; /* seconds to wait for any one answer */
  int open;             /* the rest is valid only if this is 1 */
  int fd;
  unsigned int id; /* of the last request */
  size_t n;
  struct authclient_mech mech[AUTHCLIENT_MECHS];
  stralloc in;    /* private: what was read */
  stralloc user;  /* after OK: who it is, NUL-terminated, never empty */
  stralloc token; /* after OK: what our server lets its kin verify; else
                     empty; NUL-terminated */
  char why[96];   /* after WRONG and TEMP: for the log */
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
  char const *initial; /* base64, "" the empty response, 0: none */
  size_t initial_len;
};

/* Connect and read the list of mechanisms, if that was not done.  0 with why.
 */
extern int authclient_open(struct authclient *a);
extern void authclient_close(struct authclient *a);

/* The mechanism of that name, in any letter case, or 0. */
extern struct authclient_mech const *
authclient_find(struct authclient const *a, char const *name, size_t len);

/* Begin.  A connection that broke while it was idle is made again. */
extern enum authclient_result
authclient_start(struct authclient *a, struct authclient_request const *r,
                 stralloc *out);

/* The client's answer, base64. */
extern enum authclient_result authclient_continue(struct authclient *a,
                                                  char const *line, size_t len,
                                                  stralloc *out);

/* The client gave up. */
extern void authclient_cancel(struct authclient *a);

#endif
