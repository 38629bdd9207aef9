/*
 * saslprep - names and passwords as RFC 4013 compares them.
 *
 * What looks the same becomes the same bytes: compatibility forms are resolved,
 * odd blanks become blanks, what cannot be seen is dropped.  Refused are
 * control bytes, what is not UTF-8, text that mixes directions, and what
 * nothing is left of.  ASCII stays as it is.  libidn's tables (Unicode 3.2, as
 * RFC 3454 has them).
 */
#ifndef POSTERN_SASLPREP_H
#define POSTERN_SASLPREP_H

#include <stddef.h>

#include <skalibs/stralloc.h>

enum saslprep_kind {
  SASLPREP_QUERY,  /* what is looked up: code points unassigned then may pass */
  SASLPREP_STORED, /* what is kept, and every password (RFC 5802 section 2.2) */
};

/* Copy s (NUL-terminated), prepared, to out, NUL-terminated, len without the
   NUL.  1; 0 with errno (EINVAL: refused). */
extern int saslprep(stralloc *out, char const *s, enum saslprep_kind kind);

/* Are the n bytes UTF-8 (RFC 3629) without NUL? */
extern int saslprep_utf8(char const *s, size_t n);

#endif
