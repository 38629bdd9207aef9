/* Unit test of src/admin/whyrcpt.c: an answer in, rows out.  That the answer is
   the gate's is tests/admin/postern-why.t's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "whyrcpt.h"

static char const hosts[] = "local.example\0.sub.example";
static char const backup[] = "back.example";

#define IS "recipient  <A@b> is A@b\n"
#define NEXT "           "
#define OURS NEXT "the domain is ours: .sub.example is in rcpthosts"

static struct {
  char const *what;
  struct gate_answer a;
  int mailboxes; /* -U */
  int more;      /* there is a morercpthosts.cdb */
  int rcpthosts;
  char const *want;
} const t[] = {
    {"no sense in it",
     {.why = "syntax", .reply = "501 no"},
     0,
     0,
     1,
     "recipient  <A@b>: 501 no\n"},
    {"everybody is refused",
     {.why = "rblsmtpd"},
     0,
     0,
     1,
     IS NEXT "RBLSMTPD refuses every recipient\n"},
    {"too many", {.why = "maxrcpt"}, 0, 0, 1, IS},
    {"elsewhere",
     {.why = "rcpthosts"},
     1,
     0,
     1,
     IS NEXT "the domain is not ours: not in rcpthosts\n"},
    {"nor in the big list",
     {.why = "rcpthosts"},
     1,
     1,
     1,
     IS NEXT "the domain is not ours: not in rcpthosts or morercpthosts.cdb\n"},
    {"no list at all",
     {.why = "rcpthosts"},
     1,
     0,
     0,
     IS NEXT "there is no rcpthosts: no domain is ours\n"},
    {"relayed",
     {.relay = RELAY_AUTH},
     1,
     0,
     1,
     IS NEXT "the domain is not ours: not in rcpthosts\n"},
    {"a backup",
     {.relay = RELAY_BACKUP, .backup = backup},
     1,
     0,
     1,
     IS NEXT "the domain is not ours: not in rcpthosts\n" NEXT
             "the domain is in backupmx: back.example  (./backupmx:1)\n"},
    {"ours",
     {.relay = RELAY_LOCAL, .local = GATE_RCPTHOSTS, .local_item = hosts + 14},
     0,
     0,
     1,
     IS OURS "  (./rcpthosts:3)\n" NEXT
             "whether there is such a mailbox is not asked (-U)\n"},
    {"in the big list",
     {.relay = RELAY_LOCAL,
      .local = GATE_MORE,
      .local_item = "b",
      .box = GATE_MAILBOX},
     1,
     1,
     1,
     IS NEXT "the domain is ours: b is in morercpthosts.cdb\n" NEXT
             "the mailbox exists  (boxes.cdb)\n"},
    {"nobody",
     {.relay = RELAY_LOCAL,
      .why = "mailbox",
      .local = GATE_RCPTHOSTS,
      .local_item = hosts + 14},
     1,
     0,
     1,
     IS OURS "  (./rcpthosts:3)\n" NEXT
             "there is no such mailbox or alias  (boxes.cdb)\n"},
    {"it cannot be told",
     {.relay = RELAY_LOCAL,
      .why = "unreadable",
      .local = GATE_RCPTHOSTS,
      .local_item = hosts + 14},
     1,
     0,
     1,
     IS OURS "  (./rcpthosts:3)\n"},
    {"postmaster",
     {.relay = RELAY_LOCAL, .local = GATE_POSTMASTER, .box = GATE_POSTMASTER},
     1,
     0,
     1,
     IS NEXT "postmaster of this host\n" NEXT
             "postmaster is always accepted\n"},
    {"an alias",
     {.relay = RELAY_LOCAL, .local = GATE_POSTMASTER, .box = GATE_ALIAS},
     1,
     0,
     1,
     IS NEXT "postmaster of this host\n" NEXT
             "it is an alias  (./aliases:2)\n"},
    {"the domain's alias",
     {.relay = RELAY_LOCAL, .local = GATE_POSTMASTER, .box = GATE_DOMAIN_ALIAS},
     1,
     0,
     1,
     IS NEXT "postmaster of this host\n" NEXT
             "the domain has an alias for everybody else  (./aliases:3)\n"},
};

static void put(char const *path, char const *s)
{
  FILE *f = fopen(path, "w");

  if (!f || fputs(s, f) < 0 || fclose(f)) abort();
}

static struct mailbox mailbox(char const *s)
{
  struct mailbox m;
  size_t used;

  if (mailbox_path(&m, MAILBOX_FORWARD, s, strlen(s), &used)) abort();
  return m;
}

int main(void)
{
  struct mailbox m = mailbox("<A@b>"), none = {.len = 0};
  struct aliases_error e;

  put("rcpthosts", "local.example\n\n.sub.example\n");
  put("backupmx", "back.example\n");
  put("aliases", "# two\na@b: joe@local.example\n@b: joe@local.example\n");
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct settings set = {.control = {.dir = "."},
                           .mailboxes = t[i].mailboxes ? "boxes.cdb" : 0,
                           .has_rcpthosts = t[i].rcpthosts};
    struct gate g = {.set = &set, .more_opened = t[i].more ? 1 : -1};
    struct whyprint p = {.json = 0};
    struct whyrcpt r = {
        .p = &p,
        .set = &set,
        .gate = &g,
        .answer = &t[i].a,
        .queued = &m,
        .asked = t[i].a.why && !strcmp(t[i].a.why, "syntax") ? &none : &m};

    set.rcpthosts.s = (char *)hosts;
    set.rcpthosts.len = sizeof hosts;
    set.backupmx.s = (char *)backup;
    set.backupmx.len = sizeof backup;
    if (aliases_load(&g.aliases, "aliases", &e) <= 0) abort();
    whyrcpt_show(&r, "<A@b>", 5);
    ok(stralloc_0(&p.out) && !p.failed && !strcmp(p.out.s, t[i].want),
       t[i].what);
    if (strcmp(p.out.s, t[i].want)) printf("# %s\n", p.out.s);
    whyprint_free(&p);
    aliases_free(&g.aliases);
  }
  return done();
}
