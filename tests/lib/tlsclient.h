/* tlsclient - a client for unit tests of TLS, over a descriptor. */
#ifndef POSTERN_TLSCLIENT_H
#define POSTERN_TLSCLIENT_H

#include <openssl/ssl.h>

static inline SSL *tlsclient(int fd, int version)
{
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  SSL *ssl;

  SSL_CTX_set_min_proto_version(ctx, version);
  SSL_CTX_set_max_proto_version(ctx, version);
  ssl = SSL_new(ctx);
  SSL_CTX_free(ctx);
  SSL_set_fd(ssl, fd);
  SSL_set_connect_state(ssl);
  return ssl;
}

#endif
