/*
 * rulefile - a whole rule file, compiled into records and problems.
 *
 * Records go to a callback, in the order in which they must stand in the CDB:
 *   1. the plain lines' in the order of the file, as tcprules 0.88 writes them
 *      (a later one for the same key too: the first is found);
 *   2. the keys of IPv4 networks, longest prefix first, those not yet there;
 *   3. whatever rulefile_append adds;
 *   4. the index of IPv6 networks (rule.h).
 * So the bytes are 0.88's for a file that has nothing new, and a more specific
 * network wins wherever it stands.
 *
 * Nothing stops at a bad line: all are collected in problems, in the order of
 * their lines, and the caller throws the records away.  The source may come
 * line by line; only the lines of problems and networks are kept.  Pure but for
 * malloc.
 */
#ifndef POSTERN_RULEFILE_H
#define POSTERN_RULEFILE_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/genalloc.h>
#include <skalibs/stralloc.h>

#include "ruleline.h"

/* The longest source. */
#define RULEFILE_MAX 0x40000000

/* Takes one record; 0 with errno if it cannot. */
typedef int rulefile_add(void *arg, char const *key, size_t klen,
                         char const *data, size_t dlen);

struct rulefile_problem {
  uint32_t line;
  uint32_t other;  /* the line that the reason speaks of, or 0 */
  int fatal;       /* else a warning */
  char const *why; /* static */
  size_t text;     /* where the line begins in rulefile.text */
  size_t len;
};

typedef struct rulefile {
  rulefile_add *add;
  void *arg;
  genalloc problems;  /* struct rulefile_problem */
  stralloc text;      /* the lines that are kept */
  unsigned int fatal; /* how many of the problems are */
  /* private */
  uint32_t n; /* lines so far */
  ruleline line;
  genalloc waiting;
  uint32_t *chains; /* where the first key stands in keys, plus 1; or 0 */
  size_t nchains;
  size_t nkeys;
  uint64_t size;
  stralloc keys; /* each key once, behind its chain, line and length */
  stralloc copy;
  unsigned char net6[128]; /* is that length in use? */
} rulefile;

extern void rulefile_init(rulefile *f, rulefile_add *add, void *arg);
extern void rulefile_free(rulefile *f);

/* The next line, without its newline; the first has number 1.  0 with errno:
   no memory, add failed, or EFBIG: the CDB grows too large. */
extern int rulefile_line(rulefile *f, char const *s, size_t n);

/* After the last line: the networks.  The problems are complete and sorted. */
extern int rulefile_end(rulefile *f);

/* Every line of a source in memory, and the end. */
extern int rulefile_compile(rulefile *f, char const *s, size_t n);

/* After the end: one more line, from a live source of rules.  Nothing is said
   of it in problems, and its line is 0. */
enum rulefile_append {
  RULEFILE_FAILED = -1, /* errno */
  RULEFILE_ADDED,
  RULEFILE_TAKEN, /* each of its keys is there: they decide */
  RULEFILE_REFUSED,
};
extern enum rulefile_append rulefile_append(rulefile *f, char const *s,
                                            size_t n);

/* Write the index of networks, if there are any. */
extern int rulefile_finish(rulefile *f);

/* Every key with the line that decides for it, in the order in which they were
   added.  *pos starts as 0; 0 at the end. */
extern int rulefile_next(rulefile const *f, size_t *pos, uint32_t *line,
                         char const **key, size_t *klen);

/* The next line as tcprules 0.88 takes it: 1, 0 with errno, -1 if it cannot be
   parsed.  Nothing else is to be called then but rulefile_free. */
extern int rulefile_exact(rulefile *f, char const *s, size_t n);

#endif
