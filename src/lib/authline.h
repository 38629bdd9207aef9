/*
 * authline - the lines of Dovecot's authentication protocol, version 1.  Pure.
 *
 * A line is words with TABs between, and ends with LF.  In a word the bytes
 * NUL, TAB, CR, LF and \001 are written \0010, \001t, \001r, \001n and \0011;
 * \001 before anything else is dropped.  (Dovecot's page on the protocol says
 * l for LF in one place; its code takes n.)  A parameter is NAME or NAME=VALUE.
 */
#ifndef POSTERN_AUTHLINE_H
#define POSTERN_AUTHLINE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define AUTHLINE_MAX 16384 /* bytes in a line with its LF */
#define AUTHLINE_WORDS 64  /* more: the line is refused */

/* The words of a line, taken apart in place; NUL-terminated, though a word may
   hold a NUL of its own.  An empty line is one empty word. */
struct authline {
  size_t n;
  char *word[AUTHLINE_WORDS];
  size_t len[AUTHLINE_WORDS];
};

/* line has len bytes without its LF, and one byte behind them that may be
   overwritten.  0: too many words. */
extern int authline_split(struct authline *l, char *line, size_t len);

/* The value of the first parameter of that name among the words from first on:
   a string, "" if it has none, 0 if it is not there, or holds a NUL. */
extern char const *authline_get(struct authline const *l, size_t first,
                                char const *name);

/* The word as a request's number: 1 to 2^32 - 1, decimal, without a zero before
   it; 0 if it is not one, or not there. */
extern unsigned int authline_id(struct authline const *l, size_t i);

/* Append TAB and a word, escaped; 0 without memory. */
extern int authline_add(stralloc *sa, char const *word);

/* Append TAB, name, "=" and value, escaped; nothing if value is 0. */
extern int authline_param(stralloc *sa, char const *name, char const *value);

#endif
