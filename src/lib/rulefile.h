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
 * their lines, and the caller throws the records away.  Pure but for malloc.
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
  uint32_t other;   /* the line that the reason speaks of, or 0 */
  int fatal;        /* else a warning */
  char const *why;  /* static */
  char const *text; /* the line in the source, without its newline */
  size_t len;
};

struct rulefile_slot { /* private */
  uint32_t hash;
  uint32_t line; /* 0: free */
  size_t key;
};

typedef struct rulefile {
  rulefile_add *add;
  void *arg;
  genalloc problems;  /* struct rulefile_problem */
  unsigned int fatal; /* how many of them are */
  /* private */
  ruleline line;
  stralloc keys; /* uint32_t line, uint32_t length, key: each key once */
  struct rulefile_slot *slots;
  size_t nslots;
  size_t nkeys;
  uint64_t size;
  unsigned char net6[128]; /* is that length in use? */
} rulefile;

extern void rulefile_init(rulefile *f, rulefile_add *add, void *arg);
extern void rulefile_free(rulefile *f);

/* Compile a whole source, which must live as long as the problems.  Line
   numbers start at 1.  0 with errno: no memory, add failed, or EFBIG (source
   or CDB too large). */
extern int rulefile_compile(rulefile *f, char const *s, size_t n);

/* After rulefile_compile: one more line, from somewhere else, that a live
   source of rules has produced.  Nothing is said of it in problems. */
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

/* Every key with the line that decides for it (0: appended), in the order in
   which they were added.  *pos starts as 0; 0 at the end. */
extern int rulefile_next(rulefile const *f, size_t *pos, uint32_t *line,
                         char const **key, size_t *klen);

/* What tcprules 0.88 does: 1, or 0 with errno, or -1: the n bytes at *bad are
   the line that it cannot parse. */
extern int rulefile_exact(rulefile_add *add, void *arg, char const *s, size_t n,
                          char const **bad, size_t *badlen);

#endif
