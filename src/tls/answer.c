#include "answer.h"

#include <string.h>

#include <skalibs/fmtscan.h>

static int is_printable(char const *s)
{
  for (; *s; s++)
    if (*s < ' ' || *s > '~') return 0;
  return 1;
}

static int text(stralloc *sa, char const *name, char const *value)
{
  if (!value || strlen(value) > ANSWER_VALUE_MAX || !is_printable(value))
    return 1;
  return stralloc_cats(sa, name) && stralloc_append(sa, '=') &&
         stralloc_cats(sa, value) && stralloc_0(sa);
}

static int hex(stralloc *sa, char const *name, struct answer_bytes const *b)
{
  char s[2 * ANSWER_HASH_MAX + 1];

  if (!b->n) return 1;
  s[ucharn_fmt(s, (char const *)b->s, b->n)] = 0;
  return text(sa, name, s);
}

int answer_is_name(char const *s)
{
  size_t n = strlen(s);

  return n && n <= 255 &&
         n == strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-_.");
}

int answer_write(stralloc *sa, struct answer const *a)
{
  char const *sni = a->sni && answer_is_name(a->sni) ? a->sni : 0;

  return text(sa, "SSL_PROTOCOL", a->protocol) &&
         text(sa, "SSL_CIPHER", a->cipher) &&
         text(sa, "SSL_TLS_SNI_SERVERNAME", sni) &&
         text(sa, "SSL_CLIENT_S_DN", a->subject) &&
         hex(sa, "POSTERN_CERT_SHA256", &a->fingerprint) &&
         hex(sa, "POSTERN_TLS_EXPORTER", &a->exporter) &&
         hex(sa, "POSTERN_TLS_ENDPOINT", &a->endpoint) && stralloc_0(sa);
}
