#include "whyrcpt.h"

#include <string.h>

/* A row, with where it says so, if that is known; frees where. */
static void row(struct whyrcpt const *r, int known, stralloc *where)
{
  whyprint_row(r->p, "recipient", known ? where->s : 0);
  stralloc_free(where);
}

static void plain_row(struct whyrcpt const *r)
{
  whyprint_row(r->p, "recipient", 0);
}

static void item_row(struct whyrcpt const *r, char const *name,
                     stralloc const *list, char const *item)
{
  stralloc where = STRALLOC_ZERO;

  row(r, control_item_where(&r->set->control, name, list, item, &where),
      &where);
}

static void alias_row(struct whyrcpt const *r, char const *addr, size_t n)
{
  size_t line = aliases_line(&r->gate->aliases, addr, n);
  stralloc where = STRALLOC_ZERO;

  row(r, line && control_where(&r->set->control, "aliases", line, &where),
      &where);
}

static void show_asked(struct whyrcpt const *r, char const *s, size_t n)
{
  whyprint_bytes(r->p, s, n);
  if (r->asked->len) {
    SAY(r->p, " is ");
    whyprint_bytes(r->p, r->asked->s, r->asked->len);
  } else {
    SAY(r->p, ": ", r->answer->reply);
  }
  plain_row(r);
}

static void show_local(struct whyrcpt const *r)
{
  struct gate_answer const *a = r->answer;

  switch (a->local) {
  case GATE_RCPTHOSTS:
    SAY(r->p, "the domain is ours: ", a->local_item, " is in rcpthosts");
    item_row(r, "rcpthosts", &r->set->rcpthosts, a->local_item);
    return;
  case GATE_POSTMASTER: SAY(r->p, "postmaster of this host"); break;
  case GATE_MORE:
    SAY(r->p, "the domain is ours: ", a->local_item,
        " is in morercpthosts.cdb");
    break;
  default:
    SAY(r->p, r->set->has_rcpthosts
                  ? "the domain is not ours: not in rcpthosts"
                  : "there is no rcpthosts: no domain is ours");
    if (r->gate->more_opened > 0) SAY(r->p, " or morercpthosts.cdb");
  }
  plain_row(r);
}

static void show_box(struct whyrcpt const *r)
{
  struct mailbox const *m = r->queued;
  size_t n;
  char const *domain = mailbox_domain(m, &n);

  switch (r->answer->box) {
  case GATE_ALIAS:
    SAY(r->p, "it is an alias");
    alias_row(r, m->s, m->len);
    return;
  case GATE_DOMAIN_ALIAS:
    SAY(r->p, "the domain has an alias for everybody else");
    alias_row(r, domain - 1, n + 1);
    return;
  case GATE_POSTMASTER:
    SAY(r->p, "postmaster is always accepted");
    plain_row(r);
    return;
  case GATE_NOTHING: SAY(r->p, "there is no such mailbox or alias"); break;
  default: SAY(r->p, "the mailbox exists");
  }
  whyprint_row(r->p, "recipient", r->set->mailboxes);
}

static int refused_for(struct gate_answer const *a, char const *why)
{
  return a->why && !strcmp(a->why, why);
}

/* What was looked for on the way to the answer. */
static void show_judgement(struct whyrcpt const *r)
{
  struct gate_answer const *a = r->answer;

  show_local(r);
  if (a->backup) {
    SAY(r->p, "the domain is in backupmx: ", a->backup);
    item_row(r, "backupmx", &r->set->backupmx, a->backup);
  }
  if (a->relay != RELAY_LOCAL || refused_for(a, "unreadable")) return;
  if (r->set->mailboxes) {
    show_box(r);
  } else {
    SAY(r->p, "whether there is such a mailbox is not asked (-U)");
    plain_row(r);
  }
}

void whyrcpt_show(struct whyrcpt const *r, char const *s, size_t n)
{
  struct gate_answer const *a = r->answer;

  show_asked(r, s, n);
  if (!r->asked->len) return;
  if (refused_for(a, "rblsmtpd")) {
    SAY(r->p, "RBLSMTPD refuses every recipient");
    plain_row(r);
  }
  if (a->relay != RELAY_NONE || !a->why || refused_for(a, "rcpthosts") ||
      refused_for(a, "routed"))
    show_judgement(r);
}
