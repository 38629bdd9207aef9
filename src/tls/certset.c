#include "certset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "text.h"

static int say(char why[CERTSET_WHY], char const *path, char const *reason)
{
  snprintf(why, CERTSET_WHY, "%.900s: %s", path, reason);
  return 0;
}

/* --- one file --- */

/* A key with a passphrase is of no use here: nobody is there to give it. */
static int no_passphrase(char *s, int max, int writing, void *context)
{
  (void)writing;
  if (max > 0) *s = 0;
  *(int *)context = 1;
  return -1;
}

static X509 *next_cert(BIO *b, int *bad)
{
  int asked = 0;
  X509 *x;

  ERR_clear_error();
  x = PEM_read_bio_X509(b, 0, no_passphrase, &asked);
  if (!x && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    *bad = 1;
  ERR_clear_error();
  return x;
}

/* All certificates of a file; 0 if there is none, or one is damaged. */
static STACK_OF(X509) *
    all_certs(struct bundle_file const *f, int max, char why[CERTSET_WHY])
{
  STACK_OF(X509) *all = sk_X509_new_null();
  BIO *b = BIO_new_mem_buf(f->s, (int)f->n);
  int bad = !all || !b;
  X509 *x;

  while (!bad && (x = next_cert(b, &bad)))
    if (sk_X509_num(all) == max || !sk_X509_push(all, x)) {
      X509_free(x);
      bad = 1;
    }
  BIO_free(b);
  if (!bad && sk_X509_num(all)) return all;
  say(why, f->path, bad ? "a certificate is damaged" : "no certificate");
  sk_X509_pop_free(all, X509_free);
  return 0;
}

static EVP_PKEY *read_key(struct bundle_file const *f, char why[CERTSET_WHY])
{
  static char const begin[] = "PRIVATE KEY-----";
  BIO *b = BIO_new_mem_buf(f->s, (int)f->n);
  int asked = 0, there = memmem(f->s, f->n, begin, sizeof begin - 1) != 0;
  EVP_PKEY *key;

  ERR_clear_error();
  key = b ? PEM_read_bio_PrivateKey(b, 0, no_passphrase, &asked) : 0;
  ERR_clear_error();
  BIO_free(b);
  if (!key)
    say(why, f->path,
        asked   ? "the key has a passphrase"
        : there ? "the key is damaged"
                : "no key");
  return key;
}

static void pair_free(struct certset_pair *p)
{
  free(p->path);
  X509_free(p->cert);
  EVP_PKEY_free(p->key);
  sk_X509_pop_free(p->chain, X509_free);
}

static int read_pair(struct certset_pair *p, struct bundle_entry const *e,
                     char why[CERTSET_WHY])
{
  int two = e->key.path[0] != 0;

  p->path = strdup(e->cert.path);
  if (!p->path) return say(why, e->cert.path, "out of memory");
  p->chain = all_certs(&e->cert, CERTSET_CHAIN, why);
  if (!p->chain) return 0;
  p->cert = sk_X509_shift(p->chain);
  p->key = read_key(two ? &e->key : &e->cert, why);
  if (!p->key) return 0;
  if (X509_check_private_key(p->cert, p->key) == 1) return 1;
  ERR_clear_error();
  return say(why, two ? e->key.path : e->cert.path,
             "the key is not that of the first certificate");
}

/* --- the set --- */

static struct certset_name *name_of(struct certset *set, char const *name)
{
  struct certset_name *more;

  for (size_t i = 0; i < set->n; i++)
    if (!strcmp(set->name[i].name, name)) return set->name + i;
  more = realloc(set->name, (set->n + 1) * sizeof *more);
  if (!more) return 0;
  set->name = more;
  more += set->n++;
  memset(more, 0, sizeof *more);
  strncpy(more->name, name, sizeof more->name - 1);
  return more;
}

static int has_type(struct certset_name const *name, EVP_PKEY const *key)
{
  for (size_t i = 0; i < name->n; i++)
    if (EVP_PKEY_get_base_id(name->pair[i].key) == EVP_PKEY_get_base_id(key))
      return 1;
  return 0;
}

static int add_pair(struct certset *set, struct bundle_entry const *e,
                    char why[CERTSET_WHY])
{
  struct certset_pair pair = {0, 0, 0, 0};
  struct certset_name *name;
  int good = read_pair(&pair, e, why);

  if (good) {
    name = name_of(set, e->name);
    if (!name)
      good = say(why, e->cert.path, "out of memory");
    else if (has_type(name, pair.key) || name->n == CERTSET_PAIRS)
      good = say(why, e->cert.path, "a second key of its type for this name");
    else
      name->pair[name->n++] = pair;
  }
  if (!good) pair_free(&pair);
  return good;
}

static int add_clients(struct certset *set, struct bundle_file const *f,
                       char why[CERTSET_WHY])
{
  if (set->ask) return say(why, f->path, "a second file for clients");
  set->clients = all_certs(f, 4096, why);
  set->ask = set->clients != 0;
  SHA256((unsigned char const *)f->s, f->n, set->clients_hash);
  return set->ask;
}

static int by_name(void const *a, void const *b)
{
  struct certset_name const *x = a, *y = b;

  return strcmp(x->name, y->name);
}

static struct certset_name *look(struct certset const *set, char const *name)
{
  struct certset_name key;

  if (strlen(name) > BUNDLE_NAME_MAX) return 0;
  strcpy(key.name, name);
  return bsearch(&key, set->name, set->n, sizeof key, by_name);
}

static int fill(struct certset *set, char const *s, size_t n,
                char why[CERTSET_WHY])
{
  struct certset_name const *other;
  struct bundle_entry e;
  size_t pos = 0;
  int r;

  while ((r = bundle_next(s, n, &pos, &e)) > 0) {
    if (!strcmp(e.name, BUNDLE_CLIENTS)) {
      if (!add_clients(set, &e.cert, why)) return 0;
    } else if (!add_pair(set, &e, why))
      return 0;
  }
  if (r < 0) return say(why, "bundle", "damaged");
  if (!set->n) return say(why, "bundle", "no certificate");
  qsort(set->name, set->n, sizeof *set->name, by_name);
  other = look(set, "default");
  set->other = other ? (size_t)(other - set->name) : 0;
  return 1;
}

struct certset *certset_make(char const *bundle, size_t n,
                             char why[CERTSET_WHY])
{
  struct certset *set = calloc(1, sizeof *set);

  if (!set) {
    say(why, "bundle", "out of memory");
    return 0;
  }
  if (fill(set, bundle, n, why)) return set;
  certset_free(set);
  return 0;
}

void certset_free(struct certset *set)
{
  if (!set) return;
  for (size_t i = 0; i < set->n; i++)
    for (size_t k = 0; k < set->name[i].n; k++)
      pair_free(set->name[i].pair + k);
  sk_X509_pop_free(set->clients, X509_free);
  free(set->name);
  free(set);
}

struct certset_name const *certset_find(struct certset const *set,
                                        char const *sni)
{
  struct certset_name const *found = 0;
  char name[BUNDLE_NAME_MAX + 1], *dot;
  size_t n = sni ? strlen(sni) : 0;

  if (n && sni[n - 1] == '.') n--;
  if (n && n <= BUNDLE_NAME_MAX) {
    memcpy(name, sni, n);
    name[n] = 0;
    text_lower(name, n);
    found = look(set, name);
    dot = strchr(name, '.');
    if (!found && dot && dot > name) {
      *--dot = '*';
      found = look(set, dot);
    }
  }
  return found ? found : set->name + set->other;
}
