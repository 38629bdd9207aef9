/*
 * scramsecret - what is kept of a password for SCRAM-SHA-256 (RFC 5803's
 * parts, written as Dovecot's {SCRAM-SHA-256} does):
 *
 *   ITERATIONS,SALT,STOREDKEY,SERVERKEY     the last three base64
 */
#ifndef POSTERN_SCRAMSECRET_H
#define POSTERN_SCRAMSECRET_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#define SCRAM_KEY 32
#define SCRAM_SALT 16             /* bytes of a salt that we make */
#define SCRAM_SALT_MAX 64         /* bytes of one that we read */
#define SCRAM_ITERATIONS 10000    /* of a secret that we make */
#define SCRAM_ITERATIONS_MIN 4096 /* RFC 7677 section 4 */
#define SCRAM_ITERATIONS_MAX 10000000

struct scram_secret {
  uint32_t iterations;
  size_t salt_len;
  unsigned char salt[SCRAM_SALT_MAX];
  unsigned char stored[SCRAM_KEY];
  unsigned char server[SCRAM_KEY];
};

/* All of s (NUL-terminated), or 0: iterations or salt beyond the limits above
   too. */
extern int scramsecret_scan(struct scram_secret *x, char const *s);

/* Append the text, NUL-terminated; 0 without memory. */
extern int scramsecret_add(stralloc *out, struct scram_secret const *x);

/*
 * From a password, prepared with SASLprep if it is not ASCII.  iterations and
 * salt (salt_len bytes) of x are given; scramsecret_new makes them up.  1; 0
 * with errno (EINVAL: SASLprep refuses the password; ENOMEM).
 */
extern int scramsecret_derive(struct scram_secret *x, char const *password);
extern int scramsecret_new(struct scram_secret *x, char const *password);

/*
 * What stands for the secret of a user who has none: the same for the same name
 * (in any letter case) and key, whoever asks; nobody knows its password.
 * iterations as most users have them.
 */
extern void scramsecret_mock(struct scram_secret *x, unsigned char const *key,
                             size_t key_len, char const *user,
                             uint32_t iterations);

#endif
