/*
 * checker - ask a checkpassword program whether credentials are right.
 *
 * The program gets login, NUL, secret, NUL, extra, NUL on descriptor 3, at
 * most 512 bytes in all, and runs the rest of its arguments if they are.
 * For CRAM-MD5 the traditions differ in the order of the last two: Hoffmann,
 * vchkpw, cmd5checkpw 0.30 and later want response then challenge,
 * Dabrowski's and cmd5checkpw 0.22 challenge then response.
 */
#ifndef POSTERN_CHECKER_H
#define POSTERN_CHECKER_H

#include "sasl.h"

#define CHECKER_MAX 512 /* bytes on descriptor 3 */

enum checker_result {
  CHECKER_OK,       /* exit 0 */
  CHECKER_WRONG,    /* exit 1: the password is wrong */
  CHECKER_FAILED,   /* anything else, a signal, no answer in time: temporary */
  CHECKER_TOO_LONG, /* over 512 bytes: wrong, and nobody was asked */
};

enum checker_order { CHECKER_RESPONSE_FIRST, CHECKER_CHALLENGE_FIRST };

/* "response" or "challenge", what an option says: 1, or 0. */
extern int checker_order_scan(char const *s, enum checker_order *order);

struct checker {
  char const *const *argv; /* program and arguments, null-terminated */
  enum checker_order order;
  unsigned int timeout; /* seconds that it may live; then it is killed.  0: no
                           limit, for give_connection */
  int give_connection;  /* 1: keeps descriptors 0 and 1 and runs until its last
                           word ends, as in POP3; 0: they are /dev/null, and it
                           has a process group of its own */
};

/*
 * Run it.  *status receives the wait status or, if it never ran, 0; reason a
 * word or two for the log ("exit 111", "signal 9", "timeout", an error).
 * With give_connection, CHECKER_OK means that the last word ended with 0, and
 * exit 1 before anything else was answered means that the password was wrong.
 *
 * The third field is s->challenge if there is one; else it is empty.  For APOP
 * set user, secret (the digest) and challenge (the greeting's timestamp) and
 * leave the mechanism SASL_NONE: the order is always digest, timestamp.
 * SIGCHLD is blocked and put back; if another child of the caller's ends
 * meanwhile, it is left to wait for, but its signal may be lost.  argv[0] is
 * found along PATH.
 */
extern enum checker_result checker_run(struct checker const *c,
                                       struct sasl const *s, int *status,
                                       char reason[64]);

/*
 * Ask about a user and a password, both random, that nobody has.  Only
 * CHECKER_WRONG is a good answer; CHECKER_OK is that of a checker that accepts
 * anything, /bin/true for instance, which must not be used; CHECKER_FAILED says
 * nothing, and reason says why.  Descriptors 0 and 1 are /dev/null, whatever c
 * says; without a timeout it is 60 seconds.
 *
 * It costs what a wrong password costs: ask where a checker is about to be
 * believed, not for each connection.  The user's name begins with
 * CHECKER_PROBE, so that logs show what it is, and who counts failures can
 * leave it out if there is no such user.
 */
#define CHECKER_PROBE "postern-probe-"
extern enum checker_result checker_probe(struct checker const *c, int *status,
                                         char reason[64]);

#endif
