/*
 * ruleline - one line of rule source, understood or refused.
 *
 *   ADDRESS:allow,NAME="VALUE",...     ADDRESS:deny     # comment
 *
 * Two grammars.  ruleline_exact is tcprules 0.88's, with all that it accepts
 * by accident.  ruleline_strict is the part of it that can match a client, and
 * IPv6 addresses and networks of both kinds (doc/man/postern-rules.5); every
 * other line is refused with a reason.
 *
 * A line stands for to - from + 1 keys, each HEAD NUMBER TAIL, or if it is not
 * numbered for the one key HEAD.  head, tail and data live as long as the line
 * that was read and the struct, until its next use.
 */
#ifndef POSTERN_RULELINE_H
#define POSTERN_RULELINE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "rule.h"

/* The longest line of ruleline_strict.  An environment that holds twice as
   much in one string cannot be given to a program on Linux. */
#define RULELINE_MAX 65535

/* What ruleline_key writes besides head and tail, at most. */
#define RULELINE_NUMBER 20

enum ruleline_kind {
  RULELINE_NOMEM = -1,
  RULELINE_NONE = 0, /* blank, or a comment */
  RULELINE_RULE,
  RULELINE_BAD,
};

typedef struct ruleline {
  char const *head;
  char const *tail;
  size_t hlen;
  size_t tlen;
  unsigned long from;
  unsigned long to;
  int numbered;
  int net4;         /* 1 to 32: an IPv4 network of that length; else 0 */
  int net6;         /* 0 to 127: an IPv6 network of that length; else -1 */
  int relay;        /* it allows, and sets RELAYCLIENT */
  char const *why;  /* RULELINE_BAD: the reason */
  char const *warn; /* RULELINE_RULE: why it is dangerous, or 0 */
  stralloc data;    /* the record's data */
  char key[RULE_KEY_MAX]; /* private, as all that follows */
  stralloc last;          /* what made data */
  int last_strict;
} ruleline;

#define RULELINE_ZERO                                                          \
  {                                                                            \
    .data = STRALLOC_ZERO, .last = STRALLOC_ZERO                               \
  }

/* The n bytes at s are a line without its newline. */
extern enum ruleline_kind ruleline_strict(ruleline *r, char const *s, size_t n);
extern enum ruleline_kind ruleline_exact(ruleline *r, char const *s, size_t n);

extern void ruleline_free(ruleline *r);

/* Write the key of number i, which is at least from and at most to, to out,
   which has room for hlen + tlen + RULELINE_NUMBER bytes; returns its length,
   for a strict line at most RULE_KEY_MAX. */
extern size_t ruleline_key(ruleline const *r, unsigned long i, char *out);

#endif
