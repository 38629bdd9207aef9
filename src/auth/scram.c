#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include <skalibs/random.h>
#include <skalibs/types.h>

#include "base64.h"
#include "hmacsha256.h"
#include "saslprep.h"
#include "scram.h"
#include "secret.h"

#define NONCE_RANDOM 18 /* bytes: no padding in base64 */

static int is_alpha(char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int set(stralloc *sa, char const *s, size_t n)
{
  if (!stralloc_copyb(sa, s, n) || !stralloc_0(sa)) return 0;
  sa->len--;
  return 1;
}

static int is(char const *s, size_t n, char const *want)
{
  return n == strlen(want) && !memcmp(s, want, n);
}

/* --- attributes --- */

/* What is left of a message; a comma stands between attributes. */
struct rest {
  char const *s;
  size_t n;
  int more; /* is there another one, be it empty? */
};

/* What stands before the next comma. */
static char const *next(struct rest *r, size_t *n)
{
  char const *s = r->s, *c = r->n ? memchr(s, ',', r->n) : 0;

  if (!r->more) return 0;
  *n = c ? (size_t)(c - s) : r->n;
  r->more = !!c;
  r->s += *n + !!c;
  r->n -= *n + !!c;
  return s;
}

/* The value, never empty, of the next attribute, which must be that one. */
static char const *value(struct rest *r, char name, size_t *n)
{
  char const *s = next(r, n);

  if (!s || *n < 3 || s[0] != name || s[1] != '=') return 0;
  *n -= 2;
  return s + 2;
}

/* Attributes that mean something to us have their place, and m means that who
   does not know it must refuse; others are extensions (RFC 5802 section 7). */
static int is_extension(char const *s, size_t n)
{
  return n > 2 && is_alpha(s[0]) && s[1] == '=' &&
         !memchr("aceimnprsv", s[0], 10);
}

static int printable(char const *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (s[i] < 0x21 || s[i] > 0x7e || s[i] == ',') return 0;
  return n > 0;
}

/* A name, =2C and =3D decoded. */
static enum scram_result take_name(stralloc *out, char const *s, size_t n)
{
  stralloc sa = STRALLOC_ZERO;
  enum scram_result r = SCRAM_OK;

  if (!stralloc_ready(&sa, n + 1)) return SCRAM_NOMEM;
  for (size_t i = 0; i < n; i++) {
    char c = s[i];

    if (c == '=') {
      int is_comma = n - i > 2 && !memcmp(s + i, "=2C", 3);

      if (!is_comma && (n - i < 3 || memcmp(s + i, "=3D", 3))) r = SCRAM_BAD;
      c = is_comma ? ',' : '=';
      i += 2;
    }
    sa.s[sa.len++] = c;
  }
  sa.s[sa.len] = 0;
  if (r == SCRAM_OK && !saslprep(out, sa.s, SASLPREP_QUERY))
    r = errno == ENOMEM ? SCRAM_NOMEM : SCRAM_BAD;
  secret_free(&sa);
  return r;
}

/* --- the client's first message --- */

/* The bytes that prove the channel named, or 0 if we know none. */
static unsigned char const *find_binding(struct scram_binding const *b,
                                         char const *name, size_t n,
                                         size_t *len)
{
  if (is(name, n, "tls-exporter"))
    *len = b->exporter_len;
  else if (is(name, n, "tls-server-end-point"))
    *len = b->endpoint_len;
  else
    *len = 0;
  if (!*len) return 0;
  return is(name, n, "tls-exporter") ? b->exporter : b->endpoint;
}

static enum scram_result take_flag(struct scram const *s, struct rest *r)
{
  size_t n, len;
  char const *f = next(r, &n);

  if (s->plus) {
    if (n < 3 || f[0] != 'p' || f[1] != '=') return SCRAM_BAD;
    return find_binding(&s->binding, f + 2, n - 2, &len) ? SCRAM_OK : SCRAM_BAD;
  }
  if (is(f, n, "n")) return SCRAM_OK;
  /* he believes that we cannot bind: somebody has changed our offer */
  return is(f, n, "y") && !s->offer_plus ? SCRAM_OK : SCRAM_BAD;
}

static enum scram_result take_authzid(struct scram *s, struct rest *r)
{
  size_t n;
  char const *a = next(r, &n);

  if (!a) return SCRAM_BAD;
  if (!n) return set(&s->authzid, "", 0) ? SCRAM_OK : SCRAM_NOMEM;
  if (n < 3 || a[0] != 'a' || a[1] != '=') return SCRAM_BAD;
  return take_name(&s->authzid, a + 2, n - 2);
}

static enum scram_result take_bare(struct scram *s, struct rest *r)
{
  enum scram_result result;
  size_t n;
  char const *v = value(r, 'n', &n), *e;

  if (!v) return SCRAM_BAD;
  result = take_name(&s->user, v, n);
  if (result != SCRAM_OK) return result;
  v = value(r, 'r', &n);
  if (!v || n > SCRAM_NONCE_MAX || !printable(v, n)) return SCRAM_BAD;
  if (!set(&s->nonce, v, n)) return SCRAM_NOMEM;
  while ((e = next(r, &n)))
    if (!is_extension(e, n)) return SCRAM_BAD;
  return SCRAM_OK;
}

static enum scram_result first(struct scram *s, char const *msg, size_t len)
{
  struct rest r = {msg, len, 1};
  enum scram_result result = take_flag(s, &r);

  if (result == SCRAM_OK) result = take_authzid(s, &r);
  if (result != SCRAM_OK) return result;
  if (!set(&s->gs2, msg, len - r.n) || !set(&s->client, r.s, r.n))
    return SCRAM_NOMEM;
  return take_bare(s, &r);
}

static int well_formed(char const *msg, size_t len)
{
  return len && len <= SCRAM_MESSAGE_MAX && saslprep_utf8(msg, len);
}

enum scram_result scram_first(struct scram *s, char const *msg, size_t len)
{
  enum scram_result r = SCRAM_BAD;

  scram_free(s);
  if (well_formed(msg, len)) r = first(s, msg, len);
  if (r != SCRAM_OK) scram_free(s);
  return r;
}

/* --- our first message --- */

static int add_base64(stralloc *out, void const *s, size_t n)
{
  if (!stralloc_readyplus(out, BASE64_ENCODED(n))) return 0;
  base64_encode(out->s + out->len, s, n);
  out->len += BASE64_ENCODED(n);
  return 1;
}

static int add_nonce(stralloc *sa, char const *nonce)
{
  char random[NONCE_RANDOM];

  if (nonce) return stralloc_cats(sa, nonce);
  random_buf(random, sizeof random);
  return add_base64(sa, random, sizeof random);
}

enum scram_result scram_challenge(struct scram *s,
                                  struct scram_secret const *secret,
                                  char const *nonce, stralloc *out)
{
  char i[UINT32_FMT];

  out->len = 0;
  if (!s->client.len || s->server.len) return SCRAM_BAD;
  if (nonce && !printable(nonce, strlen(nonce))) return SCRAM_BAD;
  s->secret = *secret;
  if (!add_nonce(&s->nonce, nonce) || !stralloc_cats(out, "r=") ||
      !stralloc_catb(out, s->nonce.s, s->nonce.len) ||
      !stralloc_cats(out, ",s=") ||
      !add_base64(out, secret->salt, secret->salt_len) ||
      !stralloc_cats(out, ",i=") ||
      !stralloc_catb(out, i, uint32_fmt(i, secret->iterations)) ||
      !set(&s->server, out->s, out->len)) {
    scram_free(s);
    return SCRAM_NOMEM;
  }
  return SCRAM_OK;
}

/* --- the client's last message --- */

/* The client's last message, taken apart. */
struct last {
  char const *binding; /* base64 */
  size_t binding_len;
  char const *nonce;
  size_t nonce_len;
  size_t unproved; /* length of what stands before the proof */
  unsigned char proof[SCRAM_KEY];
};

static int take_proof(struct last *l, char const *s, size_t n)
{
  char proof[BASE64_ENCODED(SCRAM_KEY)];
  size_t len;

  if (n < 2 || memcmp(s, "p=", 2) || n - 2 > sizeof proof) return 0;
  if (!base64_decode(proof, &len, s + 2, n - 2) || len != SCRAM_KEY) return 0;
  memcpy(l->proof, proof, SCRAM_KEY);
  return 1;
}

static int parse_last(struct last *l, char const *msg, size_t len)
{
  struct rest r = {msg, len, 1};
  char const *s;
  size_t n;

  l->binding = value(&r, 'c', &l->binding_len);
  l->nonce = l->binding ? value(&r, 'r', &l->nonce_len) : 0;
  if (!l->nonce) return 0;
  while ((s = next(&r, &n)) && r.more)
    if (!is_extension(s, n)) return 0;
  if (!s || !take_proof(l, s, n)) return 0;
  l->unproved = (size_t)(s - 1 - msg);
  return 1;
}

/* What c= must be: the header of the first message again, and the channel. */
static int expected_binding(stralloc *out, struct scram const *s)
{
  unsigned char const *b = 0;
  stralloc raw = STRALLOC_ZERO;
  size_t len = 0;
  int good;

  if (s->plus) {
    size_t n = strcspn(s->gs2.s + 2, ",");

    b = find_binding(&s->binding, s->gs2.s + 2, n, &len);
  }
  good = stralloc_copyb(&raw, s->gs2.s, s->gs2.len) &&
         (!b || stralloc_catb(&raw, (char const *)b, len));
  if (good) {
    out->len = 0;
    good = add_base64(out, raw.s, raw.len);
  }
  stralloc_free(&raw);
  return good;
}

/* AuthMessage of RFC 5802 section 3. */
static int auth_message(stralloc *out, struct scram const *s, char const *msg,
                        size_t unproved)
{
  return stralloc_copyb(out, s->client.s, s->client.len) &&
         stralloc_append(out, ',') &&
         stralloc_catb(out, s->server.s, s->server.len) &&
         stralloc_append(out, ',') && stralloc_catb(out, msg, unproved);
}

/* The client sends ClientKey XOR ClientSignature; who knows StoredKey, the
   hash of ClientKey, can tell. */
static int proved(struct scram const *s, struct last const *l,
                  stralloc const *message)
{
  unsigned char key[HMACSHA256], stored[HMACSHA256];
  int r;

  hmacsha256(key, s->secret.stored, SCRAM_KEY, message->s, message->len);
  for (size_t i = 0; i < SCRAM_KEY; i++)
    key[i] ^= l->proof[i];
  sha256(stored, key, sizeof key);
  r = !CRYPTO_memcmp(stored, s->secret.stored, SCRAM_KEY);
  explicit_bzero(key, sizeof key);
  explicit_bzero(stored, sizeof stored);
  return r;
}

static enum scram_result tell(stralloc *out, char const *why)
{
  return stralloc_copys(out, why) ? SCRAM_WRONG : SCRAM_NOMEM;
}

/* The proof is computed whatever else is wrong. */
static enum scram_result judge(struct scram const *s, struct last const *l,
                               stralloc const *binding, stralloc const *message,
                               stralloc *out)
{
  unsigned char signature[HMACSHA256];
  int good = proved(s, l, message);

  hmacsha256(signature, s->secret.server, SCRAM_KEY, message->s, message->len);
  if (l->nonce_len != s->nonce.len ||
      memcmp(l->nonce, s->nonce.s, s->nonce.len))
    return tell(out, "e=other-error");
  if (l->binding_len != binding->len ||
      CRYPTO_memcmp(l->binding, binding->s, binding->len))
    return tell(out, "e=channel-bindings-dont-match");
  if (!good) return tell(out, "e=invalid-proof");
  return stralloc_copys(out, "v=") &&
                 add_base64(out, signature, sizeof signature)
             ? SCRAM_OK
             : SCRAM_NOMEM;
}

enum scram_result scram_last(struct scram *s, char const *msg, size_t len,
                             stralloc *out)
{
  stralloc binding = STRALLOC_ZERO, message = STRALLOC_ZERO;
  enum scram_result r = SCRAM_BAD;
  struct last l;

  out->len = 0;
  if (!s->server.len) return SCRAM_BAD;
  if (well_formed(msg, len) && parse_last(&l, msg, len))
    r = expected_binding(&binding, s) &&
                auth_message(&message, s, msg, l.unproved)
            ? judge(s, &l, &binding, &message, out)
            : SCRAM_NOMEM;
  stralloc_free(&binding);
  stralloc_free(&message);
  /* one proof for a challenge; who he is may still be asked */
  s->server.len = s->client.len = 0;
  return r;
}

void scram_free(struct scram *s)
{
  stralloc *const all[] = {&s->user,   &s->authzid, &s->gs2,
                           &s->client, &s->server,  &s->nonce};

  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    secret_free(all[i]);
  explicit_bzero(&s->secret, sizeof s->secret);
}
