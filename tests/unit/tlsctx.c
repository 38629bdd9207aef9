/* tlsctx - TLS as we speak it, in memory; tests/tls has real clients. */
#include "tlsctx.h"

#include <string.h>

#include "selfsigned.h"
#include "unit.h"

static struct tickets tickets;

/* A handshake; the server's end, or 0 if it failed. */
static SSL *shake(struct tlsctx const *t, SSL_CTX *client,
                  SSL_SESSION **session)
{
  SSL *a = SSL_new(client), *b = SSL_new(t->ctx);
  BIO *x, *y;
  char c;
  int good = 0;

  BIO_new_bio_pair(&x, 0, &y, 0);
  SSL_set_bio(a, x, x);
  SSL_set_bio(b, y, y);
  SSL_set_connect_state(a);
  SSL_set_accept_state(b);
  if (*session) SSL_set_session(a, *session);
  for (int i = 0; i < 8; i++) {
    SSL_do_handshake(a);
    good = SSL_do_handshake(b);
  }
  SSL_read(a, &c, 1);
  SSL_SESSION_free(*session);
  *session = good == 1 ? SSL_get1_session(a) : 0;
  /* OpenSSL does not resume what seems to have been cut off */
  SSL_set_shutdown(a, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(a);
  if (good == 1) return b;
  SSL_free(b);
  return 0;
}

static void new_key(int i)
{
  struct tickets_key k;

  memset(&k, i, sizeof k);
  tickets_rotate(&tickets, &k);
}

static void resuming(struct tlsctx const *t, int version, char const *name)
{
  SSL_CTX *client = SSL_CTX_new(TLS_client_method());
  SSL_SESSION *session = 0;
  char subject[ANSWER_VALUE_MAX + 1];
  struct answer one, two;
  SSL *s;

  SSL_CTX_set_min_proto_version(client, version);
  SSL_CTX_set_max_proto_version(client, version);
  s = shake(t, client, &session);
  ok(s && SSL_version(s) == version && !SSL_session_reused(s), name);
  if (!s) return;
  tlsctx_answer(s, &one, subject);
  ok(one.endpoint.n == 32 && one.exporter.n == (version > TLS1_2_VERSION) * 32u,
     "bindings");
  ok(!strcmp(one.protocol, name) && one.cipher && !one.sni && !one.subject &&
         !one.fingerprint.n,
     "facts");
  SSL_free(s);
  new_key(7);
  s = shake(t, client, &session);
  ok(s && SSL_session_reused(s), "resumed with the key before");
  tlsctx_answer(s, &two, subject);
  ok(two.endpoint.n == 32 && !memcmp(two.endpoint.s, one.endpoint.s, 32),
     "the end point is remembered");
  SSL_free(s);
  for (int i = 0; i < TICKETS_KEYS; i++)
    new_key(8 + i);
  s = shake(t, client, &session);
  ok(s && !SSL_session_reused(s), "not resumed when the key is gone");
  SSL_free(s);
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
}

static void refusing(struct tlsctx const *t)
{
  SSL_CTX *client = SSL_CTX_new(TLS_client_method());
  SSL_SESSION *session = 0;
  SSL *s;

  SSL_CTX_set_security_level(client, 0);
  SSL_CTX_set_max_proto_version(client, TLS1_1_VERSION);
  ok(!shake(t, client, &session), "TLS 1.1");
  SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(client, "aNULL:eNULL:kRSA:@SECLEVEL=0");
  ok(!shake(t, client, &session), "ciphers without a secret");
  SSL_CTX_set_cipher_list(client, "DEFAULT");
  SSL_CTX_set_alpn_protos(client, (unsigned char const *)"\2h2", 3);
  ok(!shake(t, client, &session), "another protocol");
  SSL_CTX_set_alpn_protos(client, (unsigned char const *)"\2h2\4pop3", 8);
  s = shake(t, client, &session);
  ok(s != 0, "ours among others");
  SSL_free(s);
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
}

int main(void)
{
  stralloc c = STRALLOC_ZERO, k = STRALLOC_ZERO, bundle = STRALLOC_ZERO;
  struct bundle_entry e = {"default", {"FILE", 0, 0}, {"KEY", 0, 0}};
  char why[CERTSET_WHY];
  struct tlsctx *t;

  ok(!tlsctx_make("x", 1, &tickets, 100, why) &&
         !strcmp(why, "bundle: damaged"),
     "no bundle");
  selfsigned("EC", "ec", &c, &k);
  e.cert = (struct bundle_file){"FILE", c.s, c.len};
  e.key = (struct bundle_file){"KEY", k.s, k.len};
  bundle_add(&bundle, &e);
  t = tlsctx_make(bundle.s, bundle.len, &tickets, 100, why);
  ok(t != 0, "a good one");
  if (!t) return done();
  new_key(1);
  tlsctx_warm(t);
  resuming(t, TLS1_2_VERSION, "TLSv1.2");
  resuming(t, TLS1_3_VERSION, "TLSv1.3");
  refusing(t);
  tlsctx_free(t);
  tlsctx_free(0);
  return done();
}
