/*
 * examcrowd - which addresses may not relay, although a rule says so, because
 * too many clients share them (crowd.h)?  Pure.
 */
#ifndef POSTERN_EXAMCROWD_H
#define POSTERN_EXAMCROWD_H

#include <stddef.h>
#include <stdint.h>

#include "cdbmap.h"
#include "finding.h"
#include "store.h"

struct exam_crowd {
  char const *names; /* the store */
  uint64_t most;     /* names that are no crowd */
  uint64_t now;      /* seconds since the epoch */
  cdbmap const *rules;
};

/* Look at an entry of the store. */
extern void exam_crowd(struct findings *f, struct exam_crowd const *x,
                       struct store_entry const *e);

#endif
