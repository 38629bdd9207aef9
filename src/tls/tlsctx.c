#include "tlsctx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509_vfy.h>

#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!PSK"
#define DEPTH 8            /* certificates between a client's and a known one */
#define CA_NAMES 32        /* names of them in a handshake; more are not said */
#define CLIENT_BYTES 65536 /* of a client's certificates */

/* --- which certificate --- */

static int take_name(SSL *ssl, int *alert, void *arg)
{
  (void)ssl;
  (void)alert;
  (void)arg;
  return SSL_TLSEXT_ERR_OK;
}

static int use(SSL *ssl, struct certset_pair const *p)
{
  return SSL_use_cert_and_key(ssl, p->cert, p->key, p->chain, 1) == 1;
}

static int choose(SSL *ssl, void *arg)
{
  struct tlsctx const *t = arg;
  struct certset_name const *name =
      certset_find(t->set, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));

  for (size_t i = 0; i < name->n; i++)
    if (!use(ssl, name->pair + i)) return 0;
  return 1;
}

/* --- tickets --- */

static int start_cipher(EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                        struct tickets_key const *k, unsigned char const *iv,
                        int encrypt)
{
  OSSL_PARAM p[] = {OSSL_PARAM_construct_octet_string(
                        OSSL_MAC_PARAM_KEY, (void *)k->mac, sizeof k->mac),
                    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                     (char *)"SHA256", 0),
                    OSSL_PARAM_construct_end()};

  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), 0, k->aes, iv, encrypt) ==
             1 &&
         EVP_MAC_CTX_set_params(mac, p) == 1;
}

static int ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
  struct tlsctx const *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  struct tickets_key const *k = t->tickets->key;

  if (encrypt) {
    if (!t->tickets->n || RAND_bytes(iv, 16) != 1) return 0;
    memcpy(name, k->name, sizeof k->name);
    return start_cipher(cipher, mac, k, iv, 1) ? 1 : -1;
  }
  k = tickets_find(t->tickets, name);
  if (!k) return 0;
  if (!start_cipher(cipher, mac, k, iv, 0)) return -1;
  return k == t->tickets->key ? 1 : 2;
}

/* RFC 5929 section 4.1: the hash of the certificate by its own signature's
   algorithm, and never by a weak one. */
static void endpoint(X509 const *x, struct answer_bytes *b)
{
  EVP_MD const *md;
  unsigned int n = 0;
  int nid = NID_undef;

  b->n = 0;
  if (!x || !X509_get_signature_info((X509 *)x, &nid, 0, 0, 0) ||
      nid == NID_undef)
    return;
  if (nid == NID_md5 || nid == NID_sha1) nid = NID_sha256;
  md = EVP_get_digestbynid(nid);
  if (md && X509_digest(x, md, b->s, &n) == 1) b->n = n;
}

/* A resumed session has no certificate of ours: its ticket remembers what was
   bound to. */
static int remember(SSL *ssl, void *arg)
{
  struct answer_bytes b;

  (void)arg;
  if (SSL_session_reused(ssl)) return 1;
  endpoint(SSL_get_certificate(ssl), &b);
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), b.s, b.n);
}

static SSL_TICKET_RETURN recall(SSL *ssl, SSL_SESSION *session,
                                unsigned char const *name, size_t n,
                                SSL_TICKET_STATUS status, void *arg)
{
  (void)ssl;
  (void)session;
  (void)name;
  (void)n;
  (void)arg;
  switch (status) {
  case SSL_TICKET_SUCCESS: return SSL_TICKET_RETURN_USE;
  case SSL_TICKET_SUCCESS_RENEW: return SSL_TICKET_RETURN_USE_RENEW;
  default: return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
}

/* --- clients --- */

/* Not demanded, so not refused: what is wrong stays in SSL_get_verify_result,
   and nothing rests on the certificate then. */
static int accept_any(int good, X509_STORE_CTX *store)
{
  (void)good;
  (void)store;
  return 1;
}

static int ask_clients(SSL_CTX *ctx, STACK_OF(X509) const *clients)
{
  X509_STORE *store = SSL_CTX_get_cert_store(ctx);
  int n = sk_X509_num(clients);

  for (int i = 0; i < n; i++)
    if (X509_STORE_add_cert(store, sk_X509_value(clients, i)) != 1 ||
        (n <= CA_NAMES &&
         SSL_CTX_add_client_CA(ctx, sk_X509_value(clients, i)) != 1))
      return 0;
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
  SSL_CTX_set_verify_depth(ctx, DEPTH);
  SSL_CTX_set_max_cert_list(ctx, CLIENT_BYTES);
  return 1;
}

/* --- protocols --- */

static int is_mail(unsigned char const *s, size_t n)
{
  static char const *const mail[] = {"smtp", "pop3", "submission", "imap"};

  for (size_t i = 0; i < sizeof mail / sizeof *mail; i++)
    if (strlen(mail[i]) == n && !memcmp(mail[i], s, n)) return 1;
  return 0;
}

static int protocol(SSL *ssl, unsigned char const **out, unsigned char *outlen,
                    unsigned char const *in, unsigned int inlen, void *arg)
{
  (void)ssl;
  (void)out;
  (void)outlen;
  (void)arg;
  for (unsigned int i = 0; i < inlen; i += in[i] + 1u)
    if (in[i] < inlen - i && is_mail(in + i + 1, in[i]))
      return SSL_TLSEXT_ERR_NOACK;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* --- the whole --- */

static int session_context(SSL_CTX *ctx, struct certset const *set)
{
  unsigned char s[7 + sizeof set->clients_hash] = "postern", h[32];

  /* who trusts other clients now must not believe what it said of old ones */
  memcpy(s + 7, set->clients_hash, sizeof set->clients_hash);
  SHA256(s, sizeof s, h);
  return SSL_CTX_set_session_id_context(ctx, h, sizeof h);
}

static int configure(struct tlsctx *t, long seconds)
{
  SSL_CTX *c = t->ctx;

  SSL_CTX_set_security_level(c, 2);
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                             SSL_OP_CIPHER_SERVER_PREFERENCE |
                             SSL_OP_PRIORITIZE_CHACHA |
                             SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE |
                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(c, 1);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(c, 1);
  SSL_CTX_set_timeout(c, seconds);
  SSL_CTX_set_app_data(c, t);
  SSL_CTX_set_tlsext_servername_callback(c, take_name);
  SSL_CTX_set_cert_cb(c, choose, t);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(c, ticket);
  SSL_CTX_set_session_ticket_cb(c, remember, recall, 0);
  SSL_CTX_set_alpn_select_cb(c, protocol, 0);
  return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) &&
         SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) &&
         SSL_CTX_set_cipher_list(c, CIPHERS) && session_context(c, t->set) &&
         (!t->set->ask || ask_clients(c, t->set->clients));
}

/* What OpenSSL would refuse in a handshake, a weak key for one, it must refuse
   now. */
static int try_pairs(struct tlsctx *t, char why[CERTSET_WHY])
{
  for (size_t i = 0; i < t->set->n; i++)
    for (size_t k = 0; k < t->set->name[i].n; k++) {
      struct certset_pair const *p = t->set->name[i].pair + k;
      SSL *ssl = SSL_new(t->ctx);
      int good = ssl && use(ssl, p);
      char const *reason = ERR_reason_error_string(ERR_peek_last_error());

      SSL_free(ssl);
      if (good) continue;
      snprintf(why, CERTSET_WHY, "%.900s: %s", p->path,
               reason ? reason : "refused");
      ERR_clear_error();
      return 0;
    }
  return 1;
}

struct tlsctx *tlsctx_make(char const *bundle, size_t n,
                           struct tickets const *tickets, long seconds,
                           char why[CERTSET_WHY])
{
  struct tlsctx *t = calloc(1, sizeof *t);

  if (t) {
    strcpy(why, "out of memory");
    t->tickets = tickets;
    t->set = certset_make(bundle, n, why);
    if (t->set) t->ctx = SSL_CTX_new(TLS_server_method());
    if (t->ctx && configure(t, seconds) && try_pairs(t, why)) return t;
  }
  tlsctx_free(t);
  return 0;
}

void tlsctx_free(struct tlsctx *t)
{
  if (!t) return;
  SSL_CTX_free(t->ctx);
  certset_free(t->set);
  free(t);
}

static void shake(SSL *a, SSL *b)
{
  for (int i = 0; i < 8; i++) {
    SSL_do_handshake(a);
    SSL_do_handshake(b);
  }
}

static void warm(struct tlsctx const *t, SSL_CTX *client, int version)
{
  SSL *a = SSL_new(client), *b = SSL_new(t->ctx);
  BIO *x = 0, *y = 0;

  if (a && b && BIO_new_bio_pair(&x, 0, &y, 0) == 1) {
    SSL_set_bio(a, x, x);
    SSL_set_bio(b, y, y);
    SSL_set_max_proto_version(a, version);
    SSL_set_connect_state(a);
    SSL_set_accept_state(b);
    shake(a, b);
  }
  SSL_free(a);
  SSL_free(b);
  ERR_clear_error();
}

void tlsctx_warm(struct tlsctx const *t)
{
  SSL_CTX *client = SSL_CTX_new(TLS_client_method());

  if (!client) return;
  warm(t, client, TLS1_3_VERSION);
  warm(t, client, TLS1_2_VERSION);
  SSL_CTX_free(client);
}

/* --- what is known --- */

static void client(SSL *ssl, struct answer *a, char *subject)
{
  X509 *x = SSL_get0_peer_certificate(ssl);
  unsigned int n = 0;
  BIO *b;
  int r;

  if (!x || SSL_get_verify_result(ssl) != X509_V_OK) return;
  /* a resumed session was verified when it began */
  if (X509_cmp_current_time(X509_get0_notAfter(x)) <= 0) return;
  if (X509_digest(x, EVP_sha256(), a->fingerprint.s, &n) == 1)
    a->fingerprint.n = n;
  b = BIO_new(BIO_s_mem());
  if (b && X509_NAME_print_ex(b, X509_get_subject_name(x), 0,
                              XN_FLAG_RFC2253) >= 0) {
    r = BIO_read(b, subject, ANSWER_VALUE_MAX);
    if (r > 0 && !BIO_pending(b)) {
      subject[r] = 0;
      a->subject = subject;
    }
  }
  BIO_free(b);
}

void tlsctx_answer(SSL *ssl, struct answer *a, char *subject)
{
  static char const label[] = "EXPORTER-Channel-Binding";
  void *data = 0;
  size_t n = 0;

  memset(a, 0, sizeof *a);
  a->protocol = SSL_get_version(ssl);
  a->cipher = SSL_get_cipher_name(ssl);
  a->sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  client(ssl, a, subject);
  if (SSL_version(ssl) == TLS1_3_VERSION &&
      SSL_export_keying_material(ssl, a->exporter.s, 32, label,
                                 sizeof label - 1, (unsigned char *)"", 0,
                                 1) == 1)
    a->exporter.n = 32;
  if (!SSL_session_reused(ssl)) {
    endpoint(SSL_get_certificate(ssl), &a->endpoint);
    return;
  }
  if (SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &data, &n) == 1 &&
      n <= sizeof a->endpoint.s && n) {
    memcpy(a->endpoint.s, data, n);
    a->endpoint.n = n;
  }
}
