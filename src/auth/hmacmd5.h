/*
 * hmacmd5 - the digests of CRAM-MD5 (RFC 2195, RFC 2104) and APOP (RFC 1939).
 *
 * A context is what HMAC-MD5 keeps of its key: the states of the outer and the
 * inner MD5 after their first block.  It answers challenges as the password
 * does, but is not the password.  As text it is Dovecot's {CRAM-MD5}: outer,
 * then inner, 16 bytes each, in lower-case hexadecimal.
 *
 * OpenSSL's low-level MD5: only that lets a state be saved and taken up again.
 */
#ifndef POSTERN_HMACMD5_H
#define POSTERN_HMACMD5_H

#define HMACMD5_HEX 32     /* digits of a digest, without a NUL */
#define HMACMD5_CONTEXT 64 /* digits of a context, without a NUL */

/* The context of a key; NUL-terminated. */
extern void hmacmd5_context(char const *key, char hex[HMACMD5_CONTEXT + 1]);

/* The answer to a challenge; 0 if context is not one.  NUL-terminated. */
extern int hmacmd5_respond(char const *context, char const *challenge,
                           char hex[HMACMD5_HEX + 1]);

/* APOP: MD5 of challenge and secret; NUL-terminated. */
extern void hmacmd5_apop(char const *challenge, char const *secret,
                         char hex[HMACMD5_HEX + 1]);

#endif
