/*
 * template - text with names in it that stand for values.
 *
 * %{name} stands for the value of that name; everything else stands for
 * itself.  Pure.
 */
#ifndef POSTERN_TEMPLATE_H
#define POSTERN_TEMPLATE_H

#include <skalibs/stralloc.h>

struct template_value {
  char const *name;
  char const *value;
};

/*
 * Append text to out.  values ends with a null name.  1; 0 if a name is not
 * among them, or its brace is missing (our bug); -1 with errno if memory ran
 * out.
 */
extern int template_fill(stralloc *out, char const *text,
                         struct template_value const *values);

#endif
