/*
 * A file of the format that the first byte says.  A user who is taken has what
 * a line can hold, and a password that can be typed; the end is reached.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static void check(struct import_user const *u)
{
  if (!u->name.s || u->name.s[u->name.len]) abort();
  if (u->password.len && (strlen(u->password.s) != u->password.len ||
                          u->password.len + u->name.len > 509))
    abort();
  if (memchr(u->rest.s, '\n', u->rest.len)) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct import i = {.domain = "example.org"};
  struct import_user u = {0};
  size_t lines = 2;
  int r;

  if (!size) return 0;
  i.s = (char const *)data + 1;
  i.n = size - 1;
  i.format = (enum import_format)(1 + data[0] % 3);
  i.keep = !!(data[0] & 4);
  i.uid = i.gid = data[0] & 8 ? "8" : 0;
  i.home = data[0] & 16 ? "/m" : 0;
  for (size_t k = 0; k < i.n; k++)
    lines += i.s[k] == '\n';
  while ((r = import_next(&i, &u))) {
    if (r == -2 || !lines-- || !i.line) abort();
    if (r > 0)
      check(&u);
    else if (!i.why || !*i.why)
      abort();
  }
  import_free(&u);
  return 0;
}
