/*
 * newsecret - make a password field from a password.
 */
#ifndef POSTERN_NEWSECRET_H
#define POSTERN_NEWSECRET_H

#include <stddef.h>

#include <skalibs/stralloc.h>

/* The names that newsecret takes, for a usage message. */
#define NEWSECRET_SCHEMES                                                      \
  "yescrypt|bcrypt|sha512crypt|scram-sha-256|cram-md5|plain"

/* Is it one of them? */
extern int newsecret_known(char const *scheme);

/*
 * May it be a password?  0, or the reason why not: empty, over max bytes, a
 * control byte.
 */
extern char const *newsecret_unfit(char const *password, size_t len,
                                   size_t max);

/*
 * Append {SCHEME}value, NUL-terminated, to out.  count is crypt_gensalt(3)'s
 * cost, 0 its default.  0 with errno (EINVAL: a cost that the scheme does not
 * know, a password with a colon, which {PLAIN} cannot hold, or one that
 * SASLprep refuses, for SCRAM).
 */
extern int newsecret_make(stralloc *out, char const *scheme,
                          unsigned long count, char const *password);

/* Append SCRAM keys (scramsecret.h), NUL-terminated.  0 with errno (EINVAL:
   SASLprep refuses the password). */
extern int newsecret_scram(stralloc *out, char const *password);

#endif
