/* Deprecated in 3.0 in favour of an interface that loads providers first. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <string.h>

#include <openssl/sha.h>

#include "hmacsha256.h"

#define BLOCK SHA256_CBLOCK

/* OpenSSL's function of this kind loads providers. */
void sha256(unsigned char out[HMACSHA256], void const *msg, size_t len)
{
  SHA256_CTX ctx;

  SHA256_Init(&ctx);
  SHA256_Update(&ctx, msg, len);
  SHA256_Final(out, &ctx);
  explicit_bzero(&ctx, sizeof ctx);
}

/* The digest of the key, each byte changed by pad, and then msg. */
static void digest(unsigned char *out, unsigned char const *key,
                   unsigned char pad, void const *msg, size_t len)
{
  unsigned char block[BLOCK];
  SHA256_CTX ctx;

  for (size_t i = 0; i < BLOCK; i++)
    block[i] = key[i] ^ pad;
  SHA256_Init(&ctx);
  SHA256_Update(&ctx, block, BLOCK);
  SHA256_Update(&ctx, msg, len);
  SHA256_Final(out, &ctx);
  explicit_bzero(block, sizeof block);
  explicit_bzero(&ctx, sizeof ctx);
}

void hmacsha256(unsigned char out[HMACSHA256], void const *key, size_t klen,
                void const *msg, size_t len)
{
  unsigned char block[BLOCK] = {0};

  if (klen > BLOCK)
    sha256(block, key, klen);
  else if (klen)
    memcpy(block, key, klen);
  digest(out, block, 0x36, msg, len);
  digest(out, block, 0x5c, out, HMACSHA256);
  explicit_bzero(block, sizeof block);
}
