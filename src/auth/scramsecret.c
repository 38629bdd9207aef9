#include <errno.h>
#include <string.h>

#include <skalibs/random.h>
#include <skalibs/types.h>

#include "base64.h"
#include "hmacsha256.h"
#include "pbkdf2.h"
#include "saslprep.h"
#include "scramsecret.h"
#include "secret.h"
#include "text.h"

#define MOCK_NAME 512 /* bytes of a name that tell it from others */

/* --- text --- */

/* The base64 field at *s, up to a comma or the end; its bytes, or -1. */
static int scan_field(char const **s, unsigned char *out, size_t max)
{
  char buf[BASE64_ENCODED(SCRAM_SALT_MAX)];
  size_t n = strcspn(*s, ","), len;

  if (n > BASE64_ENCODED(max) || !base64_decode(buf, &len, *s, n)) return -1;
  if (len > max) return -1;
  memcpy(out, buf, len);
  explicit_bzero(buf, sizeof buf);
  *s += n;
  return (int)len;
}

static int comma(char const **s) { return *(*s)++ == ','; }

static int scan_iterations(char const **s, uint32_t *u)
{
  size_t n = **s == '0' ? 0 : uint32_scan(*s, u);

  *s += n;
  return n && *u >= SCRAM_ITERATIONS_MIN && *u <= SCRAM_ITERATIONS_MAX;
}

int scramsecret_scan(struct scram_secret *x, char const *s)
{
  int salt;

  *x = (struct scram_secret){0};
  if (!scan_iterations(&s, &x->iterations) || !comma(&s)) return 0;
  salt = scan_field(&s, x->salt, SCRAM_SALT_MAX);
  if (salt < 1) return 0;
  x->salt_len = (size_t)salt;
  return comma(&s) && scan_field(&s, x->stored, SCRAM_KEY) == SCRAM_KEY &&
         comma(&s) && scan_field(&s, x->server, SCRAM_KEY) == SCRAM_KEY && !*s;
}

static int add_field(stralloc *out, unsigned char const *s, size_t n)
{
  if (!stralloc_append(out, ',') || !stralloc_readyplus(out, BASE64_ENCODED(n)))
    return 0;
  base64_encode(out->s + out->len, (char const *)s, n);
  out->len += BASE64_ENCODED(n);
  return 1;
}

int scramsecret_add(stralloc *out, struct scram_secret const *x)
{
  char n[UINT32_FMT];

  return stralloc_catb(out, n, uint32_fmt(n, x->iterations)) &&
         add_field(out, x->salt, x->salt_len) &&
         add_field(out, x->stored, SCRAM_KEY) &&
         add_field(out, x->server, SCRAM_KEY) && stralloc_0(out);
}

/* --- from a password --- */

/* RFC 5802 section 3. */
static void derive(struct scram_secret *x, char const *password, size_t len)
{
  unsigned char salted[PBKDF2], client[HMACSHA256];

  pbkdf2(salted, password, len, x->salt, x->salt_len, x->iterations);
  hmacsha256(client, salted, sizeof salted, "Client Key", 10);
  sha256(x->stored, client, sizeof client);
  hmacsha256(x->server, salted, sizeof salted, "Server Key", 10);
  explicit_bzero(salted, sizeof salted);
  explicit_bzero(client, sizeof client);
}

int scramsecret_derive(struct scram_secret *x, char const *password)
{
  stralloc prepared = STRALLOC_ZERO;
  int e = 0;

  if (saslprep(&prepared, password, SASLPREP_STORED))
    derive(x, prepared.s, prepared.len);
  else
    e = errno;
  secret_free(&prepared);
  if (e) errno = e;
  return !e;
}

int scramsecret_new(struct scram_secret *x, char const *password)
{
  *x = (struct scram_secret){.iterations = SCRAM_ITERATIONS,
                             .salt_len = SCRAM_SALT};
  random_buf((char *)x->salt, x->salt_len);
  return scramsecret_derive(x, password);
}

/* --- for a user who has none --- */

/* HMAC of one byte that tells what it is for, then the name in lower case. */
static void mock(unsigned char *out, unsigned char const *key, size_t klen,
                 char what, char const *user)
{
  char s[1 + MOCK_NAME];
  size_t n = strnlen(user, MOCK_NAME);

  s[0] = what;
  memcpy(s + 1, user, n);
  text_lower(s + 1, n);
  hmacsha256(out, key, klen, s, 1 + n);
}

void scramsecret_mock(struct scram_secret *x, unsigned char const *key,
                      size_t key_len, char const *user, uint32_t iterations)
{
  unsigned char salt[HMACSHA256];

  *x = (struct scram_secret){.iterations = iterations, .salt_len = SCRAM_SALT};
  mock(salt, key, key_len, 's', user);
  memcpy(x->salt, salt, SCRAM_SALT);
  mock(x->stored, key, key_len, 'c', user);
  mock(x->server, key, key_len, 'v', user);
}
