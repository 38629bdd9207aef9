/* Unit test of src/auth/scheme.c: one row per case. */
#include <string.h>

#include "scheme.h"
#include "unit.h"

#define HEX16 "0123456789abcdef"
#define CONTEXT HEX16 HEX16 HEX16 HEX16
#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define SCRAM "4096,AA==," KEY "," KEY

static struct {
  char const *field;
  enum scheme want;
  char const *value; /* or why not */
} const t[] = {
    {"", SCHEME_NONE, ""},
    {"$y$j9T$x", SCHEME_CRYPT, "$y$j9T$x"},
    {"{CRYPT}$y$j9T$x", SCHEME_CRYPT, "$y$j9T$x"},
    {"{crypt}x", SCHEME_CRYPT, "x"},
    {"{YESCRYPT}$y$j9T$x", SCHEME_CRYPT, "$y$j9T$x"},
    {"{BLF-CRYPT}$2b$12$x", SCHEME_CRYPT, "$2b$12$x"},
    {"{SHA512-CRYPT}$6$x", SCHEME_CRYPT, "$6$x"},
    {"{SHA256-CRYPT}$5$x", SCHEME_CRYPT, "$5$x"},
    {"{MD5-CRYPT}$1$x", SCHEME_CRYPT, "$1$x"},
    {"{PLAIN}pw", SCHEME_PLAIN, "pw"},
    {"{PLAIN}{CRYPT}", SCHEME_PLAIN, "{CRYPT}"},
    {"{CLEARTEXT}pw", SCHEME_PLAIN, "pw"},
    {"{CRAM-MD5}" CONTEXT, SCHEME_CRAM_MD5, CONTEXT},
    {"{HMAC-MD5}" CONTEXT, SCHEME_CRAM_MD5, CONTEXT},
    {"{CRAM-MD5}" CONTEXT "0", SCHEME_BAD,
     "{CRAM-MD5} is not 64 lower-case hexadecimal digits"},
    {"{CRAM-MD5}x", SCHEME_BAD,
     "{CRAM-MD5} is not 64 lower-case hexadecimal digits"},
    {"{SCRAM-SHA-256}" SCRAM, SCHEME_SCRAM_SHA_256, SCRAM},
    {"{scram-sha-256}" SCRAM, SCHEME_SCRAM_SHA_256, SCRAM},
    {"{SCRAM-SHA-256}" SCRAM "x", SCHEME_BAD,
     "{SCRAM-SHA-256} is not ITERATIONS,SALT,STOREDKEY,SERVERKEY"},
    {"{SCRAM-SHA-256}", SCHEME_BAD, "the password has a scheme and no value"},
    {"{SCRAM-SHA-1}" SCRAM, SCHEME_BAD, "unknown password scheme"},
    {"{PLAIN}", SCHEME_BAD, "the password has a scheme and no value"},
    {"{CRYPT}", SCHEME_BAD, "the password has a scheme and no value"},
    {"{SHA512-CRYPT}$5$x", SCHEME_BAD, "the hash is not of the scheme named"},
    {"{YESCRYPT}$7$x", SCHEME_BAD, "the hash is not of the scheme named"},
    {"{SSHA}x", SCHEME_BAD, "unknown password scheme"},
    {"{PLAIN.HEX}x", SCHEME_BAD, "unknown password scheme"},
    {"{PLAI}x", SCHEME_BAD, "unknown password scheme"},
    {"{}x", SCHEME_BAD, "unknown password scheme"},
    {"{PLAIN", SCHEME_BAD, "unknown password scheme"},
};

static struct {
  char const *hash;
  char const *want;
} const costs[] = {
    {"$y$j9T$salt$hash", "$y$j9T$"},
    {"$gy$j9T$salt$hash", "$gy$j9T$"},
    {"$2b$12$salthash", "$2b$12$"},
    {"$6$salt$hash", "$6$"},
    {"$6$rounds=9999$salt$hash", "$6$rounds=9999$"},
    {"$5$salt$hash", "$5$"},
    {"$1$salt$hash", "$1$"},
    {"$y$j9T", "$y$j9T"},
    {"$y", "$y"},
    {"$", "$"},
    {"abJnggxhB/yWI", ""},
    {"", ""},
};

int main(void)
{
  char const *value, *why;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    enum scheme got = scheme_parse(t[i].field, &value, &why);
    ok(got == t[i].want && !strcmp(got == SCHEME_BAD ? why : value, t[i].value),
       t[i].field);
  }
  for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
    ok(scheme_cost(costs[i].hash) == strlen(costs[i].want) &&
           !strncmp(costs[i].hash, costs[i].want, strlen(costs[i].want)),
       costs[i].hash);
  return done();
}
