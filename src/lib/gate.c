#include <errno.h>
#include <string.h>

#include "addr.h"
#include "domains.h"
#include "gate.h"
#include "relaycerts.h"
#include "text.h"
#include "users.h"

void gate_free(struct gate *g)
{
  cdbmap_close(&g->more);
  cdbmap_close(&g->boxes);
  aliases_free(&g->aliases);
}

/* ---- before MAIL ---- */

int gate_wants_tls(struct ucspitls const *u, struct tlsfacts const *f)
{
  return u->required && !f->active;
}

int gate_wants_auth(struct settings const *set, char const *user)
{
  return set->auth_required && !user;
}

char const *gate_cert(struct settings const *set, struct tlsfacts const *f)
{
  stralloc const *list = &set->relaycerts;

  return f->fingerprint ? relaycerts_find(list->s, list->len, f->fingerprint)
                        : 0;
}

static int ends_with(char const *s, char const *end)
{
  size_t n = strlen(s), e = strlen(end);
  return n >= e && !strcmp(s + n - e, end);
}

char const *gate_mechanism(struct settings const *set, struct tlsfacts const *f,
                           char const *cert, char const *name, int plaintext)
{
  if (plaintext && !f->active && !set->plain_auth)
    return "538 5.7.11 auth not available without TLS";
  /* without an exporter clients choose a binding that nobody should use */
  if ((ends_with(name, "-PLUS") && !f->exporter) ||
      (!strcmp(name, "EXTERNAL") && !cert) || !strcmp(name, "ANONYMOUS"))
    return "504 5.5.4 auth type unimplemented";
  return 0;
}

/* ---- MAIL ---- */

char const *gate_sender(struct mailbox *m, char const *arg, size_t len,
                        size_t *used)
{
  switch (mailbox_path(m, MAILBOX_REVERSE, arg, len, used)) {
  case MAILBOX_OK: break;
  case MAILBOX_SYNTAX: return "501 5.1.7 syntax error in the sender";
  case MAILBOX_TOO_LONG: return "501 5.1.7 address too long";
  case MAILBOX_NO_DOMAIN: return "553 5.1.7 the sender needs a domain";
  }
  return 0;
}

char const *gate_utf8(struct mailbox const *m, int utf8)
{
  return m->utf8 && !utf8 ? "553 5.6.7 this address needs SMTPUTF8" : 0;
}

char const *gate_bad_sender(struct settings const *set, struct mailbox const *m)
{
  stralloc const *list = &set->badmailfrom;

  for (size_t i = 0; m->len && i < list->len;) {
    char const *item = list->s + i;
    size_t n = strlen(item);

    if (item[0] == '@' ? text_equal(item, n, m->s + m->local, m->len - m->local)
                       : text_equal(item, n, m->s, m->len))
      return item;
    i += n + 1;
  }
  return 0;
}

/* ---- RCPT ---- */

/* Always 0. */
static int refuse(struct gate_answer *a, char const *why, char const *reply)
{
  a->why = why;
  a->reply = reply;
  return 0;
}

static int unreadable(struct gate_answer *a)
{
  return refuse(a, "unreadable", "451 4.3.0 unable to read controls");
}

/* 1, 0, or -1 after a warning: cannot be told. */
static int in_more(struct gate *g, char const *domain, size_t n, size_t *at)
{
  stralloc path = STRALLOC_ZERO;
  int r = -1;

  if (!g->more_opened) {
    if (!control_path(&g->set->control, "morercpthosts.cdb", &path)) return -1;
    if (cdbmap_open(&g->more, path.s))
      g->more_opened = 1;
    else if (errno == ENOENT)
      g->more_opened = -1;
    else
      g->warn(g->data, path.s, strerror(errno));
    stralloc_free(&path);
  }
  if (g->more_opened < 0) return 0;
  if (g->more_opened) {
    r = domains_find_cdb(&g->more, domain, n, at);
    if (r < 0) g->warn(g->data, "morercpthosts.cdb", strerror(errno));
  }
  return r;
}

/* Is its domain ours?  1, 0, -1. */
static int is_local(struct gate *g, struct mailbox const *m,
                    struct gate_answer *a)
{
  stralloc const *list = &g->set->rcpthosts;
  size_t n, at;
  char const *domain = mailbox_domain(m, &n);
  int r;

  if (!g->set->has_rcpthosts) return 0;
  a->local_item = domains_find(list->s, list->len, domain, n);
  if (a->local_item) {
    a->local = GATE_RCPTHOSTS;
    return 1;
  }
  r = in_more(g, domain, n, &at);
  if (r > 0) {
    a->local = GATE_MORE;
    a->local_item = domain + at;
  }
  return r;
}

/* user@[our address] is user@localiphost. */
static int name_literal(struct settings const *set, struct mailbox *m)
{
  char text[ADDR_FMT];
  ip46 mine, its;
  size_t n;
  char const *d = mailbox_domain(m, &n);

  if (!m->literal || !set->local_ip || !addr_scan(set->local_ip, &mine))
    return 1;
  d++;
  n -= 2;
  if (n > 5 && d[4] == ':' && (d[0] == 'I' || d[0] == 'i')) {
    d += 5;
    n -= 5;
  }
  if (n >= sizeof text) return 1;
  memcpy(text, d, n);
  text[n] = 0;
  if (!addr_scan(text, &its) || !addr_equal(&mine, &its)) return 1;
  return mailbox_set_domain(m, set->localiphost.s);
}

static int open_boxes(struct gate *g)
{
  struct aliases_error e;
  stralloc path = STRALLOC_ZERO;
  int r;

  if (g->boxes_opened) return 1;
  if (!cdbmap_open(&g->boxes, g->set->mailboxes)) {
    g->warn(g->data, g->set->mailboxes, strerror(errno));
    return 0;
  }
  if (!control_path(&g->set->control, "aliases", &path)) return 0;
  r = aliases_load(&g->aliases, path.s, &e);
  if (r > 0 || (r < 0 && errno == ENOENT))
    g->boxes_opened = 1;
  else
    g->warn(g->data, path.s, r ? strerror(errno) : e.why);
  stralloc_free(&path);
  if (!g->boxes_opened) cdbmap_close(&g->boxes);
  return g->boxes_opened;
}

/* 1, 0, or -1 after a warning. */
static int has_mailbox(struct gate *g, struct mailbox const *m,
                       enum gate_by *by)
{
  stralloc sa = STRALLOC_ZERO;
  char const *targets;
  struct user u;
  int r;

  if (!open_boxes(g)) return -1;
  *by = GATE_ALIAS;
  if (aliases_find(&g->aliases, m->s, m->len, &targets)) return 1;
  *by = GATE_MAILBOX;
  r = users_find(&g->boxes, m->s, m->len, &sa, &u);
  if (r < 0) g->warn(g->data, g->set->mailboxes, strerror(errno));
  stralloc_free(&sa);
  if (r > 0) return 1;
  *by = GATE_NOTHING;
  if (r < 0) return -1;
  if (!aliases_find_domain(&g->aliases, m->s, m->len, &targets)) return 0;
  *by = GATE_DOMAIN_ALIAS;
  return 1;
}

/* A local part that names another place is refused, unless the client may
   relay anyway, or the domain is one whose business that is. */
static int may_be_routed(struct gate *g, struct mailbox const *m,
                         struct relay_facts const *f)
{
  char const *ignored;
  size_t n;
  char const *domain = mailbox_domain(m, &n);

  return !mailbox_is_routed(m) || relay_right(f, &ignored) != RELAY_NONE ||
         domains_match(g->set->percenthack.s, g->set->percenthack.len, domain,
                       n);
}

/* The domain is settled: who may send there? */
static int judge_relay(struct gate *g, struct gate_facts const *facts,
                       struct mailbox const *m, int local,
                       struct gate_answer *a)
{
  struct relay_facts f = gate_relay(g, facts);
  stralloc const *list = &g->set->backupmx;
  size_t n;
  char const *domain = mailbox_domain(m, &n);

  a->backup = domains_find(list->s, list->len, domain, n);
  f.local = local;
  f.backup = !!a->backup;
  a->relay = relay_decide(&f, &a->name);
  if (a->relay == RELAY_NONE)
    return refuse(a, "rcpthosts",
                  "553 5.7.1 sorry, that domain isn't in my list of allowed "
                  "rcpthosts");
  if (!may_be_routed(g, m, &f)) {
    a->relay = RELAY_NONE;
    return refuse(a, "routed", "553 5.7.1 sorry, no %, ! or @ in a local part");
  }
  return 1;
}

/* What is refused whoever the recipient is. */
static int judge_session(struct gate *g, struct gate_facts const *f,
                         struct gate_answer *a)
{
  char const *rbl = g->set->rblsmtpd;

  if (f->rcpts >= g->set->maxrcpt)
    return refuse(a, "maxrcpt", "452 4.5.3 too many recipients");
  if (rbl) {
    a->more = rbl + (rbl[0] == '-');
    return refuse(a, "rblsmtpd", rbl[0] == '-' ? "553 5.7.1 " : "451 4.7.1 ");
  }
  if (f->bad_sender)
    return refuse(a, "badmailfrom",
                  "553 5.7.1 sorry, your envelope sender is in my badmailfrom "
                  "list");
  return 1;
}

/* With -U: is there such a mailbox? */
static int judge_existence(struct gate *g, struct mailbox const *m,
                           struct gate_answer *a)
{
  int known;

  if (a->relay != RELAY_LOCAL || !g->set->mailboxes) return 1;
  if (mailbox_is_postmaster(m)) {
    a->box = GATE_POSTMASTER;
    return 1;
  }
  known = has_mailbox(g, m, &a->box);
  if (known < 0) return unreadable(a);
  if (known) return 1;
  return refuse(a, "mailbox", "550 5.1.1 sorry, no mailbox here by that name");
}

static int judge_mailbox(struct gate *g, struct gate_facts const *f,
                         struct mailbox *m, struct gate_answer *a)
{
  int local, bare = m->local == m->len;

  if (bare ? !mailbox_set_domain(m, g->set->me.s) : !name_literal(g->set, m))
    return refuse(a, "syntax", "501 5.1.3 address too long");
  /* <postmaster> is the postmaster of this host, whatever its name */
  if (bare) a->local = GATE_POSTMASTER;
  local = bare ? 1 : is_local(g, m, a);
  if (local < 0) return unreadable(a);
  return judge_relay(g, f, m, local, a) && judge_existence(g, m, a);
}

static int add_suffix(struct gate *g, struct gate_facts const *f,
                      struct mailbox *m, struct gate_answer *a)
{
  char const *suffix = gate_relay(g, f).relayclient;

  /* who authenticated has a right of his own: as if RELAYCLIENT were empty */
  if (!suffix || f->user || mailbox_append(m, suffix)) return 1;
  return refuse(a, "suffix",
                "553 5.1.3 sorry, that address cannot be rewritten");
}

static char const *syntax_fault(struct mailbox *m, int utf8, char const *arg,
                                size_t len)
{
  struct mailbox_param p;
  size_t used;
  int r;

  switch (mailbox_path(m, MAILBOX_FORWARD, arg, len, &used)) {
  case MAILBOX_OK: break;
  case MAILBOX_SYNTAX: return "501 5.1.3 syntax error in the recipient";
  case MAILBOX_TOO_LONG: return "501 5.1.3 address too long";
  case MAILBOX_NO_DOMAIN: return "553 5.1.3 the recipient needs a domain";
  }
  arg += used;
  len -= used;
  used = 0;
  r = mailbox_param(arg, len, &used, &p);
  if (r < 0) return "501 5.5.4 syntax error in the parameters";
  if (r) return "555 5.5.4 unknown parameter";
  return gate_utf8(m, utf8);
}

struct relay_facts gate_relay(struct gate const *g, struct gate_facts const *f)
{
  struct relay_facts r = {.user = f->user,
                          .cert = f->cert,
                          .relayclient = g->set->relayclient,
                          .relayreason = g->set->relayreason};

  if (f->crowd) {
    r.relayclient = 0;
    r.relayreason = RELAY_SUPPRESSED "gateway";
  }
  return r;
}

int gate_rests_on_address(struct gate const *g, struct gate_facts const *f)
{
  struct settings const *set = g->set;
  struct gate_facts open = *f;
  struct relay_facts facts;
  char const *ignored;
  enum relay right;
  ip46 ip;

  if (set->gateway_ok) return 0;
  open.crowd = 0;
  facts = gate_relay(g, &open);
  right = relay_right(&facts, &ignored);
  if (right != RELAY_RULE && right != RELAY_GRANT && right != RELAY_ENV)
    return 0;
  return !set->remote_ip || !addr_scan(set->remote_ip, &ip) ||
         crowd_is_private(&ip);
}

int gate_crowd(struct gate *g, char const *name, struct crowd *c)
{
  char const *at = g->set->remote_ip;
  char const *why = "TCPREMOTEIP is not an IP address";
  struct store s;
  int good = 0;
  ip46 ip;

  if (at && addr_scan(at, &ip)) {
    good = store_open(&s, g->set->names, STORE_GET);
    if (!good) why = store_why(&s);
    if (good) good = crowd_look(&s, &ip, name, c, &why), store_close(&s);
  }
  if (good) return c->n > g->set->maxnames;
  g->warn(g->data, g->set->names, why);
  c->n = 0;
  return 1;
}

void gate_recipient(struct gate *g, struct gate_facts const *f, char const *arg,
                    size_t len, struct mailbox *m, struct mailbox *asked,
                    struct gate_answer *a)
{
  char const *fault = syntax_fault(m, f->utf8, arg, len);

  *a = (struct gate_answer){.relay = RELAY_NONE, .name = ""};
  asked->len = 0;
  if (fault) {
    refuse(a, "syntax", fault);
    return;
  }
  *asked = *m;
  if (judge_session(g, f, a) && judge_mailbox(g, f, m, a) &&
      add_suffix(g, f, m, a))
    a->reply = "250 2.1.5 ok";
}
