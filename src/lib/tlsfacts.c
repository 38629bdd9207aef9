#include <stdlib.h>
#include <string.h>

#include "tlsfacts.h"

char const *const tlsfacts_names[] = {
    "SSL_PROTOCOL",           "SSL_CIPHER",
    "SSL_TLS_SNI_SERVERNAME", "SSL_CLIENT_S_DN",
    "POSTERN_CERT_SHA256",    "POSTERN_TLS_EXPORTER",
    "POSTERN_TLS_ENDPOINT",   0};

/* The members, in the order of the names. */
static char const **member(struct tlsfacts *f, size_t i)
{
  char const **const all[] = {&f->protocol, &f->cipher,      &f->sni,
                              &f->subject,  &f->fingerprint, &f->exporter,
                              &f->endpoint};
  return all[i];
}

char const *tlsfacts_value(struct tlsfacts const *f, size_t i)
{
  struct tlsfacts copy = *f;
  return *member(&copy, i);
}

static int is_word(char const *s, size_t max)
{
  size_t n = 0;

  while (s[n] > 0x20 && s[n] < 0x7f)
    n++;
  return !s[n] && n <= max;
}

static int is_text(char const *s)
{
  while ((unsigned char)*s >= 0x20 && *s != 0x7f)
    s++;
  return !*s;
}

static int is_hex(char const *s, size_t min, size_t max)
{
  size_t n = strspn(s, "0123456789abcdef");
  return !s[n] && !(n % 2) && n >= min && n <= max;
}

/* Has the value of that name its form?  An empty one may be that of a foreign
   server which does not know, but not of a name that is ours. */
static int is_good(size_t i, char const *s)
{
  switch (i) {
  case 0: return is_word(s, TLSFACTS_PROTOCOL_MAX);
  case 1: return is_word(s, TLSFACTS_CIPHER_MAX);
  case 2: return is_word(s, TLSFACTS_SNI_MAX);
  case 3: return is_text(s);
  case 4:
  case 5: return is_hex(s, 64, 64);
  default: return is_hex(s, 56, 128); /* SHA-224 to SHA-512 */
  }
}

/* 0 if the value is damaged, or there is one already. */
static int take(struct tlsfacts *f, size_t i, char const *s)
{
  char const **m = member(f, i);

  if (*m || !is_good(i, s)) return 0;
  *m = s;
  return 1;
}

/* An item, which ends with its NUL. */
static int take_item(struct tlsfacts *f, char const *s)
{
  size_t len = strcspn(s, "=");

  if (!len || !s[len]) return 0;
  for (size_t i = 0; tlsfacts_names[i]; i++)
    if (!strncmp(s, tlsfacts_names[i], len) && !tlsfacts_names[i][len])
      return take(f, i, s + len + 1);
  return 1;
}

/* What is empty is not known. */
static int finish(struct tlsfacts *f, int good)
{
  for (size_t i = 0; tlsfacts_names[i]; i++)
    if (*member(f, i) && !**member(f, i)) *member(f, i) = 0;
  f->active = 1;
  if (!good) memset(f, 0, sizeof *f);
  return good;
}

int tlsfacts_scan(struct tlsfacts *f, char const *s, size_t n)
{
  size_t i = 0;
  int good = 1;

  memset(f, 0, sizeof *f);
  if (!n || s[n - 1]) return finish(f, 0);
  if (n == 2 && !*s) return finish(f, 1); /* some end nothing twice */
  while (good && i < n - 1 && s[i]) {
    good = take_item(f, s + i);
    i += strlen(s + i) + 1;
  }
  return finish(f, good && i == n - 1);
}

int tlsfacts_env(struct tlsfacts *f)
{
  char const *tls = getenv("POSTERN_TLS"), *proto = getenv("PROTO");
  int good = 1;

  memset(f, 0, sizeof *f);
  if (!(tls && *tls) && !(proto && !strcmp(proto, "SSL"))) return 1;
  for (size_t i = 0; good && tlsfacts_names[i]; i++) {
    char const *s = getenv(tlsfacts_names[i]);
    good = !s || take(f, i, s);
  }
  return finish(f, good);
}
