/*
 * Fuzz target: the name of a file in a Maildir.  Holds: the unique part is in
 * the name and has no colon; a unique-id is 1 to 70 characters from ! to ~;
 * flags do not change it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mailname.h"

static void hold(int true)
{
  if (!true) abort();
}

static size_t uid(char out[MAILNAME_UID_MAX], char const *name, size_t len,
                  unsigned int again)
{
  size_t n = mailname_uid(out, name, len, again);

  hold(n >= 1 && n <= MAILNAME_UID_MAX);
  for (size_t i = 0; i < n; i++)
    hold(out[i] > ' ' && out[i] <= '~');
  return n;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  char const *name = (char const *)data;
  struct mailname m = mailname_parse(name, size);
  char one[MAILNAME_UID_MAX], two[MAILNAME_UID_MAX];
  size_t n = uid(one, name, m.unique, 0);

  hold(m.unique <= size && !memchr(name, ':', m.unique));
  hold(m.unique == size || name[m.unique] == ':');
  if (size < 200) {
    char flagged[256];
    struct mailname f;

    memcpy(flagged, name, m.unique);
    memcpy(flagged + m.unique, ":2,S", 4);
    f = mailname_parse(flagged, m.unique + 4);
    hold(f.unique == m.unique && f.time == m.time && f.size == m.size &&
         f.octets == m.octets && f.has_size == m.has_size &&
         f.has_octets == m.has_octets);
    hold(uid(two, flagged, f.unique, 0) == n && !memcmp(one, two, n));
  }
  hold(uid(two, name, m.unique, 1) != n || memcmp(one, two, n));
  return 0;
}
