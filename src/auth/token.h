/*
 * token - what the auth server says of a user, for somebody else to verify.
 *
 * postern-authd puts it into its OK; who asked hands it, as the secret of the
 * checkpassword protocol, to a program that changes to the user (postern-
 * checkpassword -T).  So the program between them, which faces the network,
 * can enter no mailbox whose password was not proved to the auth server.
 *
 *   postern-token:EXPIRES:MAC
 *
 * EXPIRES is seconds since the epoch, 8 hexadecimal digits; MAC 64, HMAC-SHA256
 * with the key over EXPIRES, ":" and the user's name in lower case.
 */
#ifndef POSTERN_TOKEN_H
#define POSTERN_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define TOKEN_KEY_MIN 32 /* bytes of a key file, at least; at most 4096 */
#define TOKEN_SECONDS 30 /* that one is good */
#define TOKEN_LEN 87     /* "postern-token:" 8 ":" 64 */

/* NUL-terminated; 0 if OpenSSL cannot. */
extern int token_make(char s[TOKEN_LEN + 1], char const *key, size_t klen,
                      char const *user, uint64_t now);

/* Constant time for tokens of the right form. */
extern int token_good(char const *s, char const *key, size_t klen,
                      char const *user, uint64_t now);

#endif
