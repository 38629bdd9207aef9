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
 * with the key over EXPIRES, ":" and the user's name in lower case.  All digits
 * are lower case.
 */
#ifndef POSTERN_TOKEN_H
#define POSTERN_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#define TOKEN_KEY_MIN 32   /* bytes of a key file, at least */
#define TOKEN_KEY_MAX 4096 /* and at most */
#define TOKEN_USER_MAX 512 /* bytes of a user's name */
#define TOKEN_SECONDS 30   /* that one is good */
#define TOKEN_LEN 87       /* "postern-token:" 8 ":" 64 */

/* NUL-terminated; 0 if the name is empty or too long. */
extern int token_make(char s[TOKEN_LEN + 1], char const *key, size_t klen,
                      char const *user, uint64_t now);

/* Constant time for tokens of the right form.  One that is good for longer
   than TOKEN_SECONDS from now was made by a clock that nobody should trust. */
extern int token_good(char const *s, char const *key, size_t klen,
                      char const *user, uint64_t now);

/* All the bytes of a key file (secretfile.h), appended to an empty sa.  1, or 0
   with *why, which is 0 if errno says it. */
extern int token_key(stralloc *sa, char const *path, char const **why);

#endif
