#include <string.h>

#include <skalibs/types.h>

#include "addr.h"
#include "ruleline.h"
#include "text.h"

/* A piece of the line. */
struct piece {
  char const *s;
  size_t n;
};

static int starts(struct piece p, char const *with)
{
  size_t n = strlen(with);

  return p.n >= n && !memcmp(p.s, with, n);
}

static int is(struct piece p, char const *s)
{
  return p.n == strlen(s) && starts(p, s);
}

static size_t find(struct piece p, char c)
{
  char const *at = memchr(p.s, c, p.n);

  return at ? (size_t)(at - p.s) : p.n;
}

static void skip(struct piece *p, size_t n)
{
  p->s += n;
  p->n -= n;
}

static int is_blank(char c) { return c == ' ' || c == '\t'; }

static struct piece trimmed(char const *s, size_t n)
{
  while (n && (is_blank(s[n - 1]) || s[n - 1] == '\n'))
    n--;
  return (struct piece){s, n};
}

static enum ruleline_kind bad(ruleline *r, char const *why)
{
  r->why = why;
  return RULELINE_BAD;
}

static void reset(ruleline *r)
{
  r->head = r->tail = "";
  r->hlen = r->tlen = 0;
  r->from = r->to = 0;
  r->numbered = r->net4 = 0;
  r->net6 = -1;
  r->why = r->warn = 0;
}

static void one_key(ruleline *r, char const *s, size_t n)
{
  r->head = s;
  r->hlen = n;
}

static void many_keys(ruleline *r, struct piece head, unsigned long from,
                      unsigned long to, struct piece tail)
{
  one_key(r, head.s, head.n);
  r->numbered = 1;
  r->from = from;
  r->to = to;
  r->tail = tail.s;
  r->tlen = tail.n;
}

void ruleline_free(ruleline *r)
{
  stralloc_free(&r->data);
  stralloc_free(&r->last);
}

size_t ruleline_key(ruleline const *r, unsigned long i, char *out)
{
  size_t n = r->hlen;

  memcpy(out, r->head, n);
  if (!r->numbered) return n;
  n += ulong_fmt(out + n, i);
  memcpy(out + n, r->tail, r->tlen);
  return n + r->tlen;
}

/* --- what follows the address: the verb, then the variables --- */

/* The names that a rule may not set: each would change which program runs, or
   what it is made of, or contradict the listener. */
static char const *bad_name(struct piece name)
{
  static char const *const no[] = {"PATH", "IFS", "ENV"};
  static char const *const ours[] = {"RELAYREASON", "POSTERN_SESSION",
                                     "POSTERN_RULE"};

  for (size_t i = 0; i < name.n; i++) {
    char c = name.s[i];
    if ((c >= 'A' && c <= 'Z') || c == '_') continue;
    if (!i || c < '0' || c > '9')
      return "a variable's name consists of A to Z, 0 to 9 and _";
  }
  if (!name.n) return "a variable has no name";
  for (size_t i = 0; i < sizeof no / sizeof *no; i++)
    if (is(name, no[i])) return "a rule may not set this variable";
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (is(name, ours[i])) return "only the listener sets this variable";
  if (starts(name, "LD_") || starts(name, "BASH"))
    return "a rule may not set this variable";
  return 0;
}

static char const *bad_variable(struct piece name, struct piece value)
{
  char const *why = bad_name(name);

  if (why) return why;
  if (memchr(value.s, 0, value.n)) return "a NUL in a variable's value";
  if (memchr(value.s, '\r', value.n)) return "a CR in a variable's value";
  if (is(name, "POSTERN_GATEWAY") && !is(value, "ok"))
    return "POSTERN_GATEWAY is not ok";
  return 0;
}

/* ",NAME=" and a value between two equal bytes.  0 if it is not that. */
static int variable(struct piece *rest, struct piece *name, struct piece *value)
{
  size_t eq;
  char quote;

  if (rest->s[0] != ',') return 0;
  eq = find(*rest, '=');
  if (eq + 1 >= rest->n) return 0;
  *name = (struct piece){rest->s + 1, eq - 1};
  quote = rest->s[eq + 1];
  skip(rest, eq + 2);
  *value = (struct piece){rest->s, find(*rest, quote)};
  if (value->n == rest->n) return 0;
  skip(rest, value->n + 1);
  return 1;
}

static int add_variable(ruleline *r, struct piece name, struct piece value)
{
  char *s;

  if (is(name, "RELAYCLIENT")) r->relay = 1;
  if (!stralloc_readyplus(&r->data, name.n + value.n + 3)) return 0;
  s = r->data.s + r->data.len;
  *s++ = '+';
  memcpy(s, name.s, name.n);
  s += name.n;
  *s++ = '=';
  memcpy(s, value.s, value.n);
  s[value.n] = 0;
  r->data.len += name.n + value.n + 3;
  return 1;
}

static enum ruleline_kind variables(ruleline *r, struct piece rest, int strict)
{
  while (rest.n) {
    struct piece name, value;
    char const *why = 0;

    if (rest.s[0] != ',')
      return bad(r, "neither a comma nor the end of the line follows");
    if (!variable(&rest, &name, &value))
      return bad(r, "a variable is not NAME=\"VALUE\"");
    if (strict) why = bad_variable(name, value);
    if (why) return bad(r, why);
    if (!add_variable(r, name, value)) return RULELINE_NOMEM;
  }
  return RULELINE_RULE;
}

static enum ruleline_kind read_verb(ruleline *r, struct piece rest, int strict)
{
  enum ruleline_kind kind;
  int deny = starts(rest, "deny");

  r->data.len = 0;
  r->relay = 0;
  if (deny) {
    if (!stralloc_catb(&r->data, "D", 2)) return RULELINE_NOMEM;
  } else if (!starts(rest, "allow")) {
    return bad(r, "neither allow nor deny follows the colon");
  }
  skip(&rest, deny ? 4 : 5);
  kind = variables(r, rest, strict);
  if (deny) r->relay = 0;
  return kind;
}

/* rest is what follows the colon.  In a large file most lines end alike: data
   and relay are then still right. */
static enum ruleline_kind verb(ruleline *r, struct piece rest, int strict)
{
  enum ruleline_kind kind;

  if (rest.n && rest.n == r->last.len && strict == r->last_strict &&
      !memcmp(rest.s, r->last.s, rest.n))
    return RULELINE_RULE;
  r->last.len = 0;
  kind = read_verb(r, rest, strict);
  if (kind != RULELINE_RULE) return kind;
  r->last_strict = strict;
  return stralloc_catb(&r->last, rest.s, rest.n) ? kind : RULELINE_NOMEM;
}

/* --- tcprules 0.88 --- */

/* All of p is a decimal number, or nothing (0); it wraps as 0.88's does. */
static int exact_number(struct piece p, unsigned long *u)
{
  *u = 0;
  for (size_t i = 0; i < p.n; i++) {
    unsigned int digit = (unsigned char)(p.s[i] - '0');
    if (digit > 9) return 0;
    *u = *u * 10 + digit;
  }
  return 1;
}

static int exact_address(ruleline *r, struct piece a)
{
  size_t dash = find(a, '-'), left = dash, right;
  unsigned long from, to;

  one_key(r, a.s, a.n);
  if (dash == a.n || find(a, '=') < a.n || find(a, '@') < a.n) return 1;
  while (left && a.s[left - 1] != '.')
    left--;
  right = dash + 1;
  while (right < a.n && a.s[right] != '.')
    right++;
  if (!exact_number((struct piece){a.s + left, dash - left}, &from)) return 0;
  if (!exact_number((struct piece){a.s + dash + 1, right - dash - 1}, &to))
    return 0;
  if (to > 255) to = 255;
  many_keys(r, (struct piece){a.s, left}, from, to,
            (struct piece){a.s + right, a.n - right});
  return 1;
}

enum ruleline_kind ruleline_exact(ruleline *r, char const *s, size_t n)
{
  struct piece line = trimmed(s, n), address;
  enum ruleline_kind kind;
  size_t colon;

  reset(r);
  if (!line.n || line.s[0] == '#') return RULELINE_NONE;
  colon = find(line, ':');
  if (colon == line.n) return RULELINE_NONE;
  address = (struct piece){line.s, colon};
  skip(&line, colon + 1);
  kind = verb(r, line, 0);
  if (kind == RULELINE_RULE && !exact_address(r, address))
    return bad(r, "a range is not of numbers");
  return kind;
}

/* --- strict: addresses --- */

/* Digits at *p; returns how many.  *u is 256 for all that is more. */
static size_t octet(struct piece *p, unsigned long *u)
{
  size_t n = 0;

  *u = 0;
  for (; n < p->n && p->s[n] >= '0' && p->s[n] <= '9'; n++) {
    *u = *u * 10 + (unsigned long)(p->s[n] - '0');
    if (*u > 255) *u = 256;
  }
  skip(p, n);
  return n;
}

static unsigned int dots(struct piece p)
{
  unsigned int n = 0;

  for (size_t i = 0; i < p.n; i++)
    n += p.s[i] == '.';
  return n;
}

static char const *stray(char c)
{
  return c == '*' ? "there is no *: end a prefix with a dot" : "not an address";
}

/* One octet or one range of it: its reason to be refused, or 0. */
static char const *octets(struct piece *p, unsigned long *from,
                          unsigned long *to, int *range)
{
  char first = p->n ? p->s[0] : 0;
  size_t digits = octet(p, from);

  *to = *from;
  *range = p->n && p->s[0] == '-';
  if (!digits) {
    if (*range) return "the range has no beginning";
    return p->n && p->s[0] != '.' ? stray(p->s[0]) : "an octet is empty";
  }
  if (*range) {
    skip(p, 1);
    if (!octet(p, to)) return "the range has no end";
  } else if (digits > 1 && first == '0') {
    return "an octet has a leading zero";
  }
  if (*from > 255 || *to > 255) return "an octet is over 255";
  if (*from > *to) return "the range is reversed";
  return 0;
}

/* The addresses that a line names, for the warnings: the first, the last, and
   how many. */
struct extent {
  uint32_t first;
  uint32_t last;
  uint64_t count;
};

static char const *dotted(ruleline *r, struct piece a, struct extent *e)
{
  static char const one_octet[] = "a range covers one octet: write 192.0.2.4-9";
  struct piece p = a;
  unsigned int n = 0;
  int dot = 0;

  *e = (struct extent){0, 0, 1};
  for (; p.n; n++) {
    struct piece start = p;
    unsigned long from, to;
    char const *why;
    int range;

    if (n == 4) return r->numbered ? one_octet : "more than four octets";
    why = octets(&p, &from, &to, &range);
    if (why) return range && dots(a) > 4 ? one_octet : why;
    if (range && r->numbered) return "more than one range";
    if (range) many_keys(r, (struct piece){a.s, a.n - start.n}, from, to, p);
    e->first |= (uint32_t)from << (24 - 8 * n);
    e->last |= (uint32_t)to << (24 - 8 * n);
    e->count *= to - from + 1;
    dot = p.n && p.s[0] == '.';
    if (p.n && !dot) return stray(p.s[0]);
    if (dot) skip(&p, 1);
  }
  if (n < 4 && !dot) return "less than four octets must end with a dot";
  if (n == 4 && dot) return "four octets must not end with a dot";
  if (!r->numbered) one_key(r, a.s, a.n);
  for (; n < 4; n++) {
    e->last |= 255u << (24 - 8 * n);
    e->count *= 256;
  }
  return 0;
}

/* p as a string in buf of that size. */
static int text(char *buf, size_t size, struct piece p)
{
  if (p.n >= size || memchr(p.s, 0, p.n)) return 0;
  memcpy(buf, p.s, p.n);
  buf[p.n] = 0;
  return 1;
}

static void network4(ruleline *r, ip46 const *ip, unsigned int bits,
                     struct extent *e)
{
  unsigned char const *o = (unsigned char const *)ip->ip;
  unsigned int k = (bits - 1) / 8; /* the octet that is numbered */
  unsigned long step = 1ul << (8 * (k + 1) - bits);
  size_t n = 0;

  for (unsigned int i = 0; i < k; i++) {
    n += uint_fmt(r->key + n, o[i]);
    r->key[n++] = '.';
  }
  many_keys(r, (struct piece){r->key, n}, o[k], o[k] + step - 1,
            (struct piece){".", k < 3});
  r->net4 = (int)bits;
  e->first =
      (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
  e->count = 1ull << (32 - bits);
  e->last = e->first + (uint32_t)(e->count - 1);
}

static void network6(ruleline *r, ip46 const *ip, unsigned int bits)
{
  size_t n = addr_fmt(r->key, ip);

  if (bits < 128) {
    r->key[n++] = '/';
    n += uint_fmt(r->key + n, bits);
    r->net6 = (int)bits;
  }
  one_key(r, r->key, n);
}

static char const *not_network(char *s)
{
  char *slash = strchr(s, '/');
  unsigned int bits;
  ip46 ip;

  *slash = 0;
  if (!addr_scan(s, &ip) || !uint0_scan(slash + 1, &bits))
    return "not a network: write 192.0.2.0/24 or 2001:db8::/32";
  if (strchr(s, ':') && !ip46_is6(&ip)) return "write an IPv4 network as IPv4";
  if (bits > addr_bits(&ip)) return "more bits than the address has";
  return "bits are set beyond the network's prefix";
}

static char const *network(ruleline *r, struct piece a, struct extent *e,
                           unsigned int *bits)
{
  char buf[ADDR_FMT + 5];
  ip46 ip;

  if (!text(buf, sizeof buf, a)) return "not a network";
  if (!addr_scan_net(buf, &ip, bits)) return not_network(buf);
  if (ip46_is6(&ip))
    network6(r, &ip, *bits);
  else if (*bits)
    network4(r, &ip, *bits, e);
  else
    return "everybody is the empty address: write :allow or :deny";
  return 0;
}

/* A whole address of either kind, canonical, to r->key after the first at
   bytes. */
static int whole(ruleline *r, size_t at, struct piece a)
{
  char buf[ADDR_FMT], out[ADDR_FMT];
  ip46 ip;
  size_t n;

  if (!text(buf, sizeof buf, a) || !addr_scan(buf, &ip)) return 0;
  n = addr_fmt(out, &ip);
  if (at + n > sizeof r->key) return 0;
  memcpy(r->key + at, out, n);
  one_key(r, r->key, at + n);
  return 1;
}

/* --- strict: names --- */

static char const *bad_host(struct piece h)
{
  char last = '.';

  if (h.n > 255) return "a host name is at most 255 bytes";
  for (size_t i = 0; i < h.n; last = h.s[i++]) {
    char c = h.s[i];
    if (c >= 'A' && c <= 'Z') return "a host name is compared in lower case";
    if (c == '*') return "there is no *: write =.example.org";
    if (c <= ' ' || c > '~') return "no host name contains such a byte";
    if (c == '.' && last == '.') return "a host name has an empty label";
  }
  return last == '.' ? "a host name has an empty label" : 0;
}

static void warn_of_name(ruleline *r)
{
  if (r->relay) r->warn = "lets clients relay by a name that they choose";
}

/* "=", "=host" or "=.suffix" */
static char const *host(ruleline *r, struct piece a)
{
  struct piece name = a;

  one_key(r, a.s, a.n);
  skip(&name, 1);
  warn_of_name(r);
  if (!name.n) return 0;
  if (name.s[0] == '.') skip(&name, 1);
  return bad_host(name);
}

/* INFO@address or INFO@=host */
static char const *info(ruleline *r, struct piece a)
{
  struct piece who = a;
  size_t at = a.n;

  while (a.s[at - 1] != '@')
    at--;
  skip(&who, at);
  if (a.n > RULE_KEY_MAX) return "the address is too long";
  one_key(r, a.s, a.n);
  if (who.n && who.s[0] == '=') {
    warn_of_name(r);
    skip(&who, 1);
    if (who.n && who.s[0] == '.') return "after @ stands a whole host name";
    return bad_host(who);
  }
  memcpy(r->key, a.s, at);
  return whole(r, at, who) ? 0 : "after @ stands one whole address or =host";
}

/* --- strict: warnings --- */

static int is_private(struct extent e)
{
  static struct {
    uint32_t first;
    uint32_t last;
  } const block[] = {
      {0x0a000000, 0x0affffff}, /* 10.0.0.0/8 */
      {0x64400000, 0x647fffff}, /* 100.64.0.0/10 */
      {0x7f000000, 0x7fffffff}, /* 127.0.0.0/8 */
      {0xa9fe0000, 0xa9feffff}, /* 169.254.0.0/16 */
      {0xac100000, 0xac1fffff}, /* 172.16.0.0/12 */
      {0xc0a80000, 0xc0a8ffff}, /* 192.168.0.0/16 */
  };

  for (size_t i = 0; i < sizeof block / sizeof *block; i++)
    if (e.first >= block[i].first && e.last <= block[i].last) return 1;
  return 0;
}

static char const *warning4(struct extent e)
{
  if (e.count <= 65536 || is_private(e)) return 0;
  return "lets more than a /16 of public addresses relay";
}

static char const *warning6(unsigned int bits, char first)
{
  /* fc00::/7 is private; /32 is what a provider gets */
  if (bits >= 32 || (bits >= 7 && first == 'f')) return 0;
  return "lets more than a /32 of public addresses relay";
}

/* --- strict --- */

/* Only digits and dots? */
static int is_plain(struct piece a)
{
  for (size_t i = 0; i < a.n; i++)
    if (a.s[i] != '.' && (a.s[i] < '0' || a.s[i] > '9')) return 0;
  return 1;
}

static char const *address(ruleline *r, struct piece a)
{
  struct extent e = {0, 0, 1};
  unsigned int bits = 128;
  char const *why = 0;

  if (!a.n) {
    if (r->relay) r->warn = "lets everybody relay: an open relay";
    return 0;
  }
  if (is_blank(a.s[a.n - 1])) return "a blank before the colon";
  if (is_plain(a))
    why = dotted(r, a, &e);
  else if (find(a, '@') < a.n)
    return info(r, a);
  else if (a.s[0] == '=')
    return host(r, a);
  else if (a.s[0] == '[')
    return "an IPv6 address stands without brackets";
  else if (find(a, '/') < a.n)
    why = network(r, a, &e, &bits);
  else if (find(a, ':') < a.n)
    why = whole(r, 0, a) ? 0 : "not an IPv6 address";
  else
    why = dotted(r, a, &e);
  if (!why && r->relay)
    r->warn = r->net6 >= 0 ? warning6(bits, r->head[0]) : warning4(e);
  return why;
}

/* Where the verb's colon stands: an IPv6 address has colons too, but none
   before a letter of allow or the n of deny. */
static size_t verb_colon(struct piece line)
{
  struct piece rest = line;

  for (;;) {
    skip(&rest, find(rest, ':'));
    if (!rest.n) return line.n;
    if (starts(rest, ":allow") || starts(rest, ":deny")) return line.n - rest.n;
    skip(&rest, 1);
  }
}

static char const *no_verb(struct piece line)
{
  if (find(line, ':') == line.n) return "no colon: write ADDRESS:allow";
  for (size_t i = 0; i < line.n; i++) {
    if (line.s[i] != ':') continue;
    if (i + 6 <= line.n && text_equal(line.s + i, 6, ":allow", 6))
      return "allow is written in lower case";
    if (i + 5 <= line.n && text_equal(line.s + i, 5, ":deny", 5))
      return "deny is written in lower case";
  }
  return "neither allow nor deny follows the colon";
}

enum ruleline_kind ruleline_strict(ruleline *r, char const *s, size_t n)
{
  struct piece line = trimmed(s, n), a;
  enum ruleline_kind kind;
  size_t colon;

  reset(r);
  if (!line.n || line.s[0] == '#') return RULELINE_NONE;
  if (line.n > RULELINE_MAX) return bad(r, "the line is too long");
  if (is_blank(line.s[0])) return bad(r, "a blank begins the line");
  if (line.s[line.n - 1] == '\r') return bad(r, "a CR ends the line");
  if (memchr(line.s, 0, line.n)) return bad(r, "a NUL in the line");
  colon = verb_colon(line);
  if (colon == line.n) return bad(r, no_verb(line));
  a = (struct piece){line.s, colon};
  skip(&line, colon + 1);
  kind = verb(r, line, 1);
  if (kind != RULELINE_RULE) return kind;
  r->why = address(r, a);
  return r->why ? RULELINE_BAD : RULELINE_RULE;
}
