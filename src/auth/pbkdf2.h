/*
 * pbkdf2 - PBKDF2 with HMAC-SHA256 (RFC 8018 section 5.2), one block of it:
 * what RFC 5802 section 2.2 calls Hi.
 *
 * OpenSSL's low-level SHA-256, as hmacsha256.h, and for the same reason.  Two
 * blocks of SHA-256 an iteration.
 */
#ifndef POSTERN_PBKDF2_H
#define POSTERN_PBKDF2_H

#include <stddef.h>
#include <stdint.h>

#define PBKDF2 32 /* bytes of a key */

/* iterations is at least 1. */
extern void pbkdf2(unsigned char key[PBKDF2], void const *password, size_t len,
                   void const *salt, size_t salt_len, uint32_t iterations);

#endif
