/*
 * credentials - what a checkpassword program reads on descriptor 3.  Pure.
 *
 * login, NUL, secret, NUL, and, from most parents, extra, NUL; a fourth field
 * (indimail) is ignored.  The mechanism is not told, and the order of
 * CRAM-MD5's fields differs from parent to parent: so each field is known by
 * its form. 32 lower-case hexadecimal digits are a response, <...> is a
 * challenge.
 *
 * A response followed by a challenge may be CRAM-MD5, APOP, or a password of
 * that form which qmail-popup sends with its timestamp: it is offered as both.
 */
#ifndef POSTERN_CREDENTIALS_H
#define POSTERN_CREDENTIALS_H

#include <stddef.h>

#define CREDENTIALS_MAX 512 /* bytes, all NULs included */

/* Strings point into the buffer.  Never empty. */
struct credentials {
  char const *user;
  char const *password;  /* 0 if the fields are a challenge and its response */
  char const *response;  /* 0 if there is none, and so is challenge */
  char const *challenge; /* with its <> */
};

enum credentials_form {
  CREDENTIALS_OK,
  CREDENTIALS_EMPTY,    /* no user, or no secret: wrong */
  CREDENTIALS_TOO_LONG, /* len is over CREDENTIALS_MAX: wrong */
  CREDENTIALS_BROKEN,   /* a field without its NUL: the parent's fault */
};

extern enum credentials_form credentials_parse(char const *buf, size_t len,
                                               struct credentials *c);

#endif
