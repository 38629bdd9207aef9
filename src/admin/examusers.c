#include "examusers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include "domains.h"
#include "text.h"
#include "users.h"

#define DOMAINS_TOLD 64 /* domains that a finding is made for */
#define KEY_MAX (USERS_NAME_MAX + 1)

/* --- lines --- */

struct line {
  size_t number;
  char const *s;
  size_t n;
};

/* The next one that says something. */
static int next(struct exam_text const *t, size_t *pos, struct line *l)
{
  while (*pos < t->n) {
    char const *s = t->s + *pos, *nl = memchr(s, '\n', t->n - *pos);
    size_t n = nl ? (size_t)(nl - s) : t->n - *pos;

    *pos += n + (nl != 0);
    l->number++;
    if (n && s[n - 1] == '\r') n--;
    if (!n || *s == '#') continue;
    l->s = s;
    l->n = n;
    return 1;
  }
  return 0;
}

/* --- users --- */

static void recompile(struct findings *f, struct exam_users const *x)
{
  if (!x->source.path || !x->users.path || !x->mailboxes.path)
    finding_hint(f, "compile the users with postern-passwd");
  else
    COMMAND(f, "postern-passwd compile % % %", x->source.path, x->users.path,
            x->mailboxes.path);
}

static char const *fault(struct line const *l, size_t nlen)
{
  stralloc sa = STRALLOC_ZERO;
  char const *why = 0;
  struct user u;

  if (nlen == l->n) return "there is no colon";
  if (users_parse(l->s, nlen, l->s + nlen + 1, l->n - nlen - 1, &sa, &u,
                  &why) != 0)
    why = 0;
  if (sa.s) explicit_bzero(sa.s, sa.a);
  stralloc_free(&sa);
  return why;
}

/* 1 if the records are of that line. */
static int is_compiled(struct exam_users const *x, struct line const *l,
                       size_t nlen)
{
  char key[USERS_NAME_MAX];
  char const *data;
  size_t n;

  memcpy(key, l->s, nlen);
  text_lower(key, nlen);
  if (x->mailboxes.m && cdbmap_find(x->mailboxes.m, key, nlen, &data, &n) != 1)
    return 0;
  return !x->users.m ||
         (cdbmap_find(x->users.m, key, nlen, &data, &n) == 1 &&
          n == l->n - nlen - 1 && !memcmp(data, l->s + nlen + 1, n));
}

/* The number of users, or -1 if something was found. */
static long sources(struct findings *f, struct exam_users const *x)
{
  struct line l = {0};
  size_t pos = 0;
  long users = 0;

  while (next(&x->source, &pos, &l)) {
    char const *colon = memchr(l.s, ':', l.n);
    size_t nlen = colon ? (size_t)(colon - l.s) : l.n;
    char const *why = fault(&l, nlen);
    struct place at = {x->source.path, l.number};

    if (why) {
      FINDING(f, FAULT, at, "the users cannot be compiled: ", why, "");
      finding_hint(f, "mend the line, and compile with postern-passwd");
      return -1;
    }
    users++;
    if (is_compiled(x, &l, nlen)) continue;
    FINDING(f, FAULT, at, "not what was compiled, which is in force");
    recompile(f, x);
    return -1;
  }
  return users;
}

/* Keys with a colon before are the compiler's own. */
static long count(cdbmap const *m)
{
  char const *key, *data;
  uint32_t pos = 0;
  size_t klen, dlen;
  long n = 0;

  while (cdbmap_next(m, &pos, &key, &klen, &data, &dlen) == 1)
    n += klen && *key != ':';
  return n;
}

static void more(struct findings *f, struct exam_users const *x,
                 struct exam_cdb const *cdb, long users)
{
  if (!cdb->m || count(cdb->m) == users) return;
  FINDING(f, FAULT, ((struct place){cdb->path, 0}), "has users who are not in ",
          x->source.path, "");
  recompile(f, x);
}

static void passwords(struct findings *f, struct exam_users const *x)
{
  char const *key, *data;
  uint32_t pos = 0;
  size_t klen, dlen;

  while (cdbmap_next(x->mailboxes.m, &pos, &key, &klen, &data, &dlen) == 1) {
    if (!dlen || *data == ':') continue;
    FINDING(f, DANGER, ((struct place){x->mailboxes.path, 0}),
            "holds passwords, and is for everybody");
    recompile(f, x);
    return;
  }
}

void exam_users(struct findings *f, struct exam_users const *x)
{
  if (x->source.path) {
    long users = sources(f, x);

    if (users >= 0) {
      more(f, x, &x->users, users);
      more(f, x, &x->mailboxes, users);
    }
  }
  if (x->mailboxes.m) passwords(f, x);
}

void exam_maildirs(cdbmap const *m, int (*see)(struct user const *, void *),
                   void *data)
{
  stralloc sa = STRALLOC_ZERO;
  char const *key, *value, *why;
  uint32_t pos = 0;
  size_t klen, dlen;
  struct user u;

  while (cdbmap_next(m, &pos, &key, &klen, &value, &dlen) == 1) {
    if (!klen || *key == ':' ||
        users_parse(key, klen, value, dlen, &sa, &u, &why) != 1 || !*u.maildir)
      continue;
    if (!see(&u, data)) break;
  }
  if (sa.s) explicit_bzero(sa.s, sa.a);
  stralloc_free(&sa);
}

/* --- domains --- */

struct domains {
  struct findings *f;
  struct exam_domains const *x;
  stralloc list; /* of rcpthosts, as control_list makes it */
  stralloc told; /* domains that a finding is made for, each with its NUL */
  size_t ntold;
  stralloc has; /* domains where somebody has a mailbox or an alias */
  char first[KEY_MAX];
  struct aliases aliases;
  int none;   /* nothing is ours */
  int broken; /* what the aliases say is not known */
};

static int is_told(stralloc const *told, char const *s, size_t n)
{
  size_t i = 0;

  for (; i < told->len; i += strlen(told->s + i) + 1)
    if (text_equal(told->s + i, strlen(told->s + i), s, n)) return 1;
  return 0;
}

static int tell(stralloc *told, char const *s, size_t n)
{
  return stralloc_catb(told, s, n) && stralloc_0(told);
}

/* Control files drop blanks at the end of a line. */
static int make_list(struct domains *d)
{
  struct line l = {0};
  size_t pos = 0;

  while (next(&d->x->rcpthosts, &pos, &l)) {
    while (l.n && (l.s[l.n - 1] == ' ' || l.s[l.n - 1] == '\t'))
      l.n--;
    if (!tell(&d->list, l.s, l.n)) return 0;
  }
  return 1;
}

static int is_ours(struct domains const *d, char const *s, size_t n)
{
  return domains_match(d->list.s, d->list.len, s, n) ||
         (d->x->more.m && domains_match_cdb(d->x->more.m, s, n) == 1);
}

static void path(stralloc *sa, struct exam_domains const *x, char const *name)
{
  sa->len = 0;
  if (!stralloc_cats(sa, x->control) || !stralloc_append(sa, '/') ||
      !stralloc_cats(sa, name) || !stralloc_0(sa))
    sa->len = 0;
}

/* Somebody gets mail there, s of n bytes: is it taken? */
static void local(struct domains *d, char const *s, size_t n)
{
  char const *at = memrchr(s, '@', n);
  stralloc file = STRALLOC_ZERO;
  char domain[DOMAINS_HOST_MAX + 1], name[KEY_MAX];
  size_t len = at ? (size_t)(s + n - at - 1) : 0;

  if (!len || len > DOMAINS_HOST_MAX || n > USERS_NAME_MAX) return;
  memcpy(domain, at + 1, len);
  domain[len] = 0;
  memcpy(name, s, n);
  name[n] = 0;
  if (!*d->first && at > s) memcpy(d->first, name, n + 1);
  if (!is_told(&d->has, domain, len) && !tell(&d->has, domain, len))
    d->f->nomem = 1;
  if (d->none || is_ours(d, domain, len) || is_told(&d->told, domain, len) ||
      d->ntold == DOMAINS_TOLD)
    return;
  d->ntold++;
  if (!tell(&d->told, domain, len)) d->f->nomem = 1;
  path(&file, d->x, "rcpthosts");
  if (file.len) {
    FINDING(d->f, FAULT, ((struct place){file.s, 0}), "mail for ", domain,
            " is refused, though there is ", name, "");
    COMMAND(d->f, "echo % >>%", domain, file.s);
  }
  stralloc_free(&file);
}

static void users(struct domains *d)
{
  char const *key, *data;
  uint32_t pos = 0;
  size_t klen, dlen;

  while (cdbmap_next(d->x->mailboxes.m, &pos, &key, &klen, &data, &dlen) == 1)
    if (klen && *key != ':') local(d, key, klen);
}

/* --- aliases --- */

static int exists(char const *s, size_t n, void *data)
{
  struct domains const *d = data;
  char const *value;
  size_t len;
  char key[KEY_MAX];

  if (!n || n >= sizeof key) return 0;
  memcpy(key, s, n);
  text_lower(key, n);
  return cdbmap_find(d->x->mailboxes.m, key, n, &value, &len);
}

/* Where s leads, among our own domains, and nobody is: the first of them. */
static char const *lost(struct domains *d, char const *s, size_t n,
                        stralloc *unknown, enum aliases_result *r)
{
  stralloc found = STRALLOC_ZERO;
  size_t i = 0;

  unknown->len = 0;
  *r = aliases_expand(&d->aliases, s, n, exists, d, &found, unknown);
  stralloc_free(&found);
  if (*r != ALIASES_OK) return 0;
  for (; i < unknown->len; i += strlen(unknown->s + i) + 1) {
    char const *at = strrchr(unknown->s + i, '@');

    if (!at || is_ours(d, at + 1, strlen(at + 1))) return unknown->s + i;
  }
  return 0;
}

static void alias(struct domains *d, struct line const *l)
{
  struct place at = {d->x->aliases.path, l->number};
  char const *colon = memchr(l->s, ':', l->n), *whom;
  stralloc unknown = STRALLOC_ZERO;
  enum aliases_result r;
  size_t n = colon ? (size_t)(colon - l->s) : 0;

  while (n && (l->s[n - 1] == ' ' || l->s[n - 1] == '\t'))
    n--;
  if (!n) return;
  local(d, l->s, n);
  whom = lost(d, l->s, n, &unknown, &r);
  if (r == ALIASES_LOOP) {
    FINDING(d->f, FAULT, at, "an alias of itself, by way of another");
    finding_hint(d->f, "break the circle");
  } else if (whom && *l->s != '@') {
    FINDING(d->f, FAULT, at, "leads to ", whom, ", and there is nobody");
    finding_hint(d->f, "name somebody who has a mailbox");
  }
  stralloc_free(&unknown);
}

static void aliases(struct domains *d)
{
  struct exam_text const *t = &d->x->aliases;
  struct aliases_error e;
  struct line l = {0};
  size_t pos = 0;

  switch (aliases_parse(&d->aliases, t->s, t->n, &e)) {
  case 1: break;
  case 0:
    d->broken = 1;
    FINDING(d->f, FAULT, ((struct place){t->path, e.line}), "", e.why, "");
    finding_hint(d->f, "mend the line; until then every delivery is deferred");
    return;
  default: d->f->nomem = 1; return;
  }
  while (next(t, &pos, &l))
    alias(d, &l);
}

/* --- what rcpthosts says --- */

static void postmaster(struct domains *d, struct place at, char const *domain)
{
  stralloc name = STRALLOC_ZERO, unknown = STRALLOC_ZERO;
  enum aliases_result r;

  if (stralloc_cats(&name, "postmaster@") && stralloc_cats(&name, domain) &&
      lost(d, name.s, name.len, &unknown, &r) && stralloc_0(&name)) {
    FINDING(d->f, ADVICE, at, "nobody gets mail for ", name.s,
            ", which RFC 5321 wants");
    if (*d->first && d->x->aliases.path) {
      stralloc line = STRALLOC_ZERO;

      if (stralloc_cats(&line, name.s) && stralloc_cats(&line, ": ") &&
          stralloc_cats(&line, d->first) && stralloc_0(&line))
        COMMAND(d->f, "echo % >>%", line.s, d->x->aliases.path);
      stralloc_free(&line);
    } else
      finding_hint(d->f, "give it to somebody with an alias");
  }
  stralloc_free(&name);
  stralloc_free(&unknown);
}

static void item(struct domains *d, struct line const *l)
{
  struct place at = {d->x->rcpthosts.path, l->number};
  char domain[DOMAINS_HOST_MAX + 1];
  size_t n = l->n;

  while (n && (l->s[n - 1] == ' ' || l->s[n - 1] == '\t'))
    n--;
  if (!n || n > DOMAINS_HOST_MAX) return;
  memcpy(domain, l->s, n);
  domain[n] = 0;
  text_lower(domain, n);
  if (*domain == '.') {
    if (strchr(domain + 1, '.')) return;
    FINDING(d->f, DANGER, at, "anybody may send through here to everybody in ",
            domain, "");
    finding_hint(d->f, "name the domains whose mail is taken here");
  } else if (!d->x->mailboxes.m || d->broken) {
    return;
  } else if (!is_told(&d->has, domain, n)) {
    FINDING(d->f, ADVICE, at, "nobody has a mailbox or an alias in ", domain,
            "");
    finding_hint(d->f, "add a user or an alias, or take the line out");
  } else {
    postmaster(d, at, domain);
  }
}

static void hosts(struct domains *d)
{
  struct line l = {0};
  size_t pos = 0;

  while (next(&d->x->rcpthosts, &pos, &l))
    item(d, &l);
}

static void no_hosts(struct domains *d)
{
  stralloc file = STRALLOC_ZERO;
  char const *domain = d->has.len ? d->has.s : d->x->me;

  path(&file, d->x, "rcpthosts");
  if (file.len) {
    FINDING(d->f, FAULT, ((struct place){file.s, 0}),
            d->x->rcpthosts.path ? "is empty: mail for nobody is taken"
                                 : "is missing: mail for nobody is taken");
    if (domain)
      COMMAND(d->f, "echo % >>%", domain, file.s);
    else
      finding_hint(d->f, "name the domains whose mail is taken here");
  }
  stralloc_free(&file);
}

static void more_hosts(struct domains *d)
{
  struct exam_domains const *x = d->x;
  struct line l = {0};
  size_t pos = 0;

  while (x->more_source.path && next(&x->more_source, &pos, &l))
    if (!x->more.m || domains_match_cdb(x->more.m, l.s, l.n) != 1) {
      FINDING(d->f, FAULT, ((struct place){x->more_source.path, l.number}),
              "not in morercpthosts.cdb, which is in force");
      finding_hint(d->f, "compile it anew, with qmail-newmrh");
      return;
    }
}

void exam_domains(struct findings *f, struct exam_domains const *x)
{
  struct domains d = {.f = f, .x = x};

  if (!make_list(&d)) f->nomem = 1;
  d.none = !d.list.len && (!x->rcpthosts.path || !x->more.m);
  if (x->mailboxes.m) {
    users(&d);
    if (x->aliases.path) aliases(&d);
  }
  if (d.none)
    no_hosts(&d);
  else
    hosts(&d);
  more_hosts(&d);
  stralloc_free(&d.list);
  stralloc_free(&d.told);
  stralloc_free(&d.has);
  aliases_free(&d.aliases);
}

/* --- control files --- */

void exam_control(struct findings *f, char const *why)
{
  char const *colon = strstr(why, ": ");
  size_t n = colon ? (size_t)(colon - why) : 0, line = 0, digits;
  char *file = strndup(why, n), *last;

  if (!file) {
    f->nomem = 1;
    return;
  }
  last = strrchr(file, ':');
  digits = last ? strspn(last + 1, "0123456789") : 0;
  if (digits && !last[1 + digits] && size_scan(last + 1, &line)) *last = 0;
  why = colon ? colon + 2 : why;
  if (!strcmp(why, strerror(EACCES))) {
    finding_unseen(f, ((struct place){file, 0}), why);
  } else {
    FINDING(f, FAULT, ((struct place){file, line}),
            "not understood, so that every client is refused: ", why, "");
    finding_hint(f, "see postern-control(5)");
  }
  free(file);
}
