#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/env.h>
#include <skalibs/types.h>

#include "addr.h"
#include "childenv.h"
#include "gate.h"
#include "gateway.h"
#include "grant.h"
#include "relay.h"
#include "ruleset.h"
#include "rulesource.h"
#include "store.h"
#include "text.h"
#include "users.h"
#include "verdict.h"
#include "why.h"
#include "whyrcpt.h"

#define LISTENER "postern-tcpserver"
#define SMTPD "postern-smtpd"

struct why {
  struct why_case const *c;
  struct whyprint *p;
  struct whyprint_decision d;
  struct ruleset rules;
  struct verdict verdict;
  struct childenv env;
  struct settings set;
  struct gate gate;
  struct gate_facts facts;
  struct gate_answer answer;
  struct mailbox sender, queued, asked;
  stralloc missed; /* why something that gives a right could not be asked */
  stralloc reply;  /* a line of the rule's, cut as the listener cuts it */
  stralloc doubt;
  stralloc where;
};

/* --- words for all steps --- */

/* Always 0: the client's way ends here. */
static int end(struct why *w, char const *by, char const *verb,
               char const *reply, char const *why)
{
  w->d.outcome = "refused";
  w->d.by = by;
  w->d.verb = verb;
  w->d.reply = reply;
  w->d.why = why;
  return 0;
}

static void add(struct why *w, stralloc *sa, char const *what, char const *why)
{
  if (sa->len) sa->len--;
  if ((sa->len && !stralloc_cats(sa, "; ")) || !stralloc_cats(sa, what) ||
      !stralloc_cats(sa, why ? ": " : "") ||
      !stralloc_cats(sa, why ? why : "") || !stralloc_0(sa))
    w->p->failed = 1;
}

static void doubt(struct why *w, char const *what, char const *why)
{
  add(w, &w->doubt, what, why);
}

static void miss(void *data, char const *what, char const *why)
{
  struct why *w = data;

  add(w, &w->missed, what, why);
}

static void warned(void *data, char const *what, char const *why)
{
  doubt(data, what, why);
}

/* FILE:LINE of an item of one of the lists of control; 0 if it is gone. */
static char const *item_where(struct why *w, char const *name,
                              stralloc const *list, char const *item)
{
  return control_item_where(&w->set.control, name, list, item, &w->where)
             ? w->where.s
             : 0;
}

/* A row about that record. */
static void row_in_store(struct why *w, char const *step, char const *store,
                         char const *key)
{
  w->where.len = 0;
  if (!stralloc_cats(&w->where, store) || !stralloc_cats(&w->where, "/") ||
      !stralloc_cats(&w->where, key) || !stralloc_0(&w->where))
    w->p->failed = 1;
  else
    whyprint_row(w->p, step, w->where.s);
}

/* --- the listener --- */

static char const *rule_where(struct why *w)
{
  struct ruleset *rs = &w->rules;
  struct rule_match const *m = &w->verdict.match;

  w->where.len = 0;
  if (rulesource_where(rs->path, &rs->seen, &rs->map, m->key, m->klen,
                       &w->where) <= 0 ||
      !stralloc_0(&w->where))
    return 0;
  return w->where.s;
}

static void show_rule(struct why *w)
{
  struct verdict const *v = &w->verdict;
  struct whyprint *p = w->p;
  char const *where = rule_where(w);

  SAY(p, "rule ");
  if (v->match.klen)
    whyprint_bytes(p, v->match.key, v->match.klen);
  else
    SAY(p, "for everybody (the empty key)");
  SAY(p, v->kind == VERDICT_DENY ? ": deny" : ": allow");
  if (!where) SAY(p, ", source line unknown");
  whyprint_row(p, "rules", where);
  for (size_t i = 0; i < v->n; i++) {
    char const *value = strchr(v->env[i], '=') + 1;

    SAY(p, "sets ");
    whyprint_bytes(p, v->env[i], (size_t)(value - v->env[i]));
    SAY(p, "\"", value, "\"");
    whyprint_row(p, "rules", 0);
  }
}

static int no_rules(struct why *w, char const *why)
{
  SAY(w->p, "cannot be asked: ", why);
  whyprint_row(w->p, "rules", w->c->rules);
  doubt(w, w->c->rules, why);
  return end(w, LISTENER, "CONNECT", verdict_text(VERDICT_RULES), "rules");
}

static char const *why_not(int e)
{
  return e == EPROTO ? "damaged, or not a CDB" : strerror(e);
}

/* What the listener sends of a text. */
static char const *cut(struct why *w, char const *text)
{
  if (!stralloc_copyb(&w->reply, text, verdict_line(text)) ||
      !stralloc_0(&w->reply))
    w->p->failed = 1;
  return w->p->failed ? "" : w->reply.s;
}

/* The routes are those of who asks: the listener may run in another network. */
static void show_gateway(struct why *w)
{
  struct gateways g;

  gateway_read(&g);
  verdict_trap(&w->verdict, &g, &w->c->client);
  if (!w->verdict.gateway) return;
  SAY(w->p, g.unknown ? "may be" : "is",
      " our own gateway, and no rule says POSTERN_GATEWAY=\"ok\": no right by "
      "address");
  whyprint_row(w->p, "gateway", 0);
}

static int step_rules(struct why *w)
{
  struct verdict *v = &w->verdict;

  ruleset_init(&w->rules, w->c->rules, w->c->may_be_missing);
  ruleset_refresh(&w->rules, 1, 1);
  if (w->rules.state == RULESET_UNUSABLE)
    return no_rules(w, why_not(w->rules.error));
  verdict_find(v, w->rules.state == RULESET_GOOD ? &w->rules.map : 0,
               &w->c->client);
  if (v->kind == VERDICT_BAD) return no_rules(w, v->why);
  if (v->matched) {
    show_rule(w);
  } else {
    SAY(w->p, w->rules.state == RULESET_GOOD ? "no rule applies: allow"
                                             : "there are none: allow");
    whyprint_row(w->p, "rules", w->c->rules);
  }
  show_gateway(w);
  if (v->kind == VERDICT_ALLOW) return 1;
  return end(w, LISTENER, "CONNECT", v->deny_text ? cut(w, v->deny_text) : "",
             "deny");
}

static int step_limits(struct why *w)
{
  struct verdict const *v = &w->verdict;
  struct why_case const *c = w->c;
  uint32_t most = verdict_most(v, c->per_ip);
  struct whyprint *p = w->p;

  if (most) {
    SAY(p, "at most ");
    whyprint_number(p, most);
    SAY(p, " connections at once from that address, by ",
        v->has_max ? "MAXCONNIP" : "-c");
  } else if (v->has_max || c->has_per_ip) {
    SAY(p, "any number of connections, by ", v->has_max ? "MAXCONNIP" : "-c");
  } else {
    SAY(p, "no MAXCONNIP; the listener's -C is not known (-c)");
  }
  if (most && c->count) {
    SAY(p, "; this is number ");
    whyprint_number(p, c->count);
  } else if (most) {
    SAY(p, "; how many there are is not known (-n)");
  }
  whyprint_row(p, "limits", 0);
  if (!most || c->count <= most) return 1;
  return end(w, LISTENER, "CONNECT",
             v->limit_text ? cut(w, v->limit_text)
                           : verdict_text(VERDICT_LIMIT),
             "limit");
}

/* What postern-grant-check finds when the listener has run it. */
static int step_environment(struct why *w)
{
  stralloc dropped = STRALLOC_ZERO;
  char const *const *envp;

  if (!childenv_init(&w->env, w->c->env, w->c->keep, &dropped) ||
      !stralloc_0(&dropped)) {
    w->p->failed = 1;
    return 0;
  }
  if (dropped.len > 1) {
    SAY(w->p, "removes what it was started with (-k keeps it):", dropped.s);
    whyprint_row(w->p, "listener", 0);
  }
  stralloc_free(&dropped);
  envp = childenv_make(&w->env, &w->c->client, &w->verdict);
  if (!envp)
    return end(w, LISTENER, "CONNECT", verdict_text(VERDICT_RULES), "rules");
  environ = (char **)envp;
  if (!w->c->has_local) unsetenv("TCPLOCALIP");
  return 1;
}

/* --- the words between --- */

static void set_variable(struct why *w, char const *name, char const *value)
{
  if (setenv(name, value, 1) < 0) w->p->failed = 1;
}

static void show_grant(struct why *w, struct grant const *g, uint64_t now,
                       int fresh)
{
  char key[GRANT_KEY_MAX];
  struct whyprint *p = w->p;
  uint32_t left = grant_left(g, w->c->maxage, now);

  grant_key(key, &g->ip, g->bits);
  SAY(p, fresh ? "fresh: " : "stale: ", g->user, ", ");
  if (g->set > now) {
    SAY(p, "dated in the future");
  } else {
    SAY(p, "set ");
    whyprint_number(p, now - g->set);
    SAY(p, " s ago");
  }
  if (fresh) {
    SAY(p, ", ");
    whyprint_number(p, left);
    SAY(p, " s left");
  }
  row_in_store(w, "grant", w->c->grants, key);
}

static void take_grant(struct why *w, struct grant const *g)
{
  char reason[GRANT_REASON];

  if (grant_is_gateway(getenv("POSTERN_GATEWAY"))) {
    SAY(w->p, "which gives nothing to our own gateway");
    whyprint_row(w->p, "grant", 0);
    if (!getenv("RELAYCLIENT"))
      set_variable(w, "RELAYREASON", RELAY_SUPPRESSED "gateway");
    return;
  }
  grant_reason(reason, g);
  if (!getenv("RELAYCLIENT")) set_variable(w, "RELAYCLIENT", "");
  set_variable(w, "RELAYREASON", reason);
}

static enum grant_found look(struct why *w, struct grant *g, uint64_t *now,
                             char const **why)
{
  char const *remote = ucspi_get("REMOTEIP"); /* a rule may have set it */
  enum grant_found found = GRANT_ERROR;
  struct store s;
  ip46 ip;

  *why = "${PROTO}REMOTEIP is not set";
  if (!remote) return GRANT_ERROR;
  *why = "${PROTO}REMOTEIP is not an IP address";
  if (!addr_scan(remote, &ip)) return GRANT_ERROR;
  if (store_open(&s, w->c->grants, STORE_GET)) {
    found = grant_check(&s, &ip, w->c->bits6, w->c->maxage, g, now, why);
    store_close(&s);
  } else {
    *why = store_why(&s);
  }
  if (found == GRANT_ERROR) miss(w, w->c->grants, *why);
  return found;
}

static int step_grant(struct why *w)
{
  struct grant g;
  uint64_t now;
  char const *why;

  if (!w->c->grants) {
    SAY(w->p, "not asked (-G)");
    whyprint_row(w->p, "grant", 0);
    return 1;
  }
  switch (look(w, &g, &now, &why)) {
  case GRANT_FRESH:
    show_grant(w, &g, now, 1);
    take_grant(w, &g);
    return 1;
  case GRANT_STALE: show_grant(w, &g, now, 0); return 1;
  case GRANT_NONE: SAY(w->p, "none"); break;
  case GRANT_ERROR: SAY(w->p, "cannot be looked for, so there is none: ", why);
  }
  whyprint_row(w->p, "grant", w->c->grants);
  return 1;
}

/* As postern-starttls -i leaves it; after STARTTLS a session knows the same. */
static int step_wire(struct why *w)
{
  if (!w->c->tls) return 1;
  for (size_t i = 0; tlsfacts_names[i]; i++)
    unsetenv(tlsfacts_names[i]);
  set_variable(w, "POSTERN_TLS", "TLS");
  if (w->c->fingerprint)
    set_variable(w, "POSTERN_CERT_SHA256", w->c->fingerprint);
  unsetenv("UCSPITLS");
  return 1;
}

/* --- the session --- */

static int step_settings(struct why *w)
{
  struct settings *s = &w->set;

  s->control.dir = w->c->control;
  s->mailboxes = w->c->mailboxes;
  s->names = w->c->names;
  s->auth_socket = ""; /* somebody who judges: which one does not matter */
  w->gate = (struct gate){.set = s, .warn = warned, .data = w};
  if (settings_load(s)) return 1;
  doubt(w, s->control.why.len ? s->control.why.s : "out of memory", 0);
  SAY(w->p, "cannot be used: ", w->doubt.s);
  whyprint_row(w->p, "control", 0);
  return end(w, SMTPD, "CONNECT", "421 4.3.0 unable to read controls",
             "controls");
}

static int step_tls(struct why *w)
{
  struct tlsfacts const *f = &w->set.tls;
  struct whyprint *p = w->p;
  char const *where = 0;

  w->facts.cert = gate_cert(&w->set, f);
  SAY(p, f->active ? "private wire" : "the wire is not private");
  if (f->fingerprint) SAY(p, ", certificate ", f->fingerprint);
  if (w->facts.cert) {
    where = item_where(w, "relaycerts", &w->set.relaycerts, w->facts.cert);
    SAY(p, " is ", w->facts.cert);
  } else if (f->fingerprint) {
    SAY(p, " is not in relaycerts");
  }
  if (w->set.ucspitls.required) SAY(p, "; TLS is required");
  whyprint_row(p, "tls", where);
  return 1;
}

static int shows_password(char const *name)
{
  static char const *const names[] = {"PLAIN", "LOGIN", "OAUTHBEARER",
                                      "XOAUTH2"};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(name, names[i])) return 1;
  return 0;
}

/* Why AUTH fails whatever the password, or 0. */
static char const *auth_fault(struct why *w)
{
  char const *name = w->c->mechanism;

  if (gate_wants_tls(&w->set.ucspitls, &w->set.tls)) return GATE_NEEDS_TLS;
  if (!settings_has_auth(&w->set)) return "503 5.5.1 auth not available";
  if (!settings_named(&w->set, name))
    return "504 5.5.4 auth type unimplemented";
  return gate_mechanism(&w->set, &w->set.tls, w->facts.cert, name,
                        shows_password(name));
}

/* 1 if he may log in. */
static int may_log_in(struct why *w, char const **text)
{
  stralloc sa = STRALLOC_ZERO;
  cdbmap m = CDBMAP_ZERO;
  struct user u;
  int r;

  *text = "taken for granted: no mailboxes.cdb (-U)";
  if (!w->c->mailboxes) return 1;
  r = cdbmap_open(&m, w->c->mailboxes)
          ? users_find(&m, w->c->user, strlen(w->c->user), &sa, &u)
          : -1;
  if (r < 0) doubt(w, w->c->mailboxes, why_not(errno));
  *text = r < 0        ? "cannot be looked up"
          : !r         ? "no such user: 535 5.7.8 authentication failed"
          : u.disabled ? "disabled: 535 5.7.8 authentication failed"
                       : "exists, and is not disabled";
  r = r > 0 && !u.disabled;
  cdbmap_close(&m);
  stralloc_free(&sa);
  return r;
}

static int step_user(struct why *w)
{
  struct whyprint *p = w->p;
  char const *fault, *text;

  if (!w->c->user) {
    SAY(p, "nobody logs in");
    whyprint_row(p, "user", 0);
    return 1;
  }
  fault = auth_fault(w);
  if (fault) {
    SAY(p, w->c->user, " cannot say AUTH ", w->c->mechanism, ": ", fault);
    whyprint_row(p, "user", 0);
    return 1;
  }
  if (may_log_in(w, &text)) w->facts.user = w->c->user;
  SAY(p, w->c->user, " ", text);
  whyprint_row(p, "user", w->c->mailboxes);
  return 1;
}

/* Only blanks may stand between the colon and what follows, and behind it. */
static size_t trim(char const **s)
{
  size_t n;

  *s += strspn(*s, " ");
  n = strlen(*s);
  while (n && ((*s)[n - 1] == ' ' || (*s)[n - 1] == '\t'))
    n--;
  return n;
}

/* Why MAIL is refused, or 0.  Of its parameters there is only SMTPUTF8. */
static char const *mail_fault(struct why *w, char const *s, size_t n,
                              char const **why)
{
  char const *fault;
  size_t used;

  *why = "tls";
  if (gate_wants_tls(&w->set.ucspitls, &w->set.tls)) return GATE_NEEDS_TLS;
  *why = "auth";
  if (gate_wants_auth(&w->set, w->facts.user)) return GATE_NEEDS_AUTH;
  *why = "syntax";
  fault = gate_sender(&w->sender, s, n, &used);
  if (fault) return fault;
  return gate_utf8(&w->sender, w->c->utf8);
}

static int step_sender(struct why *w)
{
  char const *s = w->c->sender ? w->c->sender : "<>", *why, *item;
  size_t n = trim(&s);
  char const *fault = mail_fault(w, s, n, &why);
  struct whyprint *p = w->p;

  w->facts.utf8 = w->c->utf8;
  whyprint_bytes(p, s, n);
  if (fault) {
    SAY(p, ": ", fault);
    whyprint_row(p, "sender", 0);
    return end(w, SMTPD, "MAIL", fault, why);
  }
  item = gate_bad_sender(&w->set, &w->sender);
  w->facts.bad_sender = !!item;
  if (!w->c->sender) SAY(p, " (none was given)");
  SAY(p, item ? " is in badmailfrom: " : " may be", item ? item : "");
  whyprint_row(p, "sender",
               item ? item_where(w, "badmailfrom", &w->set.badmailfrom, item)
                    : 0);
  return 1;
}

/* --- the recipient --- */

/* The names of whoever is behind a private address. */
static void show_names(struct why *w, struct crowd const *c)
{
  char key[ADDR_FMT];
  ip46 ip;

  if (!*c->names || !addr_scan(w->set.remote_ip, &ip)) return;
  addr_fmt(key, &ip);
  SAY(w->p, c->names);
  row_in_store(w, "crowd", w->c->names, key);
}

static void show_crowd(struct why *w, struct crowd const *c)
{
  struct whyprint *p = w->p;

  whyprint_number(p, c->n);
  SAY(p, c->n == 1 ? " name" : " names");
  if (w->c->helo) SAY(p, " with ", w->c->helo);
  SAY(p, " behind that private address, ",
      w->facts.crowd ? "more than " : "of at most ");
  whyprint_number(p, w->set.maxnames);
  if (w->facts.crowd)
    SAY(p, ", and no rule says POSTERN_GATEWAY=\"ok\": no right by address");
  whyprint_row(p, "crowd", 0);
  show_names(w, c);
}

static int step_crowd(struct why *w)
{
  struct gate_facts const *f = &w->facts;
  char name[CROWD_NAME + 1];
  struct crowd c;

  if (!gate_rests_on_address(&w->gate, f)) return 1;
  if (!w->c->names) {
    SAY(w->p, "not asked (-N)");
    whyprint_row(w->p, "crowd", 0);
    return 1;
  }
  if (w->c->helo) crowd_name(name, w->c->helo);
  w->gate.warn = miss;
  w->facts.crowd = gate_crowd(&w->gate, w->c->helo ? name : 0, &c);
  w->gate.warn = warned;
  if (c.n || !w->facts.crowd) {
    show_crowd(w, &c);
  } else {
    SAY(w->p, "cannot be told, so there is no right by address");
    whyprint_row(w->p, "crowd", w->c->names);
  }
  return 1;
}

static int step_recipient(struct why *w)
{
  struct gate_answer *a = &w->answer;
  char const *s = w->c->recipient;
  size_t n = trim(&s);
  struct whyrcpt const r = {.p = w->p,
                            .set = &w->set,
                            .gate = &w->gate,
                            .answer = a,
                            .queued = &w->queued,
                            .asked = &w->asked};

  gate_recipient(&w->gate, &w->facts, s, n, &w->queued, &w->asked, a);
  whyrcpt_show(&r, s, n);
  end(w, SMTPD, "RCPT", a->reply, a->why);
  w->d.more = a->more;
  w->d.prefix = relay_prefix(a->relay, a->name);
  w->d.name = a->name;
  /* a right would have been of use */
  if (w->missed.len && a->relay == RELAY_NONE && a->why &&
      (!strcmp(a->why, "rcpthosts") || !strcmp(a->why, "routed")))
    doubt(w, w->missed.s, 0);
  if (a->why) return 0;
  w->d.outcome = "accepted";
  w->d.to = w->queued.s;
  return 0;
}

typedef int step(struct why *);

enum why_code why_run(struct why_case const *c, struct whyprint *p)
{
  static step *const steps[] = {step_rules, step_limits,   step_environment,
                                step_grant, step_wire,     step_settings,
                                step_tls,   step_user,     step_sender,
                                step_crowd, step_recipient};
  struct why w = {.c = c, .p = p};
  char **outside = environ;

  w.d = (struct whyprint_decision){.prefix = relay_prefix(RELAY_NONE, ""),
                                   .name = ""};
  for (size_t i = 0; i < sizeof steps / sizeof *steps && !p->failed; i++)
    if (!steps[i](&w)) break;
  if (w.doubt.len) {
    w.d.outcome = "unknown";
    w.d.doubt = w.doubt.s;
  }
  if (!p->failed) whyprint_end(p, &w.d);
  environ = outside;
  childenv_free(&w.env);
  ruleset_free(&w.rules);
  gate_free(&w.gate);
  settings_free(&w.set);
  stralloc_free(&w.reply);
  stralloc_free(&w.doubt);
  stralloc_free(&w.missed);
  stralloc_free(&w.where);
  if (p->failed || w.d.doubt) return WHY_UNKNOWN;
  return !strcmp(w.d.outcome, "accepted") ? WHY_ACCEPTED : WHY_REFUSED;
}
