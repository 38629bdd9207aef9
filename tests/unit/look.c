/* Unit test of src/admin/look.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "look.h"
#include "unit.h"

static int says(char const *script, unsigned int seconds, char const *want)
{
  char const *const argv[] = {"sh", "-c", script, 0};
  stralloc sa = STRALLOC_ZERO;
  int code = look_run(argv, seconds, &sa), e = errno;

  if (want && (!stralloc_0(&sa) || strcmp(sa.s, want))) code = -2;
  stralloc_free(&sa);
  errno = e;
  return code;
}

static void test_run(void)
{
  char const *const none[] = {"/nonexistent", 0};
  stralloc sa = STRALLOC_ZERO;

  ok(says("echo a; echo b >&2; cat; exit 3", 60, "a\n") == 3,
     "output and exit code; nothing to read");
  ok(look_run(none, 60, &sa) == -1 && errno == ENOENT, "no such program");
  ok(says("kill -9 $$", 60, 0) == -1, "killed");
  ok(says("exec cat /dev/zero", 60, 0) == -1 && errno == EFBIG, "too much");
  ok(says("exec sleep 1000", 1, 0) == -1 && errno == ETIMEDOUT, "too long");
  stralloc_free(&sa);
}

static void see(char const *path, struct stat const *st, int error, void *data)
{
  char *s = data;

  strcat(s, path);
  strcat(s, error ? "! " : S_ISLNK(st->st_mode) ? "@ " : " ");
}

static void test_walk(void)
{
  char s[512] = "";

  system("mkdir -p w/Maildir/new w/cur && touch w/Maildir/new/m w/cur/f &&"
         " ln -s /etc w/l");
  ok(look_walk("w", see, s), "a walk");
  ok(strstr(s, "w w/") == s && strstr(s, "w/Maildir ") &&
         strstr(s, "w/Maildir/new ") && !strstr(s, "new/m"),
     "what a Maildir's folders hold is left out");
  ok(strstr(s, "w/cur/f "), "and nobody else's");
  ok(strstr(s, "w/l@ ") && !strstr(s, "passwd"), "no link is followed");
  *s = 0;
  ok(look_walk("none", see, s) && !strcmp(s, "none! "), "what is not there");
}

int main(void)
{
  test_run();
  test_walk();
  return done();
}
