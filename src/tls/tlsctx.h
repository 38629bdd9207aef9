/*
 * tlsctx - how we speak TLS: one SSL_CTX for a set of certificates.
 *
 * TLS 1.2 and 1.3; forward secrecy always; no renegotiation, no compression, no
 * early data.  Sessions are resumed by tickets only.  A client that names
 * protocols (ALPN, RFC 7301) and none that is mail's came to the wrong place
 * and is refused.
 */
#ifndef POSTERN_TLSCTX_H
#define POSTERN_TLSCTX_H

#include <openssl/ssl.h>

#include "answer.h"
#include "certset.h"
#include "tickets.h"

struct tlsctx {
  SSL_CTX *ctx;
  struct certset *set;
  struct tickets const *tickets;
};

/*
 * From a bundle; tickets must live as long, may change, and its sessions last
 * for that many seconds.  0, and why says in one line what is wrong.
 */
extern struct tlsctx *tlsctx_make(char const *bundle, size_t n,
                                  struct tickets const *tickets, long seconds,
                                  char why[CERTSET_WHY]);
extern void tlsctx_free(struct tlsctx *t);

/* A handshake with ourselves, in memory: what OpenSSL does at the first of a
   process is done then, and forks inherit it. */
extern void tlsctx_warm(struct tlsctx const *t);

/* What is known when the handshake of ssl is done.  subject has room for
   ANSWER_VALUE_MAX + 1 bytes, and a points to it and into ssl. */
extern void tlsctx_answer(SSL *ssl, struct answer *a, char *subject);

#endif
