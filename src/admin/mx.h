/*
 * mx - does the mail of a domain come here, as the DNS says (RFC 5321 section
 * 5.1)?  By c-ares, all questions at once, with one deadline.
 */
#ifndef POSTERN_MX_H
#define POSTERN_MX_H

#include <stddef.h>

#include <skalibs/ip46.h>

#include "finding.h"

#define MX_DOMAINS 64 /* in one go */
#define MX_HOSTS 8    /* of one domain; more are not asked about */
#define MX_NAME 255   /* bytes */
#define MX_OWN 64     /* addresses of ours */

enum mx_answer {
  MX_UNKNOWN, /* no answer, or one that is none */
  MX_NONE,    /* no such domain, or neither MX nor address, or the null MX */
  MX_HERE,    /* one of its hosts is we */
  MX_ELSEWHERE,
};

struct mx_question {
  char domain[MX_NAME + 1];
  int taken;  /* the caller's: is its mail taken here? */
  int silent; /* the caller's: that its address is ours says nothing */
  enum mx_answer answer;
  int implicit;          /* there is no MX: the domain's own address */
  char via[MX_NAME + 1]; /* the host that is here, or the first of the others */
};

struct mx_here {
  char const *me; /* or 0 */
  ip46 own[MX_OWN];
  size_t nown;
  char const *servers; /* as in POSTERN_DNS, or 0 */
};

/* 0, or why nothing can be asked. */
extern char const *mx_ask(struct mx_question *q, size_t n,
                          struct mx_here const *here, unsigned int seconds);

/* What of the answers is a finding; path is that of rcpthosts.  Pure. */
extern void mx_exam(struct findings *f, char const *path,
                    struct mx_question const *q, size_t n);

#endif
