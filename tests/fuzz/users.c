/* The line of a user: name, colon, rest.  A user who is taken has no power
   that a line must not give. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "users.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static void inside(stralloc const *sa, char const *s)
{
  if (!*s) return;
  if (s < sa->s || s + strlen(s) >= sa->s + sa->len) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  char const *s = (char const *)data, *why = 0;
  char const *colon = size ? memchr(s, ':', size) : 0;
  stralloc sa = STRALLOC_ZERO;
  struct user u;
  size_t n;
  int r;

  if (!colon) return 0;
  n = (size_t)(colon - s);
  r = users_parse(s, n, colon + 1, size - n - 1, &sa, &u, &why);
  if (r < 0) abort();
  if (!r && (!why || !*why)) abort();
  if (r) {
    if (why || strlen(u.name) != n || n > USERS_NAME_MAX) abort();
    inside(&sa, u.name);
    inside(&sa, u.password);
    inside(&sa, u.cram_md5);
    inside(&sa, u.scram_sha_256);
    inside(&sa, u.home);
    inside(&sa, u.shell);
    inside(&sa, u.maildir);
    if (u.has_ids && (!u.uid || !u.gid || u.uid == (uid_t)-1)) abort();
    if (*u.home && *u.home != '/') abort();
    if (*u.maildir && *u.maildir != '/') abort();
    if (*u.home && !*u.maildir) abort();
    if (*u.cram_md5 && strlen(u.cram_md5) != 64) abort();
  }
  stralloc_free(&sa);
  return 0;
}
