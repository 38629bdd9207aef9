/*
 * envelope - sender and recipients as qmail-queue reads them.
 *
 *   F sender NUL  (T recipient NUL) ...  NUL
 *
 * Pure.  Stricter than qmail-queue: nothing may follow, and an address has no
 * control bytes, since it will stand in a header field.
 */
#ifndef POSTERN_ENVELOPE_H
#define POSTERN_ENVELOPE_H

#include <stddef.h>

#define ENVELOPE_ADDR_MAX 1002 /* bytes in an address; qmail's limit */
#define ENVELOPE_RCPTS_MAX 1000
#define ENVELOPE_MAX ((ENVELOPE_RCPTS_MAX + 1) * (ENVELOPE_ADDR_MAX + 2) + 1)

enum envelope_result {
  ENVELOPE_OK,
  ENVELOPE_MORE,     /* well-formed so far; the rest is missing */
  ENVELOPE_BAD,      /* not of that form */
  ENVELOPE_TOO_LONG, /* an address is */
  ENVELOPE_TOO_MANY, /* recipients */
  ENVELOPE_CONTROL,  /* a control byte in an address */
};

/* Pointers into what was parsed. */
struct envelope {
  char const *sender;
  char const *rcpts; /* the first T, or the final NUL: see envelope_rcpt */
  size_t count;
};

/* Parse n bytes. */
extern enum envelope_result envelope_parse(struct envelope *e, char const *s,
                                           size_t n);

/* The recipient at *pos, which starts as e->rcpts and moves on; 0 at the end.
 */
extern char const *envelope_rcpt(char const **pos);

#endif
