/*
 * examusers - do users, aliases and domains agree with each other, and with
 * what was compiled from them?  Pure.
 */
#ifndef POSTERN_EXAMUSERS_H
#define POSTERN_EXAMUSERS_H

#include <stddef.h>

#include "aliases.h"
#include "cdbmap.h"
#include "finding.h"

struct exam_text {
  char const *path; /* 0: there is none */
  char const *s;
  size_t n;
};

struct exam_cdb {
  char const *path; /* 0: there is none */
  cdbmap const *m;  /* 0: not there, not readable, damaged; unless is why, it
                       is left to the caller to say so */
};

struct exam_users {
  struct exam_text source; /* the users file */
  struct exam_cdb users;
  struct exam_cdb mailboxes;
};

extern void exam_users(struct findings *f, struct exam_users const *x);

struct exam_domains {
  char const *control; /* the directory */
  char const *me;      /* or 0 */
  struct exam_text rcpthosts;
  struct exam_text more_source; /* morercpthosts */
  struct exam_cdb more;         /* morercpthosts.cdb */
  struct exam_cdb mailboxes;    /* if there are: where local mail goes */
  struct exam_text aliases;
};

extern void exam_domains(struct findings *f, struct exam_domains const *x);

/* Call see for each user who has a Maildir, until it returns 0. */
struct user;
extern void exam_maildirs(cdbmap const *m,
                          int (*see)(struct user const *, void *), void *data);

/* What control.h says is wrong: PATH:LINE: REASON. */
extern void exam_control(struct findings *f, char const *why);

#endif
