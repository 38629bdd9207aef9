#include <string.h>

#include "hmacmd5.h"
#include "scheme.h"
#include "scramsecret.h"
#include "text.h"

static struct {
  char const *name;
  enum scheme scheme;
  char const *prefix; /* that the value must have */
} const schemes[] = {
    {"CRYPT", SCHEME_CRYPT, ""},
    {"YESCRYPT", SCHEME_CRYPT, "$y$"},
    {"BLF-CRYPT", SCHEME_CRYPT, "$2"},
    {"SHA512-CRYPT", SCHEME_CRYPT, "$6$"},
    {"SHA256-CRYPT", SCHEME_CRYPT, "$5$"},
    {"MD5-CRYPT", SCHEME_CRYPT, "$1$"},
    {"PLAIN", SCHEME_PLAIN, ""},
    {"CLEARTEXT", SCHEME_PLAIN, ""},
    {"CRAM-MD5", SCHEME_CRAM_MD5, ""},
    {"HMAC-MD5", SCHEME_CRAM_MD5, ""},
    {"SCRAM-SHA-256", SCHEME_SCRAM_SHA_256, ""},
};

static enum scheme check(enum scheme scheme, char const *value,
                         char const **why)
{
  struct scram_secret x;

  if (!*value) {
    *why = "the password has a scheme and no value";
    return SCHEME_BAD;
  }
  if (scheme == SCHEME_CRAM_MD5 &&
      (strlen(value) != HMACMD5_CONTEXT ||
       strspn(value, "0123456789abcdef") != HMACMD5_CONTEXT)) {
    *why = "{CRAM-MD5} is not 64 lower-case hexadecimal digits";
    return SCHEME_BAD;
  }
  if (scheme == SCHEME_SCRAM_SHA_256 && !scramsecret_scan(&x, value)) {
    *why = "{SCRAM-SHA-256} is not ITERATIONS,SALT,STOREDKEY,SERVERKEY";
    return SCHEME_BAD;
  }
  return scheme;
}

enum scheme scheme_parse(char const *field, char const **value,
                         char const **why)
{
  char const *end = *field == '{' ? strchr(field, '}') : 0;

  *value = field;
  if (!*field) return SCHEME_NONE;
  if (*field != '{') return SCHEME_CRYPT;
  *why = "unknown password scheme";
  if (!end) return SCHEME_BAD;
  *value = end + 1;
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    if (!text_equal(field + 1, (size_t)(end - field - 1), schemes[i].name,
                    strlen(schemes[i].name)))
      continue;
    if (strncmp(*value, schemes[i].prefix, strlen(schemes[i].prefix))) {
      *why = "the hash is not of the scheme named";
      return SCHEME_BAD;
    }
    return check(schemes[i].scheme, *value, why);
  }
  return SCHEME_BAD;
}

size_t scheme_cost(char const *hash)
{
  size_t n;

  if (*hash != '$') return 0;
  n = 1 + strcspn(hash + 1, "$");
  if (!hash[n]) return n;
  n++;
  /* $2b$12$..., $y$j9T$..., $6$rounds=5000$...; else the salt begins here */
  if (!strncmp(hash, "$2", 2) || !strncmp(hash, "$y$", 3) ||
      !strncmp(hash, "$gy$", 4) || !strncmp(hash + n, "rounds=", 7)) {
    n += strcspn(hash + n, "$");
    if (hash[n]) n++;
  }
  return n;
}
