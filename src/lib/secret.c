#include "secret.h"

#include <string.h>

void secret_free(stralloc *sa)
{
  if (sa->s) explicit_bzero(sa->s, sa->a);
  stralloc_free(sa);
}
