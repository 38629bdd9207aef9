/*
 * scheme - the password field of a users line: {SCHEME}value.  Pure.
 *
 * The names are Dovecot's; without one the value is crypt(3)'s, as Dovecot
 * takes it.
 */
#ifndef POSTERN_SCHEME_H
#define POSTERN_SCHEME_H

#include <stddef.h>

enum scheme {
  SCHEME_BAD = -1,
  SCHEME_NONE = 0, /* the field is empty: nobody can log in */
  SCHEME_CRYPT,    /* any hash of crypt(3) */
  SCHEME_PLAIN,
  SCHEME_CRAM_MD5,      /* a context: hmacmd5.h */
  SCHEME_SCRAM_SHA_256, /* scramsecret.h */
};

/* *value points behind the name.  With SCHEME_BAD *why is the reason. */
extern enum scheme scheme_parse(char const *field, char const **value,
                                char const **why);

/*
 * The bytes at the start of a crypt(3) hash that tell method and cost: two
 * hashes with the same take the same time.
 */
extern size_t scheme_cost(char const *hash);

#endif
