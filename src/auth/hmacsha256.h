/*
 * hmacsha256 - HMAC-SHA256 (RFC 2104, FIPS 180-4), in one call.
 *
 * OpenSSL's low-level SHA-256: its current interface loads providers first,
 * which takes longer (0.7 ms) than a short-lived program takes to start.
 */
#ifndef POSTERN_HMACSHA256_H
#define POSTERN_HMACSHA256_H

#include <stddef.h>

#define HMACSHA256 32     /* bytes of a digest */
#define HMACSHA256_HEX 64 /* digits of it, without a NUL */

extern void hmacsha256(unsigned char out[HMACSHA256], void const *key,
                       size_t klen, void const *msg, size_t len);

/* The hash alone. */
extern void sha256(unsigned char out[HMACSHA256], void const *msg, size_t len);

#endif
