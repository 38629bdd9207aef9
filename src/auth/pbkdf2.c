/* Deprecated in 3.0 in favour of an interface that loads providers first. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <string.h>

#include <openssl/sha.h>

#include "hmacsha256.h"
#include "pbkdf2.h"

#define BLOCK SHA256_CBLOCK
#define WORDS (PBKDF2 / 4)

/* What HMAC keeps of its key: SHA-256 after the first block. */
struct keyed {
  SHA256_CTX inner, outer;
};

static void put32(unsigned char *s, uint32_t u)
{
  for (int i = 0; i < 4; i++)
    s[i] = (unsigned char)(u >> (24 - 8 * i));
}

static void start(SHA256_CTX *ctx, unsigned char const *key, unsigned char pad)
{
  unsigned char block[BLOCK];

  for (size_t i = 0; i < BLOCK; i++)
    block[i] = key[i] ^ pad;
  SHA256_Init(ctx);
  SHA256_Update(ctx, block, BLOCK);
  explicit_bzero(block, sizeof block);
}

static void set_key(struct keyed *k, void const *password, size_t len)
{
  unsigned char key[BLOCK] = {0};

  if (len > BLOCK)
    sha256(key, password, len);
  else if (len)
    memcpy(key, password, len);
  start(&k->inner, key, 0x36);
  start(&k->outer, key, 0x5c);
  explicit_bzero(key, sizeof key);
}

/* U1: salt and the number of the block, of any length. */
static void first(unsigned char *out, struct keyed const *k, void const *salt,
                  size_t len)
{
  static unsigned char const number[4] = {0, 0, 0, 1};
  SHA256_CTX ctx = k->inner;

  SHA256_Update(&ctx, salt, len);
  SHA256_Update(&ctx, number, sizeof number);
  SHA256_Final(out, &ctx);
  ctx = k->outer;
  SHA256_Update(&ctx, out, PBKDF2);
  SHA256_Final(out, &ctx);
  explicit_bzero(&ctx, sizeof ctx);
}

/* Finish a hash whose last block is block; its digest stands at the start of
   block again. */
static void turn(unsigned char *block, SHA256_CTX const *from)
{
  SHA256_CTX ctx = *from;

  SHA256_Transform(&ctx, block);
  for (int i = 0; i < WORDS; i++)
    put32(block + 4 * i, (uint32_t)ctx.h[i]);
}

void pbkdf2(unsigned char key[PBKDF2], void const *password, size_t len,
            void const *salt, size_t salt_len, uint32_t iterations)
{
  unsigned char block[BLOCK] = {0};
  struct keyed k;

  set_key(&k, password, len);
  first(block, &k, salt, salt_len);
  memcpy(key, block, PBKDF2);
  /* from here on each hash is of a block and 32 bytes: one more block, whose
     padding never changes */
  block[PBKDF2] = 0x80;
  put32(block + BLOCK - 4, 8 * (BLOCK + PBKDF2));
  while (--iterations) {
    turn(block, &k.inner);
    turn(block, &k.outer);
    for (int i = 0; i < PBKDF2; i++)
      key[i] ^= block[i];
  }
  explicit_bzero(block, sizeof block);
  explicit_bzero(&k, sizeof k);
}
