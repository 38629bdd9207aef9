/*
 * examrules - is what the rules say what the listener does, and is it wise?
 * Pure.
 */
#ifndef POSTERN_EXAMRULES_H
#define POSTERN_EXAMRULES_H

#include <stddef.h>

#include <skalibs/ip46.h>

#include "cdbmap.h"
#include "finding.h"

struct exam_rules {
  char const *source; /* path, or 0: there is none */
  char const *text;   /* its n bytes */
  size_t n;
  char const *cdb;    /* path */
  cdbmap const *live; /* 0: it is not there, or damaged, and why says so */
  char const *why;
  ip46 const *gateway; /* addresses that stand for many clients */
  size_t ngateway;
};

extern void exam_rules(struct findings *f, struct exam_rules const *x);

#endif
