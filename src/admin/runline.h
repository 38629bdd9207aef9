/*
 * runline - the words of a run script, each with its line.  Pure.
 *
 * What execlineb and a shell both make of simple words: blanks and newlines
 * between, double quotes, a backslash before a byte or a newline, # at the
 * beginning of a word begins a comment.  Single quotes are the shell's.  Braces
 * and what a shell would expand stay as they are: who uses a word looks whether
 * it has a $ in it.
 */
#ifndef POSTERN_RUNLINE_H
#define POSTERN_RUNLINE_H

#include <stddef.h>

#include <skalibs/genalloc.h>
#include <skalibs/stralloc.h>

#define RUNLINE_MAX 65536 /* bytes in a script */
#define RUNLINE_WORDS 4096

/* Zero-initialise. */
struct runline {
  size_t n;
  char const **word; /* n of them, and a null */
  size_t *line;      /* of each, counted from 1 */
  stralloc text;     /* what word points into */
};

/* The n bytes at s, of which the first stands on that line.  1; 0 with errno:
   ENOMEM; EINVAL: a quote without its end, a NUL, too long. */
extern int runline_parse(struct runline *r, char const *s, size_t n,
                         size_t line);
extern void runline_free(struct runline *r);

#endif
