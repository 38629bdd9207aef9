/*
 * scram - SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, 7677), the server's
 * side.  Pure but for the nonce: decoded messages in, decoded messages out.
 *
 * Two steps, with the look-up between them the caller's:
 *   scram_first      the client's first message: who does he say he is?
 *   scram_challenge  the secret of that user, or a mock: our first message
 *   scram_last       the client's last message: is it true?  Our last message
 *
 * Only StoredKey and ServerKey are needed (RFC 5802 section 3): who has them
 * can play the server, and who also saw a login the user; neither has the
 * password. Compares in constant time.
 *
 * Strict: UTF-8 without NUL, each attribute in its place and never empty,
 * base64 in its one spelling.  Extensions whose letter RFC 5802 does not use
 * are ignored, as it says; m= and letters out of place are refused.
 */
#ifndef POSTERN_SCRAM_H
#define POSTERN_SCRAM_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "scramsecret.h"

#define SCRAM_MESSAGE_MAX 4096 /* bytes of any message; more is refused */
#define SCRAM_NONCE_MAX 256    /* bytes of the client's nonce */

/* What the channel is, decoded from hex; len 0: not known. */
struct scram_binding {
  unsigned char exporter[64];
  size_t exporter_len;
  unsigned char endpoint[64];
  size_t endpoint_len;
};

enum scram_result {
  SCRAM_OK,
  SCRAM_WRONG, /* the proof is false, or nonce or binding another's */
  SCRAM_BAD,   /* not of the form, or an extension that we must refuse */
  SCRAM_NOMEM,
};

/* Zero-initialise, and fill in plus, offer_plus and binding; they stay as they
   are.  scram_free wipes the rest, and may be called at any time. */
struct scram {
  int plus;       /* the mechanism is -PLUS: a binding is a must */
  int offer_plus; /* -PLUS was offered: "y" is refused (RFC 5802 section 6) */
  struct scram_binding binding;
  stralloc user;    /* after scram_first: who he says; never empty;
                       NUL-terminated, len without the NUL */
  stralloc authzid; /* likewise; empty: none */
  struct scram_secret secret;
  stralloc gs2;    /* private */
  stralloc client; /* private: client-first-message-bare */
  stralloc server; /* private: server-first-message */
  stralloc nonce;  /* private */
};

/*
 * user and authzid are prepared with SASLprep (RFC 4013) if they are not ASCII.
 * Whether the user may act as authzid is the caller's to say.  Never
 * SCRAM_WRONG; SCRAM_BAD also for a binding of a kind that is not known, or
 * that we do not have.  Whatever was begun before with s is forgotten.
 */
extern enum scram_result scram_first(struct scram *s, char const *msg,
                                     size_t len);

/* nonce is what we add to the client's, printable without comma, or 0: 18
   random bytes in base64.  secret is copied.  out is overwritten. */
extern enum scram_result scram_challenge(struct scram *s,
                                         struct scram_secret const *secret,
                                         char const *nonce, stralloc *out);

/* SCRAM_OK: out is v=...; SCRAM_WRONG: e=... (for who wants to send it); else
   empty.  Once for each challenge.  user and authzid stay. */
extern enum scram_result scram_last(struct scram *s, char const *msg,
                                    size_t len, stralloc *out);

extern void scram_free(struct scram *s);

#endif
