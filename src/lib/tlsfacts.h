/*
 * tlsfacts - what is known of the private wire.  Pure, but for the environment.
 *
 * The facts come as the answer of UCSPI-TLS (ucspitls.h), or, when TLS began
 * before the program did, in the environment under the same names:
 *
 *   SSL_PROTOCOL            TLSv1.3
 *   SSL_CIPHER              TLS_AES_256_GCM_SHA384
 *   SSL_TLS_SNI_SERVERNAME  the name that the client asked for
 *   SSL_CLIENT_S_DN         subject of its certificate, RFC 2253, for show
 *   POSTERN_CERT_SHA256     fingerprint of its certificate, 64 lower-case
 *                           hexadecimal digits; only of a verified one: the
 *                           only name here on which a right rests
 *   POSTERN_TLS_EXPORTER    channel binding tls-exporter (RFC 9266), hex;
 *                           TLS 1.3 only
 *   POSTERN_TLS_ENDPOINT    channel binding tls-server-end-point (RFC 5929),
 *                           hex
 *
 * In the environment the wire is private if POSTERN_TLS is not empty or PROTO
 * is SSL, and only then the others count.
 */
#ifndef POSTERN_TLSFACTS_H
#define POSTERN_TLSFACTS_H

#include <stddef.h>

/* Bytes in a value; the subject is bounded by the answer (ucspitls.h). */
#define TLSFACTS_PROTOCOL_MAX 32
#define TLSFACTS_CIPHER_MAX 64
#define TLSFACTS_SNI_MAX 255

/* Strings point into what was scanned, or the environment; 0: not known. */
struct tlsfacts {
  int active; /* the wire is private */
  char const *protocol;
  char const *cipher;
  char const *sni;
  char const *subject;
  char const *fingerprint;
  char const *exporter;
  char const *endpoint;
};

/* The names above, ended by 0: what nobody but who speaks TLS may set. */
extern char const *const tlsfacts_names[];

/* The value that goes with tlsfacts_names[i]; 0: not known. */
extern char const *tlsfacts_value(struct tlsfacts const *f, size_t i);

/*
 * The answer of UCSPI-TLS: NAME=VALUE, NUL, again and again, and a last NUL;
 * without any names one NUL, or two.  n counts all of them.
 *
 * Other names are ignored.  Our own with a value that is not of the form above
 * (words of printable ASCII; a subject without control characters; hexadecimal
 * digits of a digest's length) or that stand there twice make it 0: the answer
 * is damaged, nothing of it may be believed, and f is all zero.  An empty value
 * of a name that is not ours is not known.
 */
extern int tlsfacts_scan(struct tlsfacts *f, char const *s, size_t n);

/* What the environment says; 0 if it is damaged likewise. */
extern int tlsfacts_env(struct tlsfacts *f);

#endif
