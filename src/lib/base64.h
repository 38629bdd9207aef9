/*
 * base64 - RFC 4648 section 4, strictly.  Pure.  (skalibs has none.)
 *
 * There is one spelling of every string of bytes: decoding refuses white
 * space, other alphabets, text whose length is no multiple of 4, padding
 * anywhere but at the end, and bits that the padding would hide.
 */
#ifndef POSTERN_BASE64_H
#define POSTERN_BASE64_H

#include <stddef.h>

/* Bytes that n bytes take when encoded, and at most when decoded. */
#define BASE64_ENCODED(n) (((n) + 2) / 3 * 4)
#define BASE64_DECODED(n) ((n) / 4 * 3)

/* Write BASE64_ENCODED(n) bytes to out; no NUL. */
extern void base64_encode(char *out, char const *s, size_t n);

/* Write at most BASE64_DECODED(n) bytes to out, which may be s; their number
   to *len.  1, or 0 if s is not base64: then *len is 0 and out holds rubbish.
 */
extern int base64_decode(char *out, size_t *len, char const *s, size_t n);

#endif
