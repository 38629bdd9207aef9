/*
 * certset - certificates and keys by the name that a client asks for.  Bytes
 * in, OpenSSL's objects out; no files.
 *
 * A name has at most one pair of each type of key, so that a client that knows
 * only RSA gets an RSA certificate, and others a small one.
 */
#ifndef POSTERN_CERTSET_H
#define POSTERN_CERTSET_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "bundle.h"

#define CERTSET_PAIRS 4  /* types of keys */
#define CERTSET_CHAIN 16 /* certificates in a chain */
#define CERTSET_WHY 1024 /* bytes of a reason */

struct certset_pair {
  char *path; /* for messages */
  X509 *cert;
  EVP_PKEY *key;
  STACK_OF(X509) * chain;
};

struct certset_name {
  char name[BUNDLE_NAME_MAX + 1];
  size_t n;
  struct certset_pair pair[CERTSET_PAIRS];
};

struct certset {
  size_t n;
  struct certset_name *name; /* sorted */
  size_t other;              /* whom everybody else gets */
  int ask;                   /* clients are asked for a certificate */
  STACK_OF(X509) * clients;  /* certificates of who makes theirs */
  unsigned char clients_hash[32];
};

/*
 * Every file of a bundle, or 0, and why says in one line, with the path first,
 * what is wrong with the first that is not good.  The caller frees it.
 */
extern struct certset *certset_make(char const *bundle, size_t n,
                                    char why[CERTSET_WHY]);
extern void certset_free(struct certset *set);

/*
 * Whom a client gets that asks for that name (0: for none): the name itself,
 * else *.PARENT, else "default", else the first name.
 */
extern struct certset_name const *certset_find(struct certset const *set,
                                               char const *sni);

#endif
