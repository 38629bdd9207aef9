#include <string.h>

#include <skalibs/random.h>
#include <skalibs/types.h>

#include "base64.h"
#include "sasl.h"
#include "secret.h"
#include "text.h"

#define LOGIN_USER "VXNlcm5hbWU6"     /* Username: */
#define LOGIN_PASSWORD "UGFzc3dvcmQ6" /* Password: */
#define DIGEST_HEX 32

/* What the next line of the client is. */
enum { STATE_OVER = 0, STATE_MESSAGE, STATE_USER, STATE_PASSWORD };

static char const *const names[] = {
    [SASL_PLAIN] = "PLAIN",
    [SASL_LOGIN] = "LOGIN",
    [SASL_CRAM_MD5] = "CRAM-MD5",
};

enum sasl_mechanism sasl_find(char const *name, size_t len)
{
  for (enum sasl_mechanism m = SASL_PLAIN; m <= SASL_CRAM_MD5; m++)
    if (text_equal(name, len, names[m], strlen(names[m]))) return m;
  return SASL_NONE;
}

char const *sasl_name(enum sasl_mechanism m)
{
  return m >= SASL_PLAIN && m <= SASL_CRAM_MD5 ? names[m] : "none";
}

void sasl_free(struct sasl *s)
{
  secret_free(&s->user);
  secret_free(&s->secret);
  secret_free(&s->challenge);
  s->mechanism = SASL_NONE;
  s->state = STATE_OVER;
}

size_t sasl_challenge(char s[SASL_CHALLENGE_MAX + 1], char const *host)
{
  static char const good[] = "abcdefghijklmnopqrstuvwxyz0123456789.-"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  size_t n = 0, hlen = strspn(host, good);
  uint64_t r;

  random_buf((char *)&r, sizeof r);
  s[n++] = '<';
  uint640_xfmt(s + n, r, 16);
  n += 16;
  s[n++] = '@';
  if (!hlen) hlen = strlen(host = "localhost");
  if (hlen > SASL_CHALLENGE_MAX - 1 - n) hlen = SASL_CHALLENGE_MAX - 1 - n;
  memcpy(s + n, host, hlen);
  n += hlen;
  s[n++] = '>';
  s[n] = 0;
  return n;
}

int sasl_keep(stralloc *sa, char const *s, size_t n)
{
  if (!stralloc_ready(sa, n + 1)) return 0;
  memcpy(sa->s, s, n);
  sa->s[n] = 0;
  sa->len = n;
  return 1;
}

int sasl_list(char const *list, unsigned int *set, char const **bad)
{
  *set = 0;
  while (*list) {
    size_t n = strcspn(list, " ");
    enum sasl_mechanism m = sasl_find(list, n);

    *bad = list;
    if (n && m == SASL_NONE) return 0;
    if (n) *set |= SASL_BIT(m);
    list += n + strspn(list + n, " ");
  }
  return 1;
}

/* [authzid] NUL authcid NUL passwd: RFC 4616 section 2. */
static enum sasl_step take_plain(struct sasl *s, char const *msg, size_t len)
{
  char const *end = msg + len, *user, *secret;
  size_t zlen, ulen, slen;

  user = memchr(msg, 0, len);
  if (!user) return SASL_BAD;
  zlen = (size_t)(user++ - msg);
  secret = memchr(user, 0, (size_t)(end - user));
  if (!secret) return SASL_BAD;
  ulen = (size_t)(secret++ - user);
  slen = (size_t)(end - secret);
  if (!ulen || !slen || memchr(secret, 0, slen)) return SASL_BAD;
  if (zlen && (zlen != ulen || memcmp(msg, user, ulen))) return SASL_BAD;
  if (!sasl_keep(&s->user, user, ulen) || !sasl_keep(&s->secret, secret, slen))
    return SASL_NOMEM;
  return SASL_DONE;
}

static enum sasl_step take_field(stralloc *sa, char const *msg, size_t len)
{
  if (!len || memchr(msg, 0, len)) return SASL_BAD;
  return sasl_keep(sa, msg, len) ? SASL_DONE : SASL_NOMEM;
}

/* user, blank, 32 lower-case hexadecimal digits: RFC 2195 section 2.  The user
   may hold blanks, the digest cannot. */
static enum sasl_step take_cram(struct sasl *s, char const *msg, size_t len)
{
  size_t ulen;

  if (len < DIGEST_HEX + 2) return SASL_BAD;
  ulen = len - DIGEST_HEX - 1;
  if (msg[ulen] != ' ' || memchr(msg, 0, len)) return SASL_BAD;
  for (size_t i = ulen + 1; i < len; i++)
    if (!memchr("0123456789abcdef", msg[i], 16)) return SASL_BAD;
  if (!sasl_keep(&s->user, msg, ulen) ||
      !sasl_keep(&s->secret, msg + ulen + 1, DIGEST_HEX))
    return SASL_NOMEM;
  return SASL_DONE;
}

/* A decoded answer of the client's. */
static enum sasl_step take(struct sasl *s, char const *msg, size_t len,
                           stralloc *out)
{
  enum sasl_step step;
  int state = s->state;

  s->state = STATE_OVER;
  if (state == STATE_PASSWORD) return take_field(&s->secret, msg, len);
  if (state == STATE_USER) {
    step = take_field(&s->user, msg, len);
    if (step != SASL_DONE) return step;
    s->state = STATE_PASSWORD;
    return stralloc_copys(out, LOGIN_PASSWORD) ? SASL_CHALLENGE : SASL_NOMEM;
  }
  return s->mechanism == SASL_PLAIN ? take_plain(s, msg, len)
                                    : take_cram(s, msg, len);
}

static enum sasl_step decode(struct sasl *s, char const *line, size_t len,
                             stralloc *out)
{
  char msg[BASE64_DECODED(SASL_LINE_MAX)];
  enum sasl_step step = SASL_BAD;
  size_t n;

  if (len <= SASL_LINE_MAX) {
    if (base64_decode(msg, &n, line, len)) step = take(s, msg, n, out);
    explicit_bzero(msg, BASE64_DECODED(len));
  }
  if (step != SASL_CHALLENGE && step != SASL_DONE) sasl_free(s);
  return step;
}

static enum sasl_step challenge(struct sasl *s, char const *host, stralloc *out)
{
  char c[SASL_CHALLENGE_MAX + 1];
  size_t n = sasl_challenge(c, host);

  if (!sasl_keep(&s->challenge, c, n) ||
      !stralloc_ready(out, BASE64_ENCODED(n)))
    return SASL_NOMEM;
  base64_encode(out->s, c, n);
  out->len = BASE64_ENCODED(n);
  return SASL_CHALLENGE;
}

enum sasl_step sasl_start(struct sasl *s, enum sasl_mechanism m,
                          char const *host, char const *initial, size_t len,
                          stralloc *out)
{
  sasl_free(s);
  out->len = 0;
  if (m == SASL_NONE) return SASL_BAD;
  s->mechanism = m;
  s->state = m == SASL_LOGIN ? STATE_USER : STATE_MESSAGE;
  if (m == SASL_CRAM_MD5) return initial ? SASL_BAD : challenge(s, host, out);
  if (initial) {
    if (len == 1 && *initial == '=') len = 0;
    return decode(s, initial, len, out);
  }
  if (m == SASL_LOGIN && !stralloc_copys(out, LOGIN_USER)) return SASL_NOMEM;
  return SASL_CHALLENGE;
}

enum sasl_step sasl_feed(struct sasl *s, char const *line, size_t len,
                         stralloc *out)
{
  out->len = 0;
  if (s->state == STATE_OVER) return SASL_BAD;
  if (len == 1 && *line == '*') {
    sasl_free(s);
    return SASL_CANCELLED;
  }
  return decode(s, line, len, out);
}
