#include <string.h>

#include "addr.h"
#include "mailbox.h"
#include "text.h"

static int is_alnum(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

static int is_atext(char c)
{
  return is_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Length of the valid UTF-8 sequence beyond ASCII at s, or 0. */
static size_t utf8_length(char const *s, size_t n)
{
  unsigned char const *u = (unsigned char const *)s;
  unsigned long c;
  size_t len;

  if (!n || u[0] < 0xc2 || u[0] > 0xf4) return 0;
  len = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
  if (n < len) return 0;
  c = u[0] & (0xffu >> (len + 1));
  for (size_t i = 1; i < len; i++) {
    if ((u[i] & 0xc0) != 0x80) return 0;
    c = c << 6 | (u[i] & 0x3f);
  }
  if (c < 0xa0) return 0; /* overlong, or a C1 control */
  if (len == 3 && (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))) return 0;
  if (len == 4 && (c < 0x10000 || c > 0x10ffff)) return 0;
  if (c == 0x2028 || c == 0x2029) return 0; /* line, paragraph separator */
  return len;
}

int mailbox_is_utf8(char const *s, size_t n)
{
  for (size_t i = 0; i < n;) {
    size_t l = s[i] >= ' ' && s[i] < 127 ? 1 : utf8_length(s + i, n - i);

    if (!l) return 0;
    i += l;
  }
  return 1;
}

/* What is parsed, and where it goes. */
struct scan {
  char const *s;
  size_t n;
  size_t pos;
  struct mailbox *m;
};

static int peek(struct scan const *p, char c)
{
  return p->pos < p->n && p->s[p->pos] == c;
}

static int skip(struct scan *p, char c)
{
  if (!peek(p, c)) return 0;
  p->pos++;
  return 1;
}

static int keep(struct scan *p, size_t n)
{
  if (p->m->len + n > MAILBOX_MAX) return 0;
  memcpy(p->m->s + p->m->len, p->s + p->pos, n);
  p->m->len += n;
  p->pos += n;
  return 1;
}

/* One or more bytes of an atom. */
static enum mailbox_result atom(struct scan *p)
{
  size_t start = p->pos;

  while (p->pos < p->n) {
    size_t l =
        is_atext(p->s[p->pos]) ? 1 : utf8_length(p->s + p->pos, p->n - p->pos);
    if (!l) break;
    if (l > 1) p->m->utf8 = 1;
    if (!keep(p, l)) return MAILBOX_TOO_LONG;
  }
  return p->pos > start ? MAILBOX_OK : MAILBOX_SYNTAX;
}

static enum mailbox_result dot_string(struct scan *p)
{
  for (;;) {
    enum mailbox_result r = atom(p);

    if (r) return r;
    if (!peek(p, '.')) return MAILBOX_OK;
    if (!keep(p, 1)) return MAILBOX_TOO_LONG;
  }
}

/* After the opening quote. */
static enum mailbox_result quoted_string(struct scan *p)
{
  size_t start = p->m->len;

  while (!skip(p, '"')) {
    int escaped = skip(p, '\\');
    unsigned char c = p->pos < p->n ? (unsigned char)p->s[p->pos] : 0;
    size_t l = 1;

    if (c < ' ' || c == 127) return MAILBOX_SYNTAX;
    if (c > 127) {
      l = utf8_length(p->s + p->pos, p->n - p->pos);
      if (!l || escaped) return MAILBOX_SYNTAX;
      p->m->utf8 = 1;
    }
    if (!keep(p, l)) return MAILBOX_TOO_LONG;
  }
  return p->m->len > start ? MAILBOX_OK : MAILBOX_SYNTAX;
}

/* Is what was quoted a dot-string without its quotes, too? */
static int needs_quotes(char const *s, size_t n)
{
  struct mailbox m = {0};
  struct scan p = {s, n, 0, &m};

  return dot_string(&p) || p.pos < n;
}

static enum mailbox_result label(struct scan *p)
{
  size_t start = p->pos, n;

  while (p->pos < p->n) {
    char c = p->s[p->pos];
    size_t l =
        is_alnum(c) || c == '-' ? 1 : utf8_length(p->s + p->pos, p->n - p->pos);

    if (!l) break;
    if (l > 1) p->m->utf8 = 1;
    if (!keep(p, l)) return MAILBOX_TOO_LONG;
  }
  n = p->pos - start;
  if (!n || p->s[start] == '-' || p->s[p->pos - 1] == '-')
    return MAILBOX_SYNTAX;
  return n > MAILBOX_LABEL_MAX ? MAILBOX_TOO_LONG : MAILBOX_OK;
}

/* The final dot, if there is one, is dropped. */
static enum mailbox_result domain_name(struct scan *p)
{
  for (;;) {
    enum mailbox_result r = label(p);

    if (r) return r;
    if (!skip(p, '.')) return MAILBOX_OK;
    if (p->pos == p->n || strchr(">,: \"@", p->s[p->pos])) return MAILBOX_OK;
    if (p->m->len == MAILBOX_MAX) return MAILBOX_TOO_LONG;
    p->m->s[p->m->len++] = '.';
  }
}

static enum mailbox_result literal(struct scan *p)
{
  char const *s = p->s + p->pos;
  char const *end = memchr(s, ']', p->n - p->pos);
  char text[ADDR_FMT];
  size_t n, skipped;
  ip46 ip;

  if (!end) return MAILBOX_SYNTAX;
  n = (size_t)(end - s);
  skipped = n > 5 && text_equal(s + 1, 5, "IPv6:", 5) ? 6 : 1;
  if (n - skipped >= sizeof text) return MAILBOX_SYNTAX;
  memcpy(text, s + skipped, n - skipped);
  text[n - skipped] = 0;
  if (memchr(text, 0, n - skipped) || !addr_scan(text, &ip))
    return MAILBOX_SYNTAX;
  if ((skipped == 6) != !!strchr(text, ':')) return MAILBOX_SYNTAX;
  p->m->literal = 1;
  return keep(p, n + 1) ? MAILBOX_OK : MAILBOX_TOO_LONG;
}

static enum mailbox_result domain(struct scan *p)
{
  return peek(p, '[') ? literal(p) : domain_name(p);
}

/* local-part [ "@" domain ] */
static enum mailbox_result whole(struct scan *p)
{
  struct mailbox *m = p->m;
  enum mailbox_result r;

  if (skip(p, '"')) {
    r = quoted_string(p);
    if (!r) m->quoted = needs_quotes(m->s, m->len);
  } else {
    r = dot_string(p);
  }
  if (r) return r;
  m->local = m->len;
  if (!peek(p, '@')) return MAILBOX_NO_DOMAIN;
  if (!keep(p, 1)) return MAILBOX_TOO_LONG;
  return domain(p);
}

/* "@" domain *( "," "@" domain ) ":" */
static enum mailbox_result source_route(struct scan *p)
{
  size_t start = p->pos;

  do {
    struct mailbox ignored = {0};
    struct scan q = *p;
    enum mailbox_result r;

    if (!skip(&q, '@')) return MAILBOX_SYNTAX;
    q.m = &ignored;
    r = domain(&q);
    if (r) return r;
    p->pos = q.pos;
    if (p->pos - start > MAILBOX_ROUTE_MAX) return MAILBOX_TOO_LONG;
  } while (skip(p, ','));
  return skip(p, ':') ? MAILBOX_OK : MAILBOX_SYNTAX;
}

static void clear(struct mailbox *m)
{
  m->len = m->local = 0;
  m->quoted = m->utf8 = m->literal = 0;
  m->s[0] = 0;
}

static enum mailbox_result bracketed(struct scan *p, enum mailbox_path kind)
{
  enum mailbox_result r;

  if (!skip(p, '<')) return MAILBOX_SYNTAX;
  if (kind == MAILBOX_REVERSE && skip(p, '>')) return MAILBOX_OK;
  if (peek(p, '@')) {
    r = source_route(p);
    if (r) return r;
  }
  r = whole(p);
  if (r && r != MAILBOX_NO_DOMAIN) return r;
  if (!skip(p, '>')) return MAILBOX_SYNTAX;
  if (r && (kind == MAILBOX_REVERSE || !mailbox_is_postmaster(p->m))) return r;
  if (kind == MAILBOX_FORWARD && p->m->local > MAILBOX_LOCAL_MAX)
    return MAILBOX_TOO_LONG;
  return MAILBOX_OK;
}

enum mailbox_result mailbox_path(struct mailbox *m, enum mailbox_path kind,
                                 char const *s, size_t n, size_t *used)
{
  struct scan p = {s, n, 0, m};
  enum mailbox_result r;

  clear(m);
  r = bracketed(&p, kind);
  if (!r && p.pos < n && s[p.pos] != ' ') r = MAILBOX_SYNTAX;
  m->s[m->len] = 0;
  *used = p.pos;
  return r;
}

enum mailbox_result mailbox_scan(struct mailbox *m, char const *s, size_t n)
{
  struct scan p = {s, n, 0, m};
  enum mailbox_result r;

  clear(m);
  r = whole(&p);
  if ((!r || r == MAILBOX_NO_DOMAIN) && p.pos < n) r = MAILBOX_SYNTAX;
  m->s[m->len] = 0;
  return r;
}

char const *mailbox_domain(struct mailbox const *m, size_t *len)
{
  if (m->local == m->len) {
    *len = 0;
    return m->s + m->len;
  }
  *len = m->len - m->local - 1;
  return m->s + m->local + 1;
}

int mailbox_set_domain(struct mailbox *m, char const *name)
{
  size_t n = strlen(name);

  if (m->local + 1 + n > MAILBOX_MAX) return 0;
  m->s[m->local] = '@';
  memcpy(m->s + m->local + 1, name, n + 1);
  m->len = m->local + 1 + n;
  m->literal = 0;
  return 1;
}

int mailbox_append(struct mailbox *m, char const *suffix)
{
  size_t n = strlen(suffix), at;

  if (!n) return 1;
  if (m->len + n > MAILBOX_MAX || memchr(m->s, '@', m->local)) return 0;
  memcpy(m->s + m->len, suffix, n + 1);
  m->len += n;
  for (at = m->len; at && m->s[at - 1] != '@';)
    at--;
  if (!at || !mailbox_is_domain(m->s + at, m->len - at)) return 0;
  if (m->s[m->len - 1] == '.') m->s[--m->len] = 0;
  m->local = at - 1;
  m->literal = 0;
  return 1;
}

int mailbox_is_routed(struct mailbox const *m)
{
  for (size_t i = 0; i < m->local; i++)
    if (m->s[i] && strchr("%!@", m->s[i])) return 1;
  return m->local && m->s[0] == ':';
}

int mailbox_is_postmaster(struct mailbox const *m)
{
  return text_equal(m->s, m->local, "postmaster", 10);
}

int mailbox_is_domain(char const *s, size_t n)
{
  struct mailbox m = {0};
  struct scan p = {s, n, 0, &m};

  return !domain_name(&p) && p.pos == n;
}

static int is_keyword(char const *s, size_t n)
{
  if (!n || !is_alnum(s[0])) return 0;
  for (size_t i = 1; i < n; i++)
    if (!is_alnum(s[i]) && s[i] != '-') return 0;
  return 1;
}

/* UTF-8 may stand here with SMTPUTF8 (RFC 6531 section 3.3). */
static int is_value(char const *s, size_t n)
{
  if (!n || memchr(s, ' ', n) || memchr(s, '=', n)) return 0;
  return mailbox_is_utf8(s, n);
}

int mailbox_param(char const *s, size_t n, size_t *pos, struct mailbox_param *p)
{
  size_t i = *pos, start;

  while (i < n && s[i] == ' ')
    i++;
  if (i == n) return 0;
  if (i == *pos) return -1;
  start = i;
  while (i < n && s[i] != ' ')
    i++;
  *pos = i;
  p->name = s + start;
  p->value = memchr(p->name, '=', i - start);
  p->nlen = p->value ? (size_t)(p->value - p->name) : i - start;
  p->vlen = 0;
  if (!is_keyword(p->name, p->nlen)) return -1;
  if (!p->value) return 1;
  p->value++;
  p->vlen = i - start - p->nlen - 1;
  return is_value(p->value, p->vlen) ? 1 : -1;
}
