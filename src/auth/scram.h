/*
 * scram - SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, 7677), the server's
 * side.  Pure but for the nonce: decoded messages in, decoded messages out.
 *
 * Two steps, with the look-up between them the caller's:
 *   scram_first      the client's first message: who does he say he is?
 *   scram_challenge  the secret of that user, or a mock: our first message
 *   scram_last       the client's last message: is it true?  Our last message
 *
 * Only StoredKey and ServerKey are needed (RFC 5802 section 3): from them
 * nobody can log in elsewhere.  Compares in constant time.
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
  SCRAM_WRONG, /* the proof is false, or the binding is of another channel */
  SCRAM_BAD,   /* not of the form, or an extension that we must refuse */
  SCRAM_NOMEM,
};

/* Zero-initialise; scram_free wipes. */
struct scram {
  int plus;       /* the mechanism is -PLUS: a binding is a must */
  int offer_plus; /* -PLUS was offered: "y" is refused (RFC 5802 section 6) */
  struct scram_binding binding;
  stralloc user;    /* after scram_first: who he says; NUL-terminated */
  stralloc authzid; /* likewise; empty: none */
  struct scram_secret secret;
  stralloc gs2;    /* private */
  stralloc client; /* private: client-first-message-bare */
  stralloc server; /* private: server-first-message */
  stralloc nonce;  /* private */
};

/* user is prepared with SASLprep (RFC 4013) if it is not ASCII. */
extern enum scram_result scram_first(struct scram *s, char const *msg,
                                     size_t len);

/* nonce is what we add to the client's, printable without comma, or 0: 18
   random bytes in base64.  out is overwritten. */
extern enum scram_result scram_challenge(struct scram *s,
                                         struct scram_secret const *secret,
                                         char const *nonce, stralloc *out);

/* SCRAM_OK: out is v=...; SCRAM_WRONG: e=... (for who wants to send it). */
extern enum scram_result scram_last(struct scram *s, char const *msg,
                                    size_t len, stralloc *out);

extern void scram_free(struct scram *s);

#endif
