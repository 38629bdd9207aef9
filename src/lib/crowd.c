#include <string.h>

#include <skalibs/types.h>

#include "addr.h"
#include "crowd.h"
#include "text.h"

#define DAMAGED "not a record of names"
#define HEX 16    /* digits of a hash */
#define HASHED 14 /* bytes of a name that stand before = and its hash */

int crowd_is_private(ip46 const *ip)
{
  static struct {
    char const *net;
    unsigned int bits;
  } const nets[] = {
      {"10.0.0.0", 8},    {"172.16.0.0", 12},  {"192.168.0.0", 16},
      {"100.64.0.0", 10}, {"169.254.0.0", 16}, {"fc00::", 7},
      {"fe80::", 10},
  };
  ip46 net;

  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
    if (addr_scan(nets[i].net, &net) && addr_inside(ip, &net, nets[i].bits))
      return 1;
  return 0;
}

/* --- names --- */

static char lower(char c)
{
  text_lower(&c, 1);
  return c;
}

static int is_plain(char c)
{
  return c && strchr("abcdefghijklmnopqrstuvwxyz0123456789.-_:=[]", c);
}

void crowd_name(char out[CROWD_NAME + 1], char const *helo)
{
  size_t n = strlen(helo), i = 0;

  if (n && helo[n - 1] == '.') n--;
  for (; i < n && i < CROWD_NAME && is_plain(lower(helo[i])); i++)
    out[i] = lower(helo[i]);
  if (i < n || !n) {
    if (i > HASHED) i = HASHED;
    out[i++] = '=';
    /* who could choose names that collide could as well give one name */
    if (n) uint640_xfmt(out + i, text_hash(helo, n), HEX);
    if (n) i += HEX;
  }
  out[i] = 0;
}

/* --- the record's payload --- */

/* Are they names, and how many?  *known: that name is one of them. */
static int scan(struct crowd *c, struct store_record const *r, char const *name,
                int *known)
{
  size_t len = name ? strlen(name) : 0;

  c->n = 0;
  *known = 0;
  if (!r->len || memchr(r->payload, 0, r->len)) return 0;
  memcpy(c->names, r->payload, r->len);
  c->names[r->len] = 0;
  for (char const *s = c->names;; s++) {
    size_t n = strcspn(s, "+");

    if (!n || n > CROWD_NAME || c->n == CROWD_NAMES) return 0;
    if (name && n == len && !memcmp(s, name, n)) *known = 1;
    c->n++;
    s += n;
    if (!*s) return 1;
  }
}

static void add(struct store_record *r, char const *name)
{
  size_t n = strlen(name);

  if (r->len) r->payload[r->len++] = '+';
  memcpy(r->payload + r->len, name, n);
  r->len += n;
}

_Static_assert((CROWD_NAME + 1) * CROWD_NAMES <= STORE_PAYLOAD_MAX + 1,
               "a full record is a record");

/* --- the question --- */

/* A full record begins anew when half its time is over, and no sooner. */
static int is_settled(struct crowd const *c, int known,
                      struct store_record const *r, uint64_t now)
{
  return c->n == CROWD_NAMES ? now - r->set < CROWD_TTL / 2 : known;
}

int crowd_look(struct store *s, ip46 const *ip, char const *name,
               struct crowd *c, char const **why)
{
  char key[ADDR_FMT];
  size_t klen = addr_fmt(key, ip);
  struct store_record r;
  uint64_t now;
  int known = 0;

  c->n = 0;
  c->settled = 0;
  c->names[0] = 0;
  switch (store_get(s, key, klen, &r, &now)) {
  case STORE_ERROR: *why = store_why(s); return 0;
  case STORE_NONE:
  case STORE_STALE: break;
  case STORE_FRESH:
    *why = DAMAGED;
    if (!scan(c, &r, name, &known)) return 0;
    c->settled = is_settled(c, known, &r, now);
  }
  if (name && !known) c->n++;
  return 1;
}

struct joining {
  char const *name;
  int damaged;
};

static enum store_change join(enum store_found found, struct store_record *r,
                              uint64_t now, void *data)
{
  struct joining *j = data;
  struct crowd c = {.n = 0};
  int known = 0;

  if (found == STORE_FRESH) {
    j->damaged = !scan(&c, r, j->name, &known);
    if (j->damaged || is_settled(&c, known, r, now)) return STORE_KEEP;
  } else {
    r->set = now;
    r->len = 0;
  }
  if (c.n < CROWD_NAMES) {
    add(r, j->name);
    c.n++;
  }
  if (c.n == CROWD_NAMES) r->set = now;
  r->ttl = CROWD_TTL;
  return STORE_SET;
}

int crowd_join(struct store *s, ip46 const *ip, char const *name,
               char const **why)
{
  char key[ADDR_FMT];
  size_t klen = addr_fmt(key, ip);
  struct joining j = {.name = name};

  if (!store_change(s, key, klen, join, &j)) {
    *why = store_why(s);
    return 0;
  }
  *why = DAMAGED;
  return !j.damaged;
}

int crowd_from(ip46 *ip, struct crowd *c, struct store_entry const *e)
{
  char key[ADDR_FMT], again[ADDR_FMT];
  int known;

  if (!e->record || e->klen >= sizeof key) return 0;
  memcpy(key, e->key, e->klen);
  key[e->klen] = 0;
  c->settled = 0;
  return addr_scan(key, ip) && addr_fmt(again, ip) == e->klen &&
         !memcmp(key, again, e->klen) && scan(c, e->record, 0, &known);
}
