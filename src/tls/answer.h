/*
 * answer - what UCSPI-TLS says of the wire after a handshake: NAME=VALUE, NUL,
 * again and again, and a last NUL.  Pure.
 */
#ifndef POSTERN_ANSWER_H
#define POSTERN_ANSWER_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define ANSWER_VALUE_MAX 1024 /* bytes of a value; a longer one is left out */
#define ANSWER_HASH_MAX 64    /* bytes of a binding or fingerprint */
#define ANSWER_MAX 8192       /* bytes of the whole, and more */

struct answer_bytes {
  size_t n; /* 0: not known */
  unsigned char s[ANSWER_HASH_MAX];
};

/* Strings are 0 if there is nothing to say. */
struct answer {
  char const *protocol;
  char const *cipher;
  char const *sni;
  char const *subject;             /* of a verified certificate */
  struct answer_bytes fingerprint; /* likewise */
  struct answer_bytes exporter;
  struct answer_bytes endpoint;
};

/* Append all that is known; values that are not printable ASCII are left out.
   0 without memory. */
extern int answer_write(stralloc *sa, struct answer const *a);

/* Is it a host name, as a client may ask for one? */
extern int answer_is_name(char const *s);

#endif
