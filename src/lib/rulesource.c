#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>
#include <skalibs/uint64.h>

#include "rulesource.h"
#include "text.h"
#include "whole.h"

#define MAGIC "postern-lines 1 "

/* FNV-1a's step, on eight bytes at a time; the last are padded with zeros. */
static uint64_t mix(uint64_t sum, char const *s, size_t n)
{
  while (n) {
    char eight[8] = {0};
    size_t take = n < sizeof eight ? n : sizeof eight;
    uint64_t u;

    memcpy(eight, s, take);
    uint64_unpack(eight, &u);
    sum = (sum ^ u) * 0x100000001b3u;
    sum ^= sum >> 32;
    s += take;
    n -= take;
  }
  return sum;
}

uint64_t rulesource_sum(uint64_t sum, char const *key, size_t klen,
                        char const *data, size_t dlen)
{
  char len[8];

  for (unsigned int i = 0; i < 4; i++) {
    len[i] = (char)(klen >> 8 * i);
    len[4 + i] = (char)(dlen >> 8 * i);
  }
  return mix(mix(mix(sum, len, sizeof len), key, klen), data, dlen);
}

/* "MAGIC SIZE SECONDS NANOSECONDS SUM " */
static int identity(stralloc *sa, struct stat const *cdb, uint64_t sum)
{
  char fmt[UINT64_FMT];

  return stralloc_cats(sa, MAGIC) &&
         stralloc_catb(sa, fmt, uint64_fmt(fmt, (uint64_t)cdb->st_size)) &&
         stralloc_append(sa, ' ') &&
         stralloc_catb(sa, fmt, int64_fmt(fmt, cdb->st_mtim.tv_sec)) &&
         stralloc_append(sa, ' ') &&
         stralloc_catb(sa, fmt,
                       uint64_fmt(fmt, (uint64_t)cdb->st_mtim.tv_nsec)) &&
         stralloc_append(sa, ' ') &&
         stralloc_catb(sa, fmt, uint64_xfmt(fmt, sum)) &&
         stralloc_append(sa, ' ');
}

int rulesource_start(stralloc *sa, struct stat const *cdb, uint64_t sum,
                     char const *source)
{
  size_t n = strlen(source);

  if (!identity(sa, cdb, sum) || !stralloc_readyplus(sa, 4 * n + 3)) return 0;
  sa->len += text_escape(sa->s + sa->len, 4 * n + 3, source, n);
  return stralloc_append(sa, '\n');
}

int rulesource_add(stralloc *sa, uint32_t line, char const *key, size_t klen)
{
  size_t n;

  if (memchr(key, '\n', klen)) return 1;
  if (!stralloc_readyplus(sa, UINT32_FMT + klen + 2)) return 0;
  n = uint32_fmt(sa->s + sa->len, line);
  sa->len += n;
  sa->s[sa->len++] = ' ';
  memcpy(sa->s + sa->len, key, klen);
  sa->len += klen;
  sa->s[sa->len++] = '\n';
  return 1;
}

/* Does the line at s, which ends before end, hold key?  Its number's length,
   or 0. */
static size_t holds(char const *s, char const *end, char const *key,
                    size_t klen)
{
  size_t n = 0;

  while (s + n < end && s[n] >= '0' && s[n] <= '9')
    n++;
  if (s + n == end || s[n] != ' ' || (size_t)(end - s) - n - 1 != klen)
    return 0;
  return memcmp(s + n + 1, key, klen) ? 0 : n;
}

/* Append source, colon and the number of the line with key. */
static int search(char const *s, char const *end, char const *source,
                  size_t slen, char const *key, size_t klen, stralloc *where)
{
  char const *nl;

  for (; (nl = memchr(s, '\n', (size_t)(end - s))); s = nl + 1) {
    size_t n = holds(s, nl, key, klen);

    if (!n) continue;
    if (stralloc_catb(where, source, slen) && stralloc_append(where, ':') &&
        stralloc_catb(where, s, n))
      return 1;
    return -1;
  }
  return 0;
}

int rulesource_find(char const *s, size_t n, struct stat const *cdb,
                    uint64_t sum, char const *key, size_t klen, stralloc *where)
{
  stralloc id = STRALLOC_ZERO;
  char const *nl = memchr(s, '\n', n);
  int r = identity(&id, cdb, sum) ? 0 : -1;

  if (!r && nl && id.len <= (size_t)(nl - s) && !memcmp(s, id.s, id.len))
    r = search(nl + 1, s + n, s + id.len, (size_t)(nl - s) - id.len, key, klen,
               where);
  stralloc_free(&id);
  return r;
}

static int read_table(char const *path, stralloc *table)
{
  stralloc name = STRALLOC_ZERO;
  int fd = -1, r = 0;

  if (stralloc_cats(&name, path) &&
      stralloc_catb(&name, RULESOURCE_SUFFIX, sizeof RULESOURCE_SUFFIX))
    fd = open(name.s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0) {
    r = whole_read(fd, table, RULESOURCE_MAX);
    close(fd);
  }
  stralloc_free(&name);
  return r;
}

int rulesource_where(char const *path, struct stat const *cdb, cdbmap const *m,
                     char const *key, size_t klen, stralloc *where)
{
  stralloc table = STRALLOC_ZERO;
  uint64_t sum = RULESOURCE_SUM;
  char const *k, *data;
  size_t n, dlen;
  uint32_t pos = 0;
  int r = 0;

  if (read_table(path, &table)) {
    while (cdbmap_next(m, &pos, &k, &n, &data, &dlen) > 0)
      sum = rulesource_sum(sum, k, n, data, dlen);
    r = rulesource_find(table.s, table.len, cdb, sum, key, klen, where);
  }
  stralloc_free(&table);
  return r;
}
