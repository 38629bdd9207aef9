/* selfsigned - a certificate and its key for unit tests, as PEM. */
#ifndef POSTERN_SELFSIGNED_H
#define POSTERN_SELFSIGNED_H

#include <skalibs/stralloc.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static inline void selfsigned_take(stralloc *sa, BIO *b)
{
  char *s;
  long n = BIO_get_mem_data(b, &s);

  stralloc_copyb(sa, s, (size_t)n);
  BIO_free(b);
}

/* kind is "EC" or "RSA". */
static inline void selfsigned(char const *kind, char const *cn, stralloc *cert,
                              stralloc *key)
{
  EVP_PKEY *k = *kind == 'E' ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
  X509 *x = X509_new();
  X509_NAME *name = X509_get_subject_name(x);
  BIO *c = BIO_new(BIO_s_mem()), *p = BIO_new(BIO_s_mem());

  X509_set_version(x, 2);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 86400);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             (unsigned char const *)cn, -1, -1, 0);
  X509_set_issuer_name(x, name);
  X509_set_pubkey(x, k);
  X509_sign(x, k, EVP_sha256());
  PEM_write_bio_X509(c, x);
  PEM_write_bio_PrivateKey(p, k, 0, 0, 0, 0, 0);
  selfsigned_take(cert, c);
  selfsigned_take(key, p);
  X509_free(x);
  EVP_PKEY_free(k);
}

#endif
