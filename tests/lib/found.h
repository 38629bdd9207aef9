/* found - what was found, as postern-doctor would print it, for unit tests. */
#ifndef POSTERN_FOUND_H
#define POSTERN_FOUND_H

#include <stdio.h>
#include <string.h>

#include "finding.h"

/* Exactly that?  f is empty afterwards. */
static inline int found(struct findings *f, char const *want)
{
  stralloc sa = STRALLOC_ZERO;
  int good = findings_text(f, &sa) && stralloc_0(&sa) && !strcmp(sa.s, want);

  if (!good) printf("# is: %s\n", sa.s ? sa.s : "nothing");
  stralloc_free(&sa);
  findings_free(f);
  *f = (struct findings){.lost = 0};
  return good;
}

#endif
