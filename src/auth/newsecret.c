#include <errno.h>
#include <string.h>

#include <crypt.h>

#include "hmacmd5.h"
#include "newsecret.h"
#include "scramsecret.h"

static struct {
  char const *name;
  char const *prefix; /* crypt_gensalt's; 0: not crypt(3) */
  char const *field;
} const schemes[] = {
    {"yescrypt", "$y$", "{CRYPT}"},
    {"bcrypt", "$2b$", "{BLF-CRYPT}"},
    {"sha512crypt", "$6$", "{SHA512-CRYPT}"},
    {"scram-sha-256", 0, "{SCRAM-SHA-256}"},
    {"cram-md5", 0, "{CRAM-MD5}"},
    {"plain", 0, "{PLAIN}"},
};
#define SCHEMES (sizeof schemes / sizeof *schemes)

static size_t find(char const *scheme)
{
  size_t i = 0;

  while (i < SCHEMES && strcmp(schemes[i].name, scheme))
    i++;
  return i;
}

int newsecret_known(char const *scheme) { return find(scheme) < SCHEMES; }

char const *newsecret_unfit(char const *password, size_t len, size_t max)
{
  if (!len) return "the password is empty";
  if (len > max) return "the password is too long";
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)password[i] < 0x20 || password[i] == 0x7f)
      return "a control byte in the password";
  return 0;
}

static int add_hash(stralloc *out, char const *prefix, unsigned long count,
                    char const *password)
{
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  struct crypt_data data = {0};
  char const *hash;
  int good;

  if (!crypt_gensalt_rn(prefix, count, 0, 0, setting, sizeof setting)) return 0;
  hash = crypt_r(password, setting, &data);
  good = hash && *hash != '*' && stralloc_cats(out, hash) && stralloc_0(out);
  explicit_bzero(&data, sizeof data);
  return good;
}

static int add_context(stralloc *out, char const *password)
{
  char context[HMACMD5_CONTEXT + 1];
  int good;

  hmacmd5_context(password, context);
  good = stralloc_catb(out, context, sizeof context);
  explicit_bzero(context, sizeof context);
  return good;
}

int newsecret_scram(stralloc *out, char const *password)
{
  struct scram_secret x;
  int good = scramsecret_new(&x, password) && scramsecret_add(out, &x);

  explicit_bzero(&x, sizeof x);
  return good;
}

int newsecret_make(stralloc *out, char const *scheme, unsigned long count,
                   char const *password)
{
  size_t i = find(scheme);

  if (i == SCHEMES) return (errno = EINVAL, 0);
  if (!stralloc_cats(out, schemes[i].field)) return 0;
  if (schemes[i].prefix)
    return add_hash(out, schemes[i].prefix, count, password);
  if (!strcmp(scheme, "cram-md5")) return add_context(out, password);
  if (!strcmp(scheme, "scram-sha-256")) return newsecret_scram(out, password);
  if (strchr(password, ':')) return (errno = EINVAL, 0);
  return stralloc_cats(out, password) && stralloc_0(out);
}
