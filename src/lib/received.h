/*
 * received - the trace field that a server puts on top of a message (RFC 5321
 * section 4.4, keywords of RFC 3848 and 6531), and the count of those that are
 * there already.  Pure, but for the date, which the caller gives.
 *
 *   Received: from HELO (HOST [IP])
 *     by ME with ESMTPSA (TLSv1.3 cipher X, relay auth:joe) id SESSION
 *     for <joe@example.org>; Sun, 22 Nov 2026 00:19:19 +0000
 *
 * Lines end with LF, as a queue program wants them.  What the client or a
 * stranger chose can neither end a line nor a comment: bytes outside a small
 * set become "?", and no line grows beyond 998 bytes.
 */
#ifndef POSTERN_RECEIVED_H
#define POSTERN_RECEIVED_H

#include <stddef.h>
#include <time.h>

#include <skalibs/stralloc.h>

#define RECEIVED_HOPS_MAX 100  /* trace fields; one more is a loop */
#define RECEIVED_TOKEN_MAX 230 /* bytes shown of any one value */

struct received {
  char const *helo;     /* what the client called itself, or 0 */
  char const *host;     /* TCPREMOTEHOST, or 0 */
  char const *ip;       /* TCPREMOTEIP, or 0 */
  char const *info;     /* TCPREMOTEINFO, or 0 */
  char const *by;       /* our name */
  char const *relay;    /* the reason, with its name */
  char const *id;       /* of the session */
  char const *rcpt;     /* the only recipient, or 0; not shown if it would need
                           quotes */
  char const *protocol; /* of TLS, or 0 if unknown */
  char const *cipher;   /* likewise */
  int tls;              /* the wire is private */
  int esmtp;
  int authenticated;
  int utf8;
  time_t now;
};

/* Append the field to out; 0 if memory ran out. */
extern int received_add(struct received const *r, stralloc *out);

/*
 * Count Received and Delivered-To in the header of a message that comes in
 * portions, its lines ending with LF.  The body is not looked at.
 */
struct hops {
  unsigned int count;
  int in_body;
  size_t matched;   /* private: bytes of the line seen, while they match */
  unsigned int may; /* private: the names that it may still be */
};

#define HOPS_ZERO                                                              \
  {                                                                            \
    0, 0, 0, 3                                                                 \
  }

extern void hops_feed(struct hops *h, char const *s, size_t n);

#endif
