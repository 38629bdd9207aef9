#include <string.h>

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
  int has_hash, has_plain, has_context;
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
  return scheme != SCHEME_BAD;
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

/* One crypt and one comparison of each kind, whatever is right. */
static enum password_result check_password(struct password_check const *p,
                                           struct secrets const *s,
                                           char const *password)
{
  char context[HMACMD5_CONTEXT + 1];
  char const *hash = p->crypt(password, s->hash, p->data);
  int failed = !hash || *hash == '*';
  int crypt, plain, cram;

  crypt = !failed && same(s->hash, hash) & s->has_hash;
  plain = same_secret(s->plain, password) & s->has_plain;
  hmacmd5_context(password, context);
  cram = same(s->context, context) & s->has_context & !s->has_hash;
  explicit_bzero(context, sizeof context);
  if (failed) return PASSWORD_FAILED;
  return crypt | plain | cram ? PASSWORD_OK : PASSWORD_WRONG;
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
  if (*method) return PASSWORD_OK;
  if (!c->password) return PASSWORD_WRONG;
  r = check_password(p, &s, c->password);
  if (r == PASSWORD_OK) *method = "plain";
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
