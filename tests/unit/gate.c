/* Unit test of src/lib/gate.c: MAIL and RCPT by client, and what was decisive.
   tests/unit/recipient.c and tests/smtp say the same by SMTP. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "addr.h"
#include "cdbmap.h"
#include "gate.h"
#include "unit.h"

static struct {
  char const *to;
  char const *user;
  char const *relayclient;
  char const *code;
  enum relay relay;
  char const *why;
  enum gate_by local;
  enum gate_by box;
} const t[] = {
    {"<joe@local.example>", 0, 0, "250", RELAY_LOCAL, 0, GATE_RCPTHOSTS,
     GATE_MAILBOX},
    {"<joe@a.sub.example>", 0, 0, "550", RELAY_LOCAL, "mailbox", GATE_RCPTHOSTS,
     GATE_NOTHING},
    {"<web@local.example>", 0, 0, "250", RELAY_LOCAL, 0, GATE_RCPTHOSTS,
     GATE_ALIAS},
    {"<any@all.example>", 0, 0, "250", RELAY_LOCAL, 0, GATE_MORE,
     GATE_DOMAIN_ALIAS},
    {"<no@local.example>", 0, 0, "550", RELAY_LOCAL, "mailbox", GATE_RCPTHOSTS,
     GATE_NOTHING},
    {"<postmaster>", 0, 0, "250", RELAY_LOCAL, 0, GATE_POSTMASTER,
     GATE_POSTMASTER},
    {"<a@far.example>", 0, 0, "553", RELAY_NONE, "rcpthosts", GATE_NOTHING,
     GATE_NOTHING},
    {"<a@far.example>", "joe", 0, "250", RELAY_AUTH, 0, GATE_NOTHING,
     GATE_NOTHING},
    {"<a@far.example>", 0, "", "250", RELAY_ENV, 0, GATE_NOTHING, GATE_NOTHING},
    {"<a@far.example>", 0, "no domain", "553", RELAY_ENV, "suffix",
     GATE_NOTHING, GATE_NOTHING},
    {"<a@back.example>", 0, 0, "250", RELAY_BACKUP, 0, GATE_NOTHING,
     GATE_NOTHING},
    {"<a%b@local.example>", 0, 0, "553", RELAY_NONE, "routed", GATE_RCPTHOSTS,
     GATE_NOTHING},
    {"<a@far.example> X=1", "joe", 0, "555", RELAY_NONE, "syntax", GATE_NOTHING,
     GATE_NOTHING},
    {"a@far.example", "joe", 0, "501", RELAY_NONE, "syntax", GATE_NOTHING,
     GATE_NOTHING},
};

static unsigned int warnings;

static void warned(void *data, char const *what, char const *why)
{
  (void)data;
  (void)what;
  (void)why;
  warnings++;
}

static void write_cdb(char const *path, char const *key, char const *data)
{
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);

  if (!cdbmap_make_add(mk, key, strlen(key), data, strlen(data)) ||
      !cdbmap_make_finish(mk))
    abort();
  cdbmap_make_free(mk);
  close(fd);
}

static void write_text(char const *path, char const *s)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  if (fd < 0 || write(fd, s, strlen(s)) != (ssize_t)strlen(s)) abort();
  close(fd);
}

static struct settings settings(void)
{
  static char const hosts[] = "local.example\0.sub.example";
  struct settings s = {.control = {.dir = "."},
                       .mailboxes = "mailboxes.cdb",
                       .has_rcpthosts = 1,
                       .maxrcpt = 3};

  stralloc_copyb(&s.me, "mx.example", 11);
  stralloc_copyb(&s.localiphost, "mx.example", 11);
  stralloc_copyb(&s.rcpthosts, hosts, sizeof hosts);
  stralloc_copyb(&s.backupmx, "back.example", 13);
  stralloc_copyb(&s.badmailfrom, "@bad.example\0one@x.example", 27);
  return s;
}

static struct gate_answer ask(struct gate *g, struct gate_facts const *f,
                              char const *to, struct mailbox *m)
{
  static struct mailbox asked;
  struct gate_answer a;

  gate_recipient(g, f, to, strlen(to), m, &asked, &a);
  return a;
}

static void recipients(struct settings *set)
{
  struct gate g = {.set = set, .warn = warned};
  struct mailbox m;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct gate_facts f = {.user = t[i].user};
    struct gate_answer a;

    set->relayclient = t[i].relayclient;
    a = ask(&g, &f, t[i].to, &m);
    ok(!strncmp(a.reply, t[i].code, 3) && a.relay == t[i].relay &&
           (t[i].why ? a.why && !strcmp(a.why, t[i].why) : !a.why) &&
           a.local == t[i].local && a.box == t[i].box,
       t[i].to);
  }
  set->relayclient = 0;
  gate_free(&g);
}

static void evidence(struct settings *set)
{
  struct gate g = {.set = set, .warn = warned};
  struct gate_facts f = {.user = 0};
  struct mailbox m;
  struct gate_answer a = ask(&g, &f, "<joe@a.SUB.example>", &m);

  ok(a.local_item && !strcmp(a.local_item, ".sub.example"), "which rcpthost");
  a = ask(&g, &f, "<a@all.example>", &m);
  ok(a.local_item && !strcmp(a.local_item, "all.example"), "which of more");
  a = ask(&g, &f, "<a@back.example>", &m);
  ok(a.backup && !strcmp(a.backup, "back.example"), "which backup");
  set->relayclient = "@gate.example";
  a = ask(&g, &f, "<a@far.example>", &m);
  ok(!a.why && !strcmp(m.s, "a@far.example@gate.example"), "a suffix");
  f.user = "joe";
  a = ask(&g, &f, "<a@far.example>", &m);
  ok(!a.why && !strcmp(m.s, "a@far.example"), "none for who logged in");
  set->relayclient = 0;
  f.rcpts = 3;
  ok(!strncmp(ask(&g, &f, "<a@far.example>", &m).reply, "452", 3), "too many");
  f.rcpts = 0;
  f.bad_sender = 1;
  a = ask(&g, &f, "<joe@local.example>", &m);
  ok(!strcmp(a.why, "badmailfrom"), "a bad sender");
  set->rblsmtpd = "-listed";
  a = ask(&g, &f, "<joe@local.example>", &m);
  ok(!strcmp(a.why, "rblsmtpd") && !strcmp(a.more, "listed"), "RBLSMTPD");
  set->rblsmtpd = 0;
  gate_free(&g);
}

static void damaged(struct settings *set)
{
  struct gate g = {.set = set, .warn = warned};
  struct gate_facts f = {.user = 0};
  struct mailbox m;

  write_text("morercpthosts.cdb", "this is no constant database");
  ok(!strncmp(ask(&g, &f, "<a@far.example>", &m).reply, "451", 3) && warnings,
     "a damaged morercpthosts.cdb");
  ok(!strncmp(ask(&g, &f, "<joe@local.example>", &m).reply, "250", 3),
     "which is not asked of rcpthosts' own");
  gate_free(&g);
  warnings = 0;
  g = (struct gate){.set = set, .warn = warned};
  write_text("aliases", "no colon\n");
  ok(!strncmp(ask(&g, &f, "<joe@local.example>", &m).reply, "451", 3) &&
         warnings == 1,
     "damaged aliases");
  gate_free(&g);
}

static void session(struct settings *set)
{
  struct tlsfacts plain = {0}, tls = {.active = 1};
  struct ucspitls required = {.required = 1};
  struct mailbox m;
  size_t used;

  ok(gate_wants_tls(&required, &plain) && !gate_wants_tls(&required, &tls),
     "TLS required");
  ok(!gate_wants_auth(set, 0), "AUTH not required");
  set->auth_required = 1;
  ok(gate_wants_auth(set, 0) && !gate_wants_auth(set, "joe"), "AUTH required");
  ok(!strncmp(gate_mechanism(set, &plain, 0, "PLAIN", 1), "538", 3) &&
         !gate_mechanism(set, &tls, 0, "PLAIN", 1) &&
         !gate_mechanism(set, &plain, 0, "CRAM-MD5", 0),
     "passwords in clear");
  ok(gate_mechanism(set, &tls, 0, "EXTERNAL", 0) &&
         !gate_mechanism(set, &tls, "host", "EXTERNAL", 0) &&
         gate_mechanism(set, &tls, 0, "SCRAM-SHA-256-PLUS", 0) &&
         gate_mechanism(set, &tls, "host", "ANONYMOUS", 0),
     "what must be there for it");
  ok(!gate_sender(&m, "<a@bad.example>", 15, &used) && used == 15, "a sender");
  ok(gate_bad_sender(set, &m) &&
         !strcmp(gate_bad_sender(set, &m), "@bad.example"),
     "which item of badmailfrom");
  ok(!gate_sender(&m, "<>", 2, &used) && !gate_bad_sender(set, &m), "bounces");
  ok(!strncmp(gate_sender(&m, "<a>", 3, &used), "553", 3), "no domain");
}

/* Whose right rests on a private address. */
static struct {
  char const *what;
  char const *ip;
  char const *relayclient;
  char const *relayreason;
  char const *user;
  char const *cert;
  int gateway_ok;
  int rests;
} const rights[] = {
    {"a rule", "10.1.2.3", "", "rule:10.", 0, 0, 0, 1},
    {"a grant", "fd00::1", "", "grant:joe", 0, 0, 0, 1},
    {"nobody says why", "192.168.1.1", "@x", 0, 0, 0, 0, 1},
    {"no right", "10.1.2.3", 0, "rule:10.", 0, 0, 0, 0},
    {"suppressed", "10.1.2.3", 0, "suppressed:gateway", 0, 0, 0, 0},
    {"everybody's address", "192.0.2.7", "", "rule:", 0, 0, 0, 0},
    {"this host", "127.0.0.1", "", "rule:127.", 0, 0, 0, 0},
    {"no address", 0, "", "rule:", 0, 0, 0, 1},
    {"half an address", "192.0.2", "", "rule:", 0, 0, 0, 1},
    {"the rule consents", "10.1.2.3", "", "rule:10.", 0, 0, 1, 0},
    {"he logged in", "10.1.2.3", "", "rule:10.", "joe", 0, 0, 0},
    {"a certificate", "10.1.2.3", "", "rule:10.", 0, "mx", 0, 0},
    {"one that was looked at before", "10.1.2.3", "", "cert:mx", 0, 0, 0, 0},
    {"a certificate, and a grant", "10.1.2.3", "", "grant:joe", 0, "mx", 0, 1},
};

static void addresses(struct settings *set)
{
  struct gate g = {.set = set, .warn = warned};

  for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
    struct gate_facts f = {
        .user = rights[i].user, .cert = rights[i].cert, .crowd = 1};

    set->remote_ip = rights[i].ip;
    set->relayclient = rights[i].relayclient;
    set->relayreason = rights[i].relayreason;
    set->gateway_ok = rights[i].gateway_ok;
    ok(gate_rests_on_address(&g, &f) == rights[i].rests, rights[i].what);
  }
  set->gateway_ok = 0;
}

static void crowd(struct settings *set)
{
  struct gate g = {.set = set, .warn = warned};
  struct gate_facts f = {.crowd = 1};
  struct gate_answer a;
  struct mailbox m;
  char const *why;
  struct crowd c;
  struct store s;
  ip46 ip;

  addr_scan("10.1.2.3", &ip);
  if (!store_make(&s, "names", 0) || !store_open(&s, "names", STORE_ALL) ||
      !crowd_join(&s, &ip, "a", &why))
    abort();
  set->names = "names";
  set->maxnames = 1;
  set->remote_ip = "10.1.2.3";
  set->relayclient = "@gate.example";
  set->relayreason = "rule:10.";
  warnings = 0;
  ok(!gate_crowd(&g, "a", &c) && c.n == 1 && c.settled, "the one there is");
  ok(gate_crowd(&g, "b", &c) && c.n == 2 && !c.settled, "one more");
  ok(!gate_crowd(&g, 0, &c) && c.n == 1, "nobody");
  set->maxnames = 2;
  ok(!gate_crowd(&g, "b", &c), "as many as there may be");
  a = ask(&g, &f, "<a@far.example>", &m);
  ok(a.relay == RELAY_NONE && !strcmp(a.name, "suppressed:gateway") && a.why,
     "a crowd has no right");
  f.cert = "mx";
  a = ask(&g, &f, "<a@far.example>", &m);
  ok(!a.why && a.relay == RELAY_CERT && !strcmp(m.s, "a@far.example"),
     "but of its own, without the suffix");
  ok(!warnings, "nothing was unreadable");
  set->remote_ip = 0;
  ok(gate_crowd(&g, "b", &c) && !c.n && warnings == 1, "no address");
  set->remote_ip = "10.1.2.3";
  set->names = "none";
  ok(gate_crowd(&g, "b", &c) && !c.n && warnings == 2, "no store");
  store_close(&s);
  set->names = set->relayclient = set->relayreason = 0;
  warnings = 0;
  gate_free(&g);
}

int main(void)
{
  struct settings set = settings();

  write_cdb("morercpthosts.cdb", "all.example", "");
  write_cdb("mailboxes.cdb", "joe@local.example", "::::/home/joe::");
  write_text("aliases", "web@local.example: joe@local.example\n"
                        "@all.example: joe@local.example\n");
  recipients(&set);
  evidence(&set);
  session(&set);
  ok(!warnings, "nothing was unreadable");
  addresses(&set);
  crowd(&set);
  damaged(&set);
  settings_free(&set);
  return done();
}
