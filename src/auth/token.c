#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/fmtscan.h>

#include "hmacsha256.h"
#include "secretfile.h"
#include "text.h"
#include "token.h"

#define NAME "postern-token:"
#define NAME_LEN (sizeof NAME - 1)
#define TIME_HEX 8
#define MAC (NAME_LEN + TIME_HEX + 1) /* where it begins */

_Static_assert(MAC + HMACSHA256_HEX == TOKEN_LEN, "TOKEN_LEN is right");

static void put_time(char *s, uint64_t u)
{
  for (int i = TIME_HEX - 1; i >= 0; i--, u >>= 4)
    s[i] = "0123456789abcdef"[u & 15];
}

static uint64_t get_time(char const *s)
{
  uint64_t u = 0;

  for (int i = 0; i < TIME_HEX; i++)
    u = u << 4 | (uint64_t)(s[i] <= '9' ? s[i] - '0' : s[i] - 'a' + 10);
  return u;
}

/* Name, time and colon stand in s; add the rest. */
static int sign(char s[TOKEN_LEN + 1], char const *key, size_t klen,
                char const *user)
{
  char msg[TIME_HEX + 1 + TOKEN_USER_MAX];
  unsigned char mac[HMACSHA256];
  size_t n = strlen(user);

  if (!n || n > TOKEN_USER_MAX || klen < TOKEN_KEY_MIN) return 0;
  memcpy(msg, s + NAME_LEN, TIME_HEX + 1);
  memcpy(msg + TIME_HEX + 1, user, n);
  text_lower(msg + TIME_HEX + 1, n);
  hmacsha256(mac, key, klen, msg, TIME_HEX + 1 + n);
  s[MAC + ucharn_fmt(s + MAC, (char const *)mac, sizeof mac)] = 0;
  return 1;
}

int token_make(char s[TOKEN_LEN + 1], char const *key, size_t klen,
               char const *user, uint64_t now)
{
  if (now > UINT32_MAX - TOKEN_SECONDS) return 0;
  memcpy(s, NAME, NAME_LEN);
  put_time(s + NAME_LEN, now + TOKEN_SECONDS);
  s[MAC - 1] = ':';
  return sign(s, key, klen, user);
}

static int is_token(char const *s)
{
  static char const hex[] = "0123456789abcdef";

  return !strncmp(s, NAME, NAME_LEN) && strspn(s + NAME_LEN, hex) == TIME_HEX &&
         s[MAC - 1] == ':' && strspn(s + MAC, hex) == HMACSHA256_HEX &&
         !s[TOKEN_LEN];
}

int token_good(char const *s, char const *key, size_t klen, char const *user,
               uint64_t now)
{
  char good[TOKEN_LEN + 1];
  unsigned char differ = 0;
  uint64_t expires;

  if (!is_token(s)) return 0;
  memcpy(good, s, MAC);
  if (!sign(good, key, klen, user)) return 0;
  for (size_t i = 0; i < TOKEN_LEN; i++)
    differ |= (unsigned char)(s[i] ^ good[i]);
  explicit_bzero(good, sizeof good);
  expires = get_time(s + NAME_LEN);
  return !differ && expires >= now && expires - now <= TOKEN_SECONDS;
}

/* 1; 0 with errno; -1: it is shorter or longer than a key is. */
static int read_key(stralloc *sa, int fd)
{
  char buf[TOKEN_KEY_MAX + 1];
  size_t len = 0;
  ssize_t n = 1;
  int r = -1;

  while (n && len < sizeof buf) {
    n = read(fd, buf + len, sizeof buf - len);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) len += (size_t)n;
  }
  if (n < 0)
    r = 0;
  else if (len >= TOKEN_KEY_MIN && len <= TOKEN_KEY_MAX)
    r = stralloc_catb(sa, buf, len);
  explicit_bzero(buf, sizeof buf);
  return r;
}

int token_key(stralloc *sa, char const *path, char const **why)
{
  struct stat st;
  int fd = secretfile_open(path, &st, why);
  int r, e;

  if (fd < 0) return 0;
  r = read_key(sa, fd);
  e = errno;
  close(fd);
  errno = e;
  if (r < 0) *why = "not 32 to 4096 bytes";
  return r > 0;
}
