/* Unit test of src/auth/token.c: what is made is good, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "token.h"
#include "unit.h"

#define NOW 0x6921a3d4
/* printf %s 6921a3f2:tim@example.org |
   openssl mac -digest SHA256 -macopt hexkey:000102...1e1f HMAC */
#define MAC "80b922c1ba969b611a0a1b7af63bc89212092381e8a75e41c62bf43b0f42f9e0"
#define TOKEN "postern-token:6921a3f2:" MAC

static char key[TOKEN_KEY_MIN];

static int good(char const *s, char const *user, uint64_t now)
{
  return token_good(s, key, sizeof key, user, now);
}

/* No other byte in any place. */
static int nothing_else(void)
{
  char s[TOKEN_LEN + 2];

  for (size_t i = 0; i <= TOKEN_LEN; i++) {
    for (int c = 0; c < 256; c++) {
      memcpy(s, TOKEN, TOKEN_LEN + 1);
      s[TOKEN_LEN + 1] = 0;
      if ((unsigned char)s[i] == c) continue;
      s[i] = (char)c;
      if (good(s, "tim@example.org", NOW)) return 0;
    }
  }
  return 1;
}

static void put_file(char const *path, size_t n)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  while (n--)
    (void)write(fd, "k", 1);
  close(fd);
}

static int reads(char const *path, size_t want)
{
  stralloc sa = STRALLOC_ZERO;
  char const *why = "";
  int r = token_key(&sa, path, &why);

  if (r) r = sa.len == want && !why;
  stralloc_free(&sa);
  return r;
}

static void files(void)
{
  stralloc sa = STRALLOC_ZERO;
  char const *why = "";

  put_file("key", TOKEN_KEY_MIN - 1);
  ok(!token_key(&sa, "key", &why) && !strcmp(why, "not 32 to 4096 bytes"),
     "a short key");
  put_file("key", TOKEN_KEY_MIN);
  ok(reads("key", TOKEN_KEY_MIN), "the shortest");
  put_file("key", TOKEN_KEY_MAX);
  ok(reads("key", TOKEN_KEY_MAX), "the longest");
  put_file("key", TOKEN_KEY_MAX + 1);
  ok(!token_key(&sa, "key", &why) && !strcmp(why, "not 32 to 4096 bytes"),
     "a long one");
  chmod("key", 0604);
  ok(!token_key(&sa, "key", &why) &&
         !strcmp(why, "others may read or write it"),
     "one that others read");
  ok(!token_key(&sa, "none", &why) && !why && errno == ENOENT, "none");
  ok(!sa.len, "nothing is read of those");
}

int main(void)
{
  char s[TOKEN_LEN + 1], name[TOKEN_USER_MAX + 2];

  for (size_t i = 0; i < sizeof key; i++)
    key[i] = (char)i;
  ok(token_make(s, key, sizeof key, "Tim@Example.ORG", NOW) &&
         !strcmp(s, TOKEN),
     "made");
  ok(good(s, "tim@example.org", NOW), "good at once");
  ok(good(s, "TIM@example.org", NOW), "letter case of the user is no matter");
  ok(good(s, "tim@example.org", NOW + TOKEN_SECONDS), "and to the end");
  ok(!good(s, "tim@example.org", NOW + TOKEN_SECONDS + 1), "then no more");
  ok(!good(s, "tim@example.org", NOW - 1), "nor before it was made");
  ok(!good(s, "tam@example.org", NOW), "another user's");
  ok(!good(s, "tim@example.or", NOW), "a part of the name");
  ok(!good(s, "", NOW), "nobody's");
  key[0] ^= 1;
  ok(!good(s, "tim@example.org", NOW), "another key's");
  key[0] ^= 1;
  ok(!token_good(s, key, sizeof key - 1, "tim@example.org", NOW),
     "a key that is too short");
  ok(nothing_else(), "no other byte in any place");
  ok(!good("", "tim", NOW) && !good("postern-token:", "tim", NOW) &&
         !good("correct horse", "tim", NOW) &&
         !good("postern-token:6921a3f2", "tim", NOW),
     "passwords are no tokens");

  ok(!token_make(s, key, sizeof key, "", NOW), "nobody gets none");
  ok(!token_make(s, key, sizeof key - 1, "tim", NOW), "nor with a short key");
  memset(name, 'n', sizeof name);
  name[TOKEN_USER_MAX] = 0;
  ok(token_make(s, key, sizeof key, name, NOW) && good(s, name, NOW),
     "the longest name");
  name[TOKEN_USER_MAX] = 'n';
  name[TOKEN_USER_MAX + 1] = 0;
  ok(!token_make(s, key, sizeof key, name, NOW) && !good(s, name, NOW),
     "a longer one");
  ok(!token_make(s, key, sizeof key, "tim", 0xffffffff), "the end of time");
  files();
  return done();
}
