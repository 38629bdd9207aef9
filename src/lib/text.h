/*
 * text - untrusted bytes made fit to be shown.
 *
 * One function escapes for every log line and every listing: what it writes
 * is printable, has no blank, and can be read back.
 */
#ifndef POSTERN_TEXT_H
#define POSTERN_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Write the n bytes at s to out, at most max bytes of it: 0x21 to 0x7e as they
 * are but for the backslash; every other byte and the backslash as \xHH.  What
 * does not fit is cut between two bytes of s, and "..." stands for it (max must
 * be at least 3).  Returns the length written; no NUL.
 */
extern size_t text_escape(char *out, size_t max, char const *s, size_t n);

/* Lower-case the ASCII letters of n bytes in place; no locale. */
extern void text_lower(char *s, size_t n);

/* Equal but for ASCII case? */
extern int text_equal(char const *a, size_t alen, char const *b, size_t blen);

/* 64 bits of hash (FNV-1a, no key), the same for what is equal. */
extern uint64_t text_hash(char const *s, size_t n);

#endif
