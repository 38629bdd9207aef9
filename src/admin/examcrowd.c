#include "examcrowd.h"

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include "crowd.h"
#include "verdict.h"

/* And not to whoever may be behind it. */
static int may_relay(cdbmap const *rules, ip46 const *ip)
{
  struct client c = {.remote = *ip};
  struct verdict v;

  verdict_find(&v, rules, &c);
  return v.kind == VERDICT_ALLOW && v.relay && !v.gateway_ok;
}

static void tell(struct findings *f, char const *record, size_t names,
                 uint64_t most)
{
  struct place at = {record, 0};
  char n[SIZE_FMT], m[UINT64_FMT];

  n[size_fmt(n, names)] = 0;
  m[uint64_fmt(m, most)] = 0;
  FINDING(f, FAULT, at,
          "this address may not relay, although a rule says so: clients of ", n,
          " names are behind it, more than ", m, "");
  finding_hint(f, "let what stands there send PROXY headers, or take "
                  "RELAYCLIENT out of the rule; or, if all of them may relay, "
                  "say POSTERN_GATEWAY=\"ok\" in it");
}

void exam_crowd(struct findings *f, struct exam_crowd const *x,
                struct store_entry const *e)
{
  stralloc record = STRALLOC_ZERO;
  struct crowd c;
  ip46 ip;

  if (!crowd_from(&ip, &c, e) || !store_fresh(e->record, x->now)) return;
  if (c.n <= x->most || !may_relay(x->rules, &ip)) return;
  if (stralloc_cats(&record, x->names) && stralloc_cats(&record, "/") &&
      stralloc_cats(&record, e->name) && stralloc_0(&record))
    tell(f, record.s, c.n, x->most);
  else
    f->nomem = 1;
  stralloc_free(&record);
}
