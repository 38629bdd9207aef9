#include "tickets.h"

#include <string.h>

void tickets_rotate(struct tickets *t, struct tickets_key const *key)
{
  memmove(t->key + 1, t->key, sizeof t->key - sizeof *t->key);
  t->key[0] = *key;
  if (t->n < TICKETS_KEYS) t->n++;
}

struct tickets_key const *tickets_find(struct tickets const *t,
                                       unsigned char const name[TICKETS_NAME])
{
  for (size_t i = 0; i < t->n && i < TICKETS_KEYS; i++)
    if (!memcmp(t->key[i].name, name, TICKETS_NAME)) return t->key + i;
  return 0;
}
