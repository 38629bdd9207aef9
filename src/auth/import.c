#include <string.h>

#include <crypt.h>

#include <skalibs/types.h>

#include "credentials.h"
#include "import.h"
#include "newsecret.h"
#include "scheme.h"
#include "secret.h"
#include "text.h"
#include "userline.h"

enum { PASSWORD, UID, GID, GECOS, HOME, SHELL, EXTRA, FIELDS };

/* vpopmail's flags, in the field gid, that have no like here. */
#define NO_POP 0x2
#define BOUNCE_MAIL 0x10
#define NO_RELAY 0x20
#define NO_SMTP 0x800
#define RESTRICTIONS (NO_POP | BOUNCE_MAIL | NO_RELAY | NO_SMTP)

/* States of a dump; the others know START only. */
enum { START, HEADER_PRINT, HEADER_BYTES, PRINT, BYTES, END, LISTING };

struct slice {
  char const *s;
  size_t n;
};

/* Bad results of import_next, and one of our own: look at the next line. */
enum { NOMEM = -2, BAD = -1, NONE = 0, USER = 1, SKIP = 2 };

static int bad(struct import *i, char const *why)
{
  i->why = why;
  return BAD;
}

static int is(struct slice x, char const *s)
{
  return x.n == strlen(s) && !memcmp(x.s, s, x.n);
}

static int copy(stralloc *sa, char const *s, size_t n)
{
  if (!stralloc_copyb(sa, s, n) || !stralloc_0(sa)) return 0;
  sa->len--;
  return 1;
}

/* The next line, without its LF; 0 at the end. */
static int next_line(struct import *i, struct slice *l)
{
  char const *s = i->s + i->pos, *lf;

  if (i->pos == i->n) return 0;
  lf = memchr(s, '\n', i->n - i->pos);
  *l = (struct slice){s, lf ? (size_t)(lf - s) : i->n - i->pos};
  i->pos += l->n + !!lf;
  i->line = ++i->number;
  return 1;
}

/* --- what is alike for all --- */

static void split(struct slice *f, int fields, char const *s, size_t n)
{
  for (int k = 0; k < fields; k++) {
    char const *colon = n && k < fields - 1 ? memchr(s, ':', n) : 0;

    f[k] = (struct slice){s, colon ? (size_t)(colon - s) : n};
    s += f[k].n + !!colon;
    n -= f[k].n + !!colon;
  }
}

static int is_part(char const *s, size_t n)
{
  return n && !memchr(s, '/', n) && !memchr(s, 0, n) &&
         !(s[0] == '.' && (n == 1 || (n == 2 && s[1] == '.')));
}

/* home/DOMAIN/LOCAL, or home/NAME if there is no domain; 0 with SKIP, or with
   what import_next returns. */
static int make_home(struct import *i, stralloc *home, stralloc const *name)
{
  char const *at = memrchr(name->s, '@', name->len);
  size_t local = at ? (size_t)(at - name->s) : name->len;
  size_t domain = at ? name->len - local - 1 : 0;

  if (!is_part(name->s, local) || (at && !is_part(at + 1, domain)))
    return bad(i, "the name cannot be that of a directory");
  if (!stralloc_copys(home, i->home) || !stralloc_append(home, '/') ||
      (at &&
       (!stralloc_catb(home, at + 1, domain) || !stralloc_append(home, '/'))) ||
      !stralloc_catb(home, name->s, local))
    return NOMEM;
  text_lower(home->s + strlen(i->home), home->len - strlen(i->home));
  return USER;
}

static int join(stralloc *out, struct slice const *f)
{
  out->len = 0;
  for (int k = 0; k < FIELDS; k++)
    if ((k && !stralloc_append(out, ':')) ||
        !stralloc_catb(out, f[k].s, f[k].n))
      return 0;
  return 1;
}

/* The fields, with what they lack, become the rest of the line. */
static int put_rest(struct import *i, struct import_user *u, struct slice *f)
{
  stralloc home = STRALLOC_ZERO;
  int r = USER;

  if (i->uid && !f[UID].n && !f[GID].n) {
    f[UID] = (struct slice){i->uid, strlen(i->uid)};
    f[GID] = (struct slice){i->gid, strlen(i->gid)};
  }
  if (i->home && !f[HOME].n) {
    r = make_home(i, &home, &u->name);
    f[HOME] = (struct slice){home.s, home.len};
  }
  if (r == USER && !join(&u->rest, f)) r = NOMEM;
  stralloc_free(&home);
  return r;
}

/* Why a password field cannot be used, or 0. */
static char const *unusable(char const *field)
{
  char const *value, *why;

  switch (scheme_parse(field, &value, &why)) {
  case SCHEME_BAD: return why;
  case SCHEME_CRYPT: break;
  default: return 0;
  }
  switch (crypt_checksalt(value)) {
  case CRYPT_SALT_OK:
  case CRYPT_SALT_METHOD_LEGACY:
  case CRYPT_SALT_TOO_CHEAP: return 0;
  default: return "not a hash that crypt(3) knows";
  }
}

/* A password field that may be of no use: refused, or emptied. */
static int check_field(struct import *i, struct slice *field)
{
  stralloc sa = STRALLOC_ZERO;
  char const *why;

  if (!copy(&sa, field->s, field->n)) return NOMEM;
  why = unusable(sa.s);
  secret_free(&sa);
  if (!why) return USER;
  if (!i->keep) return bad(i, why);
  field->n = 0;
  return USER;
}

/* A password, as the user types it. */
static int take_password(struct import *i, struct import_user *u,
                         struct slice password)
{
  size_t room = CREDENTIALS_MAX - 3;
  char const *why;

  if (u->name.len >= room) return bad(i, "the user name is too long");
  why = newsecret_unfit(password.s, password.n, room - u->name.len);
  if (why && i->keep) return USER;
  if (why) return bad(i, why);
  return copy(&u->password, password.s, password.n) ? USER : NOMEM;
}

/* --- dovecot --- */

static int next_dovecot(struct import *i, struct import_user *u)
{
  struct userline l = {.number = i->number};
  struct slice f[FIELDS];
  int r;

  if (!userline_next(i->s, i->n, &i->pos, &l)) return NONE;
  i->line = i->number = l.number;
  if (l.why) return bad(i, l.why);
  if (!copy(&u->name, l.name, l.nlen)) return NOMEM;
  split(f, FIELDS, l.rest, l.len);
  r = check_field(i, &f[PASSWORD]);
  return r == USER ? put_rest(i, u, f) : r;
}

/* --- vpopmail --- */

enum {
  V_NAME,
  V_HASH,
  V_UID,
  V_FLAGS,
  V_GECOS,
  V_DIR,
  V_QUOTA,
  V_CLEAR,
  V_ALL
};

static int scan_flags(struct slice x, uint32_t *u)
{
  char s[UINT32_FMT];

  if (x.n >= sizeof s) return 0;
  memcpy(s, x.s, x.n);
  s[x.n] = 0;
  return uint320_scan(s, u);
}

/* Both are kept by vpopmail; they are of the same password, or somebody has
   changed one alone. */
static int agree(char const *hash, char const *password)
{
  struct crypt_data data = {0};
  char const *got = crypt_r(password, hash, &data);
  int r = got && !strcmp(got, hash);

  explicit_bzero(&data, sizeof data);
  return r;
}

static int check_clear(struct import *i, struct import_user *u,
                       struct slice const *v)
{
  stralloc hash = STRALLOC_ZERO;
  int r = take_password(i, u, v[V_CLEAR]);

  if (r != USER || !u->password.len || !v[V_HASH].n) return r;
  if (!copy(&hash, v[V_HASH].s, v[V_HASH].n)) return NOMEM;
  if (!agree(hash.s, u->password.s))
    r = bad(i, "the hash is not that of the password beside it");
  secret_free(&hash);
  return r;
}

static int take_vpasswd(struct import *i, struct import_user *u,
                        struct slice const *v)
{
  struct slice f[FIELDS] = {{"", 0},  {"", 0}, {"", 0}, v[V_GECOS],
                            v[V_DIR], {"", 0}, {"", 0}};
  uint32_t flags;
  int r;

  if (!scan_flags(v[V_FLAGS], &flags)) return bad(i, "gid is not a number");
  if (flags & RESTRICTIONS) {
    if (!i->keep)
      return bad(i, "gid forbids POP3, SMTP or relaying, or mail bounces");
    f[EXTRA] = (struct slice){"nologin", 7};
  }
  if (v[V_CLEAR].n) {
    r = check_clear(i, u, v);
  } else {
    f[PASSWORD] = v[V_HASH];
    r = check_field(i, &f[PASSWORD]);
  }
  return r == USER ? put_rest(i, u, f) : r;
}

static int next_vpopmail(struct import *i, struct import_user *u)
{
  struct slice v[V_ALL], l;
  int colons = 0;

  if (!next_line(i, &l)) return NONE;
  if (!l.n) return SKIP;
  for (size_t k = 0; k < l.n; k++)
    colons += l.s[k] == ':';
  if (colons < V_QUOTA || colons > V_CLEAR)
    return bad(i, "there are not 7 or 8 fields");
  split(v, V_ALL, l.s, l.n);
  if (!v[V_NAME].n || memchr(v[V_NAME].s, '@', v[V_NAME].n))
    return bad(i, "the name is empty, or has a domain");
  if (!stralloc_copyb(&u->name, v[V_NAME].s, v[V_NAME].n) ||
      !stralloc_append(&u->name, '@') ||
      !copy(&u->rest, i->domain, strlen(i->domain)) ||
      !stralloc_catb(&u->name, u->rest.s, u->rest.len + 1))
    return NOMEM;
  u->name.len--;
  return take_vpasswd(i, u, v);
}

/* --- sasldb --- */

static int digit(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex(char const *s, char *c)
{
  int high = digit(s[0]), low = high < 0 ? -1 : digit(s[1]);

  if (low < 0) return 0;
  *c = (char)(high << 4 | low);
  return 1;
}

/* What db_dump wrote: all bytes in hexadecimal, or (-p) some as \hh and the
   backslash as two.  USER, NOMEM, or NONE: it is neither. */
static int decode(stralloc *out, struct slice l, int print)
{
  out->len = 0;
  if (!stralloc_ready(out, l.n + 1)) return NOMEM;
  for (size_t k = 0; k < l.n;) {
    char c = l.s[k];
    int escaped = print && c == '\\' && l.n - k > 1 && l.s[k + 1] == '\\';

    if (escaped) {
      k += 2;
    } else if (!print || c == '\\') {
      size_t from = k + !!print;

      if (l.n - k < 2 + (size_t) !!print || !hex(l.s + from, &c)) return 0;
      k = from + 2;
    } else {
      k++;
    }
    out->s[out->len++] = c;
  }
  out->s[out->len] = 0;
  return 1;
}

static int put_name(struct import_user *u, struct slice user,
                    struct slice realm)
{
  if (!stralloc_copyb(&u->name, user.s, user.n) ||
      (realm.n && (!stralloc_append(&u->name, '@') ||
                   !stralloc_catb(&u->name, realm.s, realm.n))) ||
      !stralloc_0(&u->name))
    return 0;
  u->name.len--;
  return 1;
}

static int put_nothing(struct import *i, struct import_user *u)
{
  struct slice f[FIELDS];

  split(f, FIELDS, "", 0);
  return put_rest(i, u, f);
}

/* The key: user, realm and property with NULs between. */
static int take_key(struct import *i, struct import_user *u,
                    stralloc const *key)
{
  char const *nul = memchr(key->s, 0, key->len);
  struct slice user = {key->s, nul ? (size_t)(nul - key->s) : 0}, realm, what;
  size_t left = nul ? key->len - user.n - 1 : 0;

  nul = left ? memchr(key->s + user.n + 1, 0, left) : 0;
  if (!nul) return bad(i, "the key is not user, realm and property");
  realm.s = key->s + user.n + 1;
  realm.n = (size_t)(nul - realm.s);
  what.s = nul + 1;
  what.n = left - realm.n - 1;
  if (!is(what, "userPassword"))
    return i->keep ? SKIP : bad(i, "a property that is not userPassword");
  if (!user.n) return bad(i, "there is no user name");
  if (memchr(user.s, '@', user.n) && realm.n)
    return bad(i, "an @ in the name, and a realm");
  return put_name(u, user, realm) ? USER : NOMEM;
}

static int take_pair(struct import *i, struct import_user *u, struct slice k,
                     struct slice v, int print)
{
  stralloc sa = STRALLOC_ZERO;
  int r = decode(&sa, k, print);

  if (r > 0)
    r = take_key(i, u, &sa);
  else if (!r)
    r = bad(i, "not what db_dump writes");
  if (r == USER) {
    r = decode(&sa, v, print);
    if (r > 0)
      r = take_password(i, u, (struct slice){sa.s, sa.len});
    else if (!r)
      r = bad(i, "not what db_dump writes");
  }
  secret_free(&sa);
  return r == USER ? put_nothing(i, u) : r;
}

static int in_header(struct import *i, struct slice l)
{
  if (is(l, "format=print"))
    i->state = HEADER_PRINT;
  else if (is(l, "format=bytevalue"))
    i->state = HEADER_BYTES;
  else if (l.n > 7 && !memcmp(l.s, "format=", 7))
    return bad(i, "unknown format");
  else if (is(l, "HEADER=END"))
    i->state = i->state == HEADER_PRINT ? PRINT : BYTES;
  return SKIP;
}

static int in_data(struct import *i, struct import_user *u, struct slice l)
{
  int print = i->state == PRINT;
  struct slice v;

  if (is(l, "DATA=END")) {
    i->state = END;
    return SKIP;
  }
  if (!l.n || l.s[0] != ' ' || !next_line(i, &v) || !v.n || v.s[0] != ' ') {
    i->state = END;
    i->pos = i->n;
    return bad(i, "not what db_dump writes");
  }
  i->line--;
  return take_pair(i, u, (struct slice){l.s + 1, l.n - 1},
                   (struct slice){v.s + 1, v.n - 1}, print);
}

/* user@realm: property */
static int in_listing(struct import *i, struct import_user *u, struct slice l)
{
  char const *colon = memrchr(l.s, ':', l.n);
  size_t n = colon ? (size_t)(colon - l.s) : 0;

  if (!l.n) return SKIP;
  if (!n || l.n - n < 3 || colon[1] != ' ')
    return bad(i, "neither db_dump nor sasldblistusers2 writes that");
  if (!i->keep) return bad(i, "no password in a listing: db_dump -p prints it");
  if (!is((struct slice){colon + 2, l.n - n - 2}, "userPassword")) return SKIP;
  if (!put_name(u, (struct slice){l.s, n}, (struct slice){"", 0})) return NOMEM;
  return put_nothing(i, u);
}

static int next_sasldb(struct import *i, struct import_user *u)
{
  struct slice l;

  if (!next_line(i, &l)) {
    if (i->state == START || i->state == LISTING || i->state == END)
      return NONE;
    i->state = END;
    i->line = i->number;
    return bad(i, "the end is missing");
  }
  switch (i->state) {
  case START:
    i->state = is(l, "VERSION=3") ? HEADER_BYTES : LISTING;
    return i->state == LISTING ? in_listing(i, u, l) : SKIP;
  case LISTING: return in_listing(i, u, l);
  case HEADER_PRINT:
  case HEADER_BYTES: return in_header(i, l);
  case END: i->pos = i->n; return bad(i, "something follows the end");
  default: return in_data(i, u, l);
  }
}

/* --- all --- */

enum import_format import_find(char const *name)
{
  static char const *const names[] = {
      [IMPORT_DOVECOT] = "dovecot",
      [IMPORT_SASLDB] = "sasldb",
      [IMPORT_VPOPMAIL] = "vpopmail",
  };

  for (int k = IMPORT_DOVECOT; k <= IMPORT_VPOPMAIL; k++)
    if (!strcmp(name, names[k])) return (enum import_format)k;
  return IMPORT_NONE;
}

static int next(struct import *i, struct import_user *u)
{
  switch (i->format) {
  case IMPORT_DOVECOT: return next_dovecot(i, u);
  case IMPORT_SASLDB: return next_sasldb(i, u);
  case IMPORT_VPOPMAIL: return next_vpopmail(i, u);
  case IMPORT_NONE: break;
  }
  return NONE;
}

int import_next(struct import *i, struct import_user *u)
{
  int r;

  do {
    u->name.len = u->password.len = u->rest.len = 0;
    r = next(i, u);
  } while (r == SKIP);
  return r;
}

void import_free(struct import_user *u)
{
  stralloc_free(&u->name);
  secret_free(&u->password);
  secret_free(&u->rest);
}
