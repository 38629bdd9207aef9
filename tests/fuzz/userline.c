/*
 * A users file.  Its lines cover it; a change changes what was asked for, and
 * what is public holds no secret.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scheme.h"
#include "userdb.h"
#include "userline.h"
#include "users.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static int parse(struct userline const *l, stralloc const *rest, stralloc *sa,
                 struct user *u)
{
  char const *why;
  int r = users_parse(l->name, l->nlen, rest->s, rest->len, sa, u, &why);

  if (r < 0) abort();
  return r;
}

/* Change the line, and parse what comes out. */
static int changed(struct userline const *l, struct userline_change const *c,
                   stralloc *sa, struct user *u)
{
  stralloc rest = STRALLOC_ZERO;
  int r;

  if (!stralloc_ready(&rest, 1)) abort();
  if (!userline_change(&rest, l->rest, l->len, c)) abort();
  r = parse(l, &rest, sa, u);
  stralloc_free(&rest);
  return r;
}

static void check_line(struct userline const *l)
{
  stralloc sa = STRALLOC_ZERO, sb = STRALLOC_ZERO, rest = STRALLOC_ZERO;
  char const *why, *value;
  struct user u, v;

  if (users_parse(l->name, l->nlen, l->rest, l->len, &sa, &u, &why) == 1 &&
      l->len < USERS_LINE_MAX - 100) {
    enum scheme scheme = scheme_parse(u.password, &value, &why);

    if (scheme == SCHEME_CRYPT && scheme_cost(value) > strlen(value)) abort();
    if (!changed(l, &(struct userline_change){"new", 0, 0, -1}, &sb, &v) ||
        strcmp(v.password, "new") || strcmp(v.cram_md5, u.cram_md5) ||
        strcmp(v.scram_sha_256, u.scram_sha_256) ||
        strcmp(v.maildir, u.maildir) || v.disabled != u.disabled)
      abort();
    if (!changed(l, &(struct userline_change){0, "", "", 1}, &sb, &v) ||
        strcmp(v.password, u.password) || *v.cram_md5 || *v.scram_sha_256 ||
        !v.disabled)
      abort();
    if (!changed(l, &(struct userline_change){0, 0, "s", 0}, &sb, &v) ||
        v.disabled || strcmp(v.scram_sha_256, "s") || strcmp(v.home, u.home))
      abort();
    if (!stralloc_ready(&rest, 1)) abort();
    if (!userline_public(&rest, l->rest, l->len)) abort();
    if (!parse(l, &rest, &sb, &v) || *v.password || *v.cram_md5 ||
        *v.scram_sha_256 || strcmp(v.maildir, u.maildir) ||
        v.disabled != u.disabled || v.has_ids != u.has_ids ||
        (u.has_ids && v.uid != u.uid))
      abort();
  }
  stralloc_free(&sa);
  stralloc_free(&sb);
  stralloc_free(&rest);
}

static void count(void *arg, struct userdb_problem const *p)
{
  int *fatal = arg;

  if (!p->line || !p->why) abort();
  *fatal += p->fatal;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  char const *s = (char const *)data;
  struct userline l = {0};
  size_t pos = 0, end = 0;
  int fatal = 0;

  if (userdb_check(s, size, count, &fatal) != fatal) abort();
  while (userline_next(s, size, &pos, &l)) {
    if (l.start < s + end || l.start + l.size != s + pos) abort();
    end = pos;
    if (l.why && !fatal) abort();
    if (!l.why) check_line(&l);
  }
  return pos == size ? 0 : (abort(), 0);
}
