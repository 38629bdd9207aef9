#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <skalibs/types.h>

#include "text.h"
#include "users.h"

#define CRAM_HEX 64 /* a context: two MD5 states of 16 bytes each */

enum { PASSWORD, UID, GID, GECOS, HOME, SHELL, EXTRA, FIELDS };

/* What Dovecot would let in, or keep out, by a rule that is not ours. */
static char const *const not_honoured[] = {
    "allow_nets",
    "allow_real_nets",
    "nopassword",
    "proxy",
};

static int is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

static char const *check_bytes(char const *name, size_t nlen, char const *line,
                               size_t len)
{
  if (!nlen) return "there is no user name";
  if (nlen > USERS_NAME_MAX) return "the user name is too long";
  if (len > USERS_LINE_MAX) return "the line is too long";
  if (*name == '#') return "the user name begins with #";
  for (size_t i = 0; i < nlen; i++)
    if (name[i] == ' ' || name[i] == ':' || is_control((unsigned char)name[i]))
      return "a blank, a colon or a control byte in the user name";
  for (size_t i = 0; i < len; i++)
    if (is_control((unsigned char)line[i])) return "a control byte in the line";
  return 0;
}

/* Decimal, no sign, no leading zero; neither root nor "no change". */
static int scan_id(char const *s, uint32_t *id)
{
  return *s != '0' && uint320_scan(s, id) && *id != UINT32_MAX;
}

static char const *take_ids(char *const *f, struct user *u)
{
  uint32_t uid, gid;

  u->has_ids = 0;
  if (!*f[UID] && !*f[GID]) return 0;
  if (!scan_id(f[UID], &uid)) return "uid is not a number from 1";
  if (!scan_id(f[GID], &gid)) return "gid is not a number from 1";
  u->uid = (uid_t)uid;
  u->gid = (gid_t)gid;
  u->has_ids = 1;
  return 0;
}

/* NAME or NAME=VALUE in a blank-separated list; the value, or 0 if s is
   another field. */
static char *value_of(char *s, char const *name)
{
  size_t n = strlen(name);

  if (strncmp(s, name, n) || (s[n] && s[n] != '=')) return 0;
  return s[n] ? s + n + 1 : s + n;
}

static char const *take_mail(char *value, char **mail)
{
  if (strncmp(value, "maildir:", 8)) return "mail is not maildir:PATH";
  value += 8;
  if (strchr(value, '%')) return "mail holds a % variable";
  value[strcspn(value, ":")] = 0; /* :INDEX=... is Dovecot's own */
  if (*value != '/' && strncmp(value, "~/", 2) && strcmp(value, "~"))
    return "mail is neither an absolute path nor below ~";
  *mail = value;
  return 0;
}

static char const *take_cram(char const *value, struct user *u)
{
  if (strlen(value) != CRAM_HEX || strspn(value, "0123456789abcdef") < CRAM_HEX)
    return "cram_md5 is not 64 lower-case hexadecimal digits";
  u->cram_md5 = value;
  return 0;
}

static char const *take_scram(char const *value, struct user *u)
{
  if (!*value) return "scram_sha_256 is empty";
  u->scram_sha_256 = value;
  return 0;
}

static char const *take_extra(char *s, struct user *u, char **mail)
{
  char *v;

  if ((v = value_of(s, "mail")) || (v = value_of(s, "userdb_mail")))
    return *mail ? "mail is given twice" : take_mail(v, mail);
  if ((v = value_of(s, "cram_md5")))
    return *u->cram_md5 ? "cram_md5 is given twice" : take_cram(v, u);
  if ((v = value_of(s, "scram_sha_256")))
    return *u->scram_sha_256 ? "scram_sha_256 is given twice"
                             : take_scram(v, u);
  if (value_of(s, "nologin")) u->disabled = 1;
  for (size_t i = 0; i < sizeof not_honoured / sizeof *not_honoured; i++)
    if (value_of(s, not_honoured[i]))
      return "allow_nets, allow_real_nets, nopassword and proxy are not "
             "honoured here";
  return 0;
}

static char const *take_extras(char *s, struct user *u, char **mail)
{
  while (*s) {
    char const *why;
    char *end = s + strcspn(s, " ");

    if (*end) *end++ = 0;
    if (*s && (why = take_extra(s, u, mail))) return why;
    s = end;
  }
  return 0;
}

/* Where the mail is, at to, which has room. */
static char const *set_maildir(char *to, struct user *u, char const *mail)
{
  u->maildir = "";
  if (!mail && !*u->home) return 0;
  if (!mail) mail = "~/Maildir";
  u->maildir = to;
  if (*mail == '~') {
    if (!*u->home) return "mail is below ~, and there is no home";
    to = stpcpy(to, u->home);
    mail++;
  }
  strcpy(to, mail);
  return 0;
}

static void split(char *s, char **f)
{
  for (int i = PASSWORD; i < FIELDS; i++) {
    f[i] = s;
    s += i == EXTRA ? strlen(s) : strcspn(s, ":");
    if (*s) *s++ = 0;
  }
}

int users_parse(char const *name, size_t nlen, char const *line, size_t len,
                stralloc *sa, struct user *u, char const **why)
{
  char *f[FIELDS], *mail = 0;

  *why = check_bytes(name, nlen, line, len);
  if (*why) return 0;
  sa->len = 0;
  if (!stralloc_ready(sa, nlen + 2 * len + sizeof "/Maildir" + 2)) return -1;
  memcpy(sa->s, name, nlen);
  sa->s[nlen] = 0;
  text_lower(sa->s, nlen);
  memcpy(sa->s + nlen + 1, line, len);
  sa->s[nlen + 1 + len] = 0;
  sa->len = nlen + len + 2;

  split(sa->s + nlen + 1, f);
  *u = (struct user){.name = sa->s,
                     .password = f[PASSWORD],
                     .cram_md5 = "",
                     .scram_sha_256 = "",
                     .home = f[HOME],
                     .shell = f[SHELL]};
  *why = take_ids(f, u);
  if (*why) return 0;
  if (*u->home && *u->home != '/') {
    *why = "home is not absolute";
    return 0;
  }
  *why = take_extras(f[EXTRA], u, &mail);
  if (!*why) *why = set_maildir(sa->s + sa->len, u, mail);
  if (*why) return 0;
  if (*u->maildir) sa->len += strlen(u->maildir) + 1;
  return 1;
}

int users_find(cdbmap const *m, char const *name, size_t len, stralloc *sa,
               struct user *u)
{
  char key[USERS_NAME_MAX];
  char const *data, *why;
  size_t dlen;
  int r;

  /* a name with a colon is no user's: such keys mean something else */
  if (!len || len > sizeof key || memchr(name, ':', len)) return 0;
  memcpy(key, name, len);
  text_lower(key, len);
  r = cdbmap_find(m, key, len, &data, &dlen);
  if (r <= 0) return r;
  r = users_parse(key, len, data, dlen, sa, u, &why);
  if (!r) errno = EPROTO;
  return r > 0 ? 1 : -1;
}
