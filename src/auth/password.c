#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "hmacmd5.h"
#include "password.h"
#include "scheme.h"

/* A context that answers every challenge as no password does. */
static char const no_context[] = "0000000000000000000000000000000000000000"
                                 "000000000000000000000000";

/* What the user has, or what stands for it; only what may be used. */
struct secrets {
  char const *hash;
  char const *plain;
  char const *context;
  struct scram_secret scram; /* iterations 0: nothing is to be derived */
  int has_hash, has_plain, has_context, has_scram;
};

/* Constant time; the length of a is no secret. */
static int same(char const *a, char const *b)
{
  size_t n = strlen(a);
  unsigned char differ = 0;

  if (strlen(b) != n) return 0;
  for (size_t i = 0; i < n; i++)
    differ |= (unsigned char)(a[i] ^ b[i]);
  return !differ;
}

/* Constant time for any b: length and bytes of the stored secret a stay so. */
static int same_secret(char const *a, char const *b)
{
  char x[HMACMD5_CONTEXT + 1], y[HMACMD5_CONTEXT + 1];
  int r;

  hmacmd5_context(a, x);
  hmacmd5_context(b, y);
  r = same(x, y) && strlen(a) == strlen(b);
  explicit_bzero(x, sizeof x);
  explicit_bzero(y, sizeof y);
  return r;
}

int password_scram(struct scram_secret *x, struct user const *u)
{
  char const *value, *why;

  if (*u->scram_sha_256) return scramsecret_scan(x, u->scram_sha_256) ? 1 : -1;
  switch (scheme_parse(u->password, &value, &why)) {
  case SCHEME_SCRAM_SHA_256: return scramsecret_scan(x, value) ? 1 : -1;
  case SCHEME_BAD: return -1;
  default: return 0;
  }
}

/* The keys that stand for those of a user who has none. */
static struct scram_secret model_scram(struct password_check const *p)
{
  return (struct scram_secret){.iterations = p->derive, .salt_len = SCRAM_SALT};
}

int password_derives(enum scheme scheme)
{
  return scheme == SCHEME_NONE || scheme == SCHEME_SCRAM_SHA_256;
}

static int gather_scram(struct secrets *s, struct password_check const *p,
                        struct user const *u, enum scheme scheme)
{
  struct scram_secret x;
  int r = u && password_derives(scheme) ? password_scram(&x, u) : 0;

  s->has_scram = r > 0;
  s->scram = r > 0 ? x : model_scram(p);
  return r >= 0;
}

static int gather(struct secrets *s, struct password_check const *p,
                  struct user const *u)
{
  char const *value = "", *why;
  enum scheme scheme = u ? scheme_parse(u->password, &value, &why) : 0;

  *s = (struct secrets){.hash = p->model, .plain = "", .context = no_context};
  if (scheme == SCHEME_CRYPT) {
    s->hash = value;
    s->has_hash = 1;
  }
  if (scheme == SCHEME_PLAIN && p->plain) {
    s->plain = value;
    s->has_plain = 1;
  }
  if (scheme == SCHEME_CRAM_MD5) {
    s->context = value;
    s->has_context = 1;
  }
  if (u && *u->cram_md5) {
    s->context = u->cram_md5;
    s->has_context = 1;
  }
  return gather_scram(s, p, u, scheme) && scheme != SCHEME_BAD;
}

/* Everything is computed, whatever is right. */
static char const *check_response(struct secrets const *s,
                                  struct credentials const *c)
{
  char context[HMACMD5_CONTEXT + 1], digest[HMACMD5_HEX + 1];
  int cram, apop;

  hmacmd5_context(s->plain, context);
  if (!hmacmd5_respond(s->has_plain ? context : s->context, c->challenge,
                       digest))
    return 0;
  cram = same(digest, c->response) & (s->has_plain | s->has_context);
  hmacmd5_apop(c->challenge, s->plain, digest);
  apop = same(digest, c->response) & s->has_plain;
  explicit_bzero(context, sizeof context);
  explicit_bzero(digest, sizeof digest);
  return cram ? "cram-md5" : apop ? "apop" : 0;
}

/* 1 the keys are the password's; 0 they are not; -1 out of memory. */
static int check_scram(struct password_check const *p, struct secrets const *s,
                       char const *password)
{
  struct scram_secret x = s->scram;
  int r;

  if (!x.iterations) return 0;
  r = p->scram ? p->scram(&x, password, p->data)
               : scramsecret_derive(&x, password);
  if (r)
    r = s->has_scram &
        (CRYPTO_memcmp(x.stored, s->scram.stored, SCRAM_KEY) == 0);
  else if (errno != EINVAL)
    r = -1;
  explicit_bzero(&x, sizeof x);
  return r;
}

/* One crypt and one comparison of each kind, whatever is right. */
static enum password_result check_password(struct password_check const *p,
                                           struct secrets const *s,
                                           char const *password)
{
  char context[HMACMD5_CONTEXT + 1];
  char const *hash = p->crypt(password, s->hash, p->data);
  int failed = !hash || *hash == '*';
  int crypt, plain, cram, scram;

  crypt = !failed && same(s->hash, hash) & s->has_hash;
  plain = same_secret(s->plain, password) & s->has_plain;
  hmacmd5_context(password, context);
  cram = same(s->context, context) & s->has_context & !s->has_hash;
  explicit_bzero(context, sizeof context);
  scram = check_scram(p, s, password);
  if (failed || scram < 0) return PASSWORD_FAILED;
  return crypt | plain | cram | scram ? PASSWORD_OK : PASSWORD_WRONG;
}

/* As if the user existed and could log in. */
static enum password_result check(struct password_check const *p,
                                  struct user const *u,
                                  struct credentials const *c,
                                  char const **method)
{
  enum password_result r;
  struct secrets s;

  if (!gather(&s, p, u)) return PASSWORD_FAILED;
  *method = c->response ? check_response(&s, c) : 0;
  r = *method ? PASSWORD_OK : PASSWORD_WRONG;
  if (!*method && c->password) {
    r = check_password(p, &s, c->password);
    if (r == PASSWORD_OK) *method = "plain";
  }
  explicit_bzero(&s.scram, sizeof s.scram);
  return r;
}

enum password_result password_check(struct password_check const *p,
                                    struct user const *u,
                                    struct credentials const *c,
                                    struct password_verdict *v)
{
  enum password_result r;

  *v = (struct password_verdict){0};
  r = check(p, u, c, &v->method);
  if (r == PASSWORD_OK && (!u || u->disabled)) r = PASSWORD_WRONG;
  if (r != PASSWORD_OK) v->method = 0;
  if (r == PASSWORD_WRONG)
    v->reason = !u ? "unknown" : u->disabled ? "disabled" : "secret";
  return r;
}
