#include "bundle.h"

#include <errno.h>
#include <string.h>

#include <skalibs/uint32.h>

#define FIELDS 5

/* A length, the bytes, and a NUL. */
static void put(stralloc *sa, char const *s, size_t n)
{
  uint32_pack_big(sa->s + sa->len, (uint32_t)n);
  memcpy(sa->s + sa->len + 4, s, n);
  sa->s[sa->len + 4 + n] = 0;
  sa->len += n + 5;
}

int bundle_add(stralloc *sa, struct bundle_entry const *e)
{
  char const *const s[FIELDS] = {e->name, e->cert.path, e->cert.s, e->key.path,
                                 e->key.s};
  size_t const n[FIELDS] = {strlen(e->name), strlen(e->cert.path), e->cert.n,
                            strlen(e->key.path), e->key.n};
  size_t all = sa->len;

  for (int i = 0; i < FIELDS; i++) {
    if (n[i] > BUNDLE_FILE_MAX || (all += n[i] + 5) > BUNDLE_MAX) {
      errno = EFBIG;
      return 0;
    }
  }
  if (!stralloc_ready(sa, all)) return 0;
  for (int i = 0; i < FIELDS; i++)
    put(sa, n[i] ? s[i] : "", n[i]);
  return 1;
}

/* The field at *pos; text fields hold no NUL but that at their end. */
static int field(char const *s, size_t n, size_t *pos, int text,
                 char const **value, size_t *len)
{
  uint32_t k;

  if (n - *pos < 5) return 0;
  uint32_unpack_big(s + *pos, &k);
  *pos += 4;
  if (k >= n - *pos || k > BUNDLE_FILE_MAX || s[*pos + k]) return 0;
  *value = s + *pos;
  *len = k;
  *pos += k + 1;
  return !text || strlen(*value) == k;
}

int bundle_next(char const *s, size_t n, size_t *pos, struct bundle_entry *e)
{
  size_t len;

  if (*pos == n) return 0;
  if (!field(s, n, pos, 1, &e->name, &len) || len > BUNDLE_NAME_MAX ||
      !field(s, n, pos, 1, &e->cert.path, &len) ||
      !field(s, n, pos, 0, &e->cert.s, &e->cert.n) ||
      !field(s, n, pos, 1, &e->key.path, &len) ||
      !field(s, n, pos, 0, &e->key.s, &e->key.n))
    return -1;
  return 1;
}
