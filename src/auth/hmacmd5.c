/* Deprecated in 3.0 in favour of an interface that cannot save a state. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdint.h>
#include <string.h>

#include <openssl/md5.h>
#include <skalibs/fmtscan.h>

#include "hmacmd5.h"

#define BLOCK 64
#define DIGEST MD5_DIGEST_LENGTH

static void to_hex(char *hex, unsigned char const *s, size_t n)
{
  hex[ucharn_fmt(hex, (char const *)s, n)] = 0;
}

/* Lower case only. */
static int from_hex(unsigned char *s, char const *hex, size_t n)
{
  return strspn(hex, "0123456789abcdef") == 2 * n && !hex[2 * n] &&
         ucharn_scan(hex, (char *)s, n);
}

static void put32(unsigned char *s, uint32_t u)
{
  for (int i = 0; i < 4; i++)
    s[i] = (unsigned char)(u >> 8 * i);
}

static uint32_t get32(unsigned char const *s)
{
  return (uint32_t)s[0] | (uint32_t)s[1] << 8 | (uint32_t)s[2] << 16 |
         (uint32_t)s[3] << 24;
}

/* The state of an MD5 whose first block was key, each byte changed by pad. */
static void save(unsigned char *state, unsigned char const *key,
                 unsigned char pad)
{
  unsigned char block[BLOCK];
  MD5_CTX ctx;

  for (size_t i = 0; i < BLOCK; i++)
    block[i] = key[i] ^ pad;
  MD5_Init(&ctx);
  MD5_Update(&ctx, block, BLOCK);
  put32(state, ctx.A);
  put32(state + 4, ctx.B);
  put32(state + 8, ctx.C);
  put32(state + 12, ctx.D);
  explicit_bzero(block, sizeof block);
  explicit_bzero(&ctx, sizeof ctx);
}

static void take_up(MD5_CTX *ctx, unsigned char const *state)
{
  MD5_Init(ctx);
  ctx->A = get32(state);
  ctx->B = get32(state + 4);
  ctx->C = get32(state + 8);
  ctx->D = get32(state + 12);
  ctx->Nl = BLOCK * 8;
}

void hmacmd5_context(char const *key, char hex[HMACMD5_CONTEXT + 1])
{
  unsigned char block[BLOCK] = {0}, state[2 * DIGEST];
  size_t len = strlen(key);

  if (len > BLOCK)
    MD5((unsigned char const *)key, len, block);
  else
    memcpy(block, key, len);
  save(state, block, 0x5c);
  save(state + DIGEST, block, 0x36);
  to_hex(hex, state, sizeof state);
  explicit_bzero(block, sizeof block);
  explicit_bzero(state, sizeof state);
}

int hmacmd5_respond(char const *context, char const *challenge,
                    char hex[HMACMD5_HEX + 1])
{
  unsigned char state[2 * DIGEST], digest[DIGEST];
  MD5_CTX ctx;
  int r = from_hex(state, context, sizeof state);

  if (r) {
    take_up(&ctx, state + DIGEST);
    MD5_Update(&ctx, challenge, strlen(challenge));
    MD5_Final(digest, &ctx);
    take_up(&ctx, state);
    MD5_Update(&ctx, digest, sizeof digest);
    MD5_Final(digest, &ctx);
    to_hex(hex, digest, sizeof digest);
    explicit_bzero(&ctx, sizeof ctx);
  }
  explicit_bzero(state, sizeof state);
  return r;
}

void hmacmd5_apop(char const *challenge, char const *secret,
                  char hex[HMACMD5_HEX + 1])
{
  unsigned char digest[DIGEST];
  MD5_CTX ctx;

  MD5_Init(&ctx);
  MD5_Update(&ctx, challenge, strlen(challenge));
  MD5_Update(&ctx, secret, strlen(secret));
  MD5_Final(digest, &ctx);
  to_hex(hex, digest, sizeof digest);
  explicit_bzero(&ctx, sizeof ctx);
}
