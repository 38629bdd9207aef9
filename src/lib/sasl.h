/*
 * sasl - the server's side of the SASL exchanges that end in something a
 * checkpassword program can judge: PLAIN (RFC 4616), LOGIN, CRAM-MD5
 * (RFC 2195).  Pure but for the random bits of a challenge: lines in, lines
 * and credentials out; knows neither SMTP nor POP3 nor passwords.
 *
 * State is per attempt.  Base64 is strict (RFC 4648: canonical padding, no
 * white space); decoded credentials hold no NUL and are never empty.
 */
#ifndef POSTERN_SASL_H
#define POSTERN_SASL_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define SASL_LINE_MAX 12288   /* bytes in a line with its CR LF, RFC 4954 */
#define SASL_CHALLENGE_MAX 40 /* bytes: vchkpw has room for no more */

enum sasl_mechanism { SASL_NONE = 0, SASL_PLAIN, SASL_LOGIN, SASL_CRAM_MD5 };

enum sasl_step {
  SASL_CHALLENGE, /* send out (already base64) and feed the answer */
  SASL_DONE,      /* the credentials are complete */
  SASL_CANCELLED, /* the client sent "*" */
  SASL_BAD,       /* not base64, or not of the mechanism's form, or PLAIN with
                     an authorization identity other than the user */
  SASL_NOMEM,     /* out of memory */
};

/* Zero-initialise; sasl_free wipes the secrets and may be called any time. */
struct sasl {
  enum sasl_mechanism mechanism;
  int state;
  stralloc user;      /* NUL-terminated when SASL_DONE (len without the NUL) */
  stralloc secret;    /* password; for CRAM-MD5 the 32 hexadecimal digits;
                         NUL-terminated likewise */
  stralloc challenge; /* CRAM-MD5: what was sent, decoded, NUL-terminated
                         likewise; else empty */
};

/* The mechanism of that name, in any letter case, or SASL_NONE. */
extern enum sasl_mechanism sasl_find(char const *name, size_t len);
extern char const *sasl_name(enum sasl_mechanism m);

/* A set of mechanisms has SASL_BIT of each. */
#define SASL_BIT(m) (1u << (m))

/* The set of a list of names with blanks between.  1, or 0 with *bad at the
   name that is none. */
extern int sasl_list(char const *list, unsigned int *set, char const **bad);

/*
 * Begin.  initial is the initial response as the client sent it, base64 ("="
 * is the empty one), or 0 if it sent none.  host is for the CRAM-MD5 challenge
 * <unique@host>.  out receives what to send with SASL_CHALLENGE, base64, no
 * prompt and no CR LF; it may be empty.  Whatever the result, nothing is left
 * of an earlier attempt with the same s.
 */
extern enum sasl_step sasl_start(struct sasl *s, enum sasl_mechanism m,
                                 char const *host, char const *initial,
                                 size_t len, stralloc *out);
/* The client's next line, without its CR LF. */
extern enum sasl_step sasl_feed(struct sasl *s, char const *line, size_t len,
                                stralloc *out);
extern void sasl_free(struct sasl *s);

/* Keep a secret, NUL-terminated, in one allocation of the final size: what
   grows leaves copies behind.  0 if there is no memory. */
extern int sasl_keep(stralloc *sa, char const *s, size_t n);

/*
 * A challenge <unique@host>, decoded, for CRAM-MD5 and for APOP's greeting:
 * 64 random bits in hexadecimal; of host as much as fits and is made of
 * letters, digits, dots and hyphens.  NUL-terminated; returns its length.
 */
extern size_t sasl_challenge(char s[SASL_CHALLENGE_MAX + 1], char const *host);

#endif
