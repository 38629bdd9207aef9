#include <errno.h>
#include <string.h>

#include "addr.h"
#include "domains.h"
#include "recipient.h"
#include "users.h"

/* What became of it. */
struct verdict {
  char const *reply;
  char const *more; /* appended to the reply */
  char const *why;  /* for the log, if it was refused */
  enum relay relay;
  char const *name;
};

/* Always 0. */
static int refuse(struct verdict *v, char const *why, char const *reply)
{
  v->why = why;
  v->reply = reply;
  return 0;
}

static int unreadable(struct verdict *v)
{
  return refuse(v, "unreadable", "451 4.3.0 unable to read controls");
}

/* 1, 0, or -1 after a warning: cannot be told. */
static int in_more(struct smtp *s, char const *domain, size_t n)
{
  stralloc path = STRALLOC_ZERO;
  int r = -1;

  if (!s->more_opened) {
    if (!control_path(&s->set->control, "morercpthosts.cdb", &path)) return -1;
    if (cdbmap_open(&s->more, path.s))
      s->more_opened = 1;
    else if (errno == ENOENT)
      s->more_opened = -1;
    else
      smtp_warn(s, path.s, strerror(errno));
    stralloc_free(&path);
  }
  if (s->more_opened < 0) return 0;
  if (s->more_opened) {
    r = domains_match_cdb(&s->more, domain, n);
    if (r < 0) smtp_warn(s, "morercpthosts.cdb", strerror(errno));
  }
  return r;
}

/* Is its domain ours?  1, 0, -1. */
static int is_local(struct smtp *s, struct mailbox const *m)
{
  struct settings const *set = s->set;
  size_t n;
  char const *domain = mailbox_domain(m, &n);

  if (!set->has_rcpthosts) return 0;
  if (domains_match(set->rcpthosts.s, set->rcpthosts.len, domain, n)) return 1;
  return in_more(s, domain, n);
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

static int open_boxes(struct smtp *s)
{
  struct aliases_error e;
  stralloc path = STRALLOC_ZERO;
  int r;

  if (s->boxes_opened) return 1;
  if (!cdbmap_open(&s->boxes, s->set->mailboxes)) {
    smtp_warn(s, s->set->mailboxes, strerror(errno));
    return 0;
  }
  if (!control_path(&s->set->control, "aliases", &path)) return 0;
  r = aliases_load(&s->aliases, path.s, &e);
  if (r > 0 || (r < 0 && errno == ENOENT))
    s->boxes_opened = 1;
  else
    smtp_warn(s, path.s, r ? strerror(errno) : e.why);
  stralloc_free(&path);
  if (!s->boxes_opened) cdbmap_close(&s->boxes);
  return s->boxes_opened;
}

/* 1, 0, or -1 after a warning. */
static int has_mailbox(struct smtp *s, struct mailbox const *m)
{
  stralloc sa = STRALLOC_ZERO;
  char const *targets;
  struct user u;
  int r;

  if (!open_boxes(s)) return -1;
  if (aliases_find(&s->aliases, m->s, m->len, &targets)) return 1;
  r = users_find(&s->boxes, m->s, m->len, &sa, &u);
  if (r < 0) smtp_warn(s, s->set->mailboxes, strerror(errno));
  stralloc_free(&sa);
  if (r) return r;
  return aliases_find_domain(&s->aliases, m->s, m->len, &targets) > 0;
}

/* A local part that names another place is refused, unless the client may
   relay anyway, or the domain is one whose business that is. */
static int may_be_routed(struct smtp *s, struct mailbox const *m,
                         struct relay_facts const *f)
{
  char const *ignored;
  size_t n;
  char const *domain = mailbox_domain(m, &n);

  return !mailbox_is_routed(m) || relay_right(f, &ignored) != RELAY_NONE ||
         domains_match(s->set->percenthack.s, s->set->percenthack.len, domain,
                       n);
}

/* The domain is settled: who may send there? */
static int judge_relay(struct smtp *s, struct mailbox const *m, int local,
                       struct verdict *v)
{
  struct relay_facts f = smtp_facts(s);
  size_t n;
  char const *domain = mailbox_domain(m, &n);

  f.local = local;
  f.backup = domains_match(s->set->backupmx.s, s->set->backupmx.len, domain, n);
  v->relay = relay_decide(&f, &v->name);
  if (v->relay == RELAY_NONE)
    return refuse(v, "rcpthosts",
                  "553 5.7.1 sorry, that domain isn't in my list of allowed "
                  "rcpthosts");
  if (!may_be_routed(s, m, &f)) {
    v->relay = RELAY_NONE;
    return refuse(v, "routed", "553 5.7.1 sorry, no %, ! or @ in a local part");
  }
  return 1;
}

/* What is refused whoever the recipient is. */
static int judge_session(struct smtp *s, struct verdict *v)
{
  char const *rbl = s->set->rblsmtpd;

  if (s->tr.rcpts >= s->set->maxrcpt)
    return refuse(v, "maxrcpt", "452 4.5.3 too many recipients");
  if (rbl) {
    v->more = rbl + (rbl[0] == '-');
    return refuse(v, "rblsmtpd", rbl[0] == '-' ? "553 5.7.1 " : "451 4.7.1 ");
  }
  if (s->tr.bad_sender)
    return refuse(v, "badmailfrom",
                  "553 5.7.1 sorry, your envelope sender is in my badmailfrom "
                  "list");
  return 1;
}

/* With -U: is there such a mailbox? */
static int judge_existence(struct smtp *s, struct mailbox const *m,
                           struct verdict *v)
{
  int known;

  if (v->relay != RELAY_LOCAL || !s->set->mailboxes) return 1;
  if (mailbox_is_postmaster(m)) return 1;
  known = has_mailbox(s, m);
  if (known < 0) return unreadable(v);
  if (known) return 1;
  return refuse(v, "mailbox", "550 5.1.1 sorry, no mailbox here by that name");
}

static int judge_mailbox(struct smtp *s, struct mailbox *m, struct verdict *v)
{
  int local, bare = m->local == m->len;

  if (bare ? !mailbox_set_domain(m, s->set->me.s) : !name_literal(s->set, m))
    return refuse(v, "syntax", "501 5.1.3 address too long");
  /* <postmaster> is the postmaster of this host, whatever its name */
  local = bare ? 1 : is_local(s, m);
  if (local < 0) return unreadable(v);
  return judge_relay(s, m, local, v) && judge_existence(s, m, v);
}

static int add_suffix(struct smtp *s, struct mailbox *m, struct verdict *v)
{
  char const *suffix = s->set->relayclient;

  /* who authenticated has a right of his own: as if RELAYCLIENT were empty */
  if (!suffix || s->user.len || mailbox_append(m, suffix)) return 1;
  return refuse(v, "suffix",
                "553 5.1.3 sorry, that address cannot be rewritten");
}

static int keep(struct smtp *s, struct mailbox const *m,
                struct verdict const *v)
{
  stralloc *e = &s->tr.envelope;

  if (!stralloc_readyplus(e, m->len + 2)) return 0;
  stralloc_append(e, 'T');
  stralloc_catb(e, m->s, m->len + 1);
  s->tr.rcpts++;
  s->tr.rcpt = *m;
  /* the reason of a message is that of the recipient who needed one most */
  if (v->relay != RELAY_LOCAL || s->tr.relay == RELAY_NONE) {
    if (s->tr.relay == RELAY_NONE || s->tr.relay == RELAY_LOCAL ||
        v->relay > s->tr.relay) {
      s->tr.relay = v->relay;
      s->tr.relay_name = v->name;
    }
  }
  return 1;
}

static void log_rcpt(struct smtp *s, char const *to, size_t n,
                     struct verdict const *v)
{
  struct log l;

  smtp_log(s, &l, "rcpt");
  log_bytes(&l, "from", s->tr.sender.s, s->tr.sender.len);
  log_bytes(&l, "to", to, n);
  smtp_log_relay(&l, v->relay, v->name);
  log_bytes(&l, "code", v->reply, 3);
  if (v->why) log_string(&l, "why", v->why);
  log_end(&l);
}

static char const *syntax_fault(struct smtp *s, struct mailbox *m,
                                char const *arg, size_t len)
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
  if (m->utf8 && !s->tr.utf8) return "553 5.6.7 this address needs SMTPUTF8";
  return 0;
}

void recipient_add(struct smtp *s, char const *arg, size_t len)
{
  struct verdict v = {.relay = RELAY_NONE, .name = ""};
  struct mailbox m, asked;

  v.reply = syntax_fault(s, &m, arg, len);
  if (v.reply) {
    v.why = "syntax";
    smtp_reply(s, v.reply);
    log_rcpt(s, arg, len, &v);
    return;
  }
  asked = m;
  if (judge_session(s, &v) && judge_mailbox(s, &m, &v) &&
      add_suffix(s, &m, &v)) {
    if (keep(s, &m, &v))
      v.reply = "250 2.1.5 ok";
    else
      refuse(&v, "memory", "451 4.3.0 out of memory");
  }
  smtp_reply2(s, v.reply, v.more ? v.more : "");
  log_rcpt(s, asked.s, asked.len, &v);
}
