/*
 * ucspitls - the application's side of UCSPI-TLS: ask the program that stands
 * between us and the client to begin TLS.
 *
 * Whoever offers it sets SSLCTLFD, SSLREADFD and SSLWRITEFD, numbers of open
 * descriptors, of which some may be the same, and UCSPITLS:
 *   unset, "-"   TLS is not offered, whatever else is set
 *   "!"          TLS is required: nothing but STARTTLS, NOOP, QUIT and the like
 *                before it; so even if the descriptors are missing
 *   else         TLS is offered
 *
 * The application says to the client that it is ready, has nothing left in its
 * read buffer, and calls ucspitls_start: a byte Y on SSLCTLFD, answered by
 * NAME=VALUE, NUL ..., NUL when the handshake is done (tlsfacts.h), or by the
 * end of file when it failed.  After that the two descriptors are the client.
 */
#ifndef POSTERN_UCSPITLS_H
#define POSTERN_UCSPITLS_H

#include <skalibs/stralloc.h>

/* Bytes of the answer; some send whole certificates. */
#define UCSPITLS_FACTS_MAX 65536

/* The descriptors are -1 where there are none. */
struct ucspitls {
  int offered;  /* ucspitls_start may be called */
  int required; /* nothing goes on without TLS */
  int ctl, in, out;
};

/*
 * What the environment says.  Marks the descriptors close-on-exec.  1, or 0
 * with *why, a literal for the log, if the variables are damaged (not numbers,
 * 0 to 2, not open): then TLS is not offered.  That it is required and there
 * are no descriptors is no damage: who requires it could not reach who does it.
 */
extern int ucspitls_get(struct ucspitls *u, char const **why);

/*
 * Begin TLS, which may take that many seconds, and make descriptors 0 and 1 of
 * the application the private wire.  What they were is made blocking before it
 * is given away, and closed here.  facts is overwritten with the answer, for
 * tlsfacts_scan.
 *
 * 1; or 0 with *why, a literal, and errno, ECONNABORTED if the handshake failed
 * and ETIMEDOUT if the time was over: there is no TLS, and the connection
 * cannot be used any more: what is written goes nowhere, least of all to the
 * client in clear.  All descriptors of u are closed in either case, and it is
 * not offered any more.  SIGPIPE is not raised here.
 */
extern int ucspitls_start(struct ucspitls *u, unsigned int seconds,
                          stralloc *facts, char const **why);

/* Give up the offer: close the descriptors.  What is required stays so. */
extern void ucspitls_close(struct ucspitls *u);

/*
 * The session is over, and the program about to exit.  If TLS was offered and
 * never begun, who offered it has the client's socket, too: say the end of the
 * session to the client now, and not when that one has noticed.
 */
extern void ucspitls_end(struct ucspitls *u);

#endif
