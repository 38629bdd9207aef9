/* Unit test of src/auth/pbkdf2.c: RFC 7914's vectors, and OpenSSL's opinion. */
#include <string.h>

#include <openssl/evp.h>
#include <skalibs/fmtscan.h>

#include "hmacsha256.h"
#include "pbkdf2.h"
#include "unit.h"

static struct {
  char const *password, *salt;
  uint32_t iterations;
  char const *want; /* the first block of RFC 7914 section 11 */
} const t[] = {
    {"passwd", "salt", 1,
     "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"},
    {"Password", "NaCl", 80000,
     "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"},
};

static int as_openssl(size_t len, size_t salt_len, uint32_t iterations)
{
  unsigned char bytes[400], got[PBKDF2], want[PBKDF2];

  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)(i * 7 + len);
  pbkdf2(got, bytes, len, bytes + 1, salt_len, iterations);
  return PKCS5_PBKDF2_HMAC((char const *)bytes, (int)len, bytes + 1,
                           (int)salt_len, (int)iterations, EVP_sha256(), PBKDF2,
                           want) == 1 &&
         !memcmp(got, want, PBKDF2);
}

int main(void)
{
  unsigned char key[PBKDF2];
  char hex[HMACSHA256_HEX + 1];
  int same = 1;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    pbkdf2(key, t[i].password, strlen(t[i].password), t[i].salt,
           strlen(t[i].salt), t[i].iterations);
    hex[ucharn_fmt(hex, (char const *)key, sizeof key)] = 0;
    ok(!strcmp(hex, t[i].want), t[i].password);
  }
  for (size_t n = 0; n < 200; n++)
    same &= as_openssl(n, 16, 3) && as_openssl(16, n, 2);
  ok(same, "every length of password and salt");
  return done();
}
