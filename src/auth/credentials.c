#include <string.h>

#include "credentials.h"

#define RESPONSE_HEX 32

static int is_response(char const *s)
{
  return strspn(s, "0123456789abcdef") == RESPONSE_HEX && !s[RESPONSE_HEX];
}

static int is_challenge(char const *s)
{
  size_t n = strlen(s);
  return n > 2 && s[0] == '<' && s[n - 1] == '>';
}

/* The field at *pos, NUL included, or 0. */
static char const *next(char const *buf, size_t len, size_t *pos)
{
  char const *s = buf + *pos;
  char const *nul = memchr(s, 0, len - *pos);

  if (!nul) return 0;
  *pos = (size_t)(nul + 1 - buf);
  return s;
}

enum credentials_form credentials_parse(char const *buf, size_t len,
                                        struct credentials *c)
{
  char const *secret, *extra = "";
  size_t pos = 0;

  *c = (struct credentials){0};
  if (len > CREDENTIALS_MAX) return CREDENTIALS_TOO_LONG;
  c->user = next(buf, len, &pos);
  secret = c->user ? next(buf, len, &pos) : 0;
  if (secret && pos < len) extra = next(buf, len, &pos);
  if (!c->user || !secret || !extra) return CREDENTIALS_BROKEN;
  if (!*c->user || !*secret) return CREDENTIALS_EMPTY;
  if (is_challenge(secret) && is_response(extra)) {
    c->challenge = secret;
    c->response = extra;
    return CREDENTIALS_OK;
  }
  c->password = secret;
  if (is_response(secret) && is_challenge(extra)) {
    c->response = secret;
    c->challenge = extra;
  }
  return CREDENTIALS_OK;
}
