/* Unit test of src/admin/ledgerout.c: what the goldens of
   tests/admin/postern-report.t do not show. */
#include <string.h>

#include "ledgerout.h"
#include "unit.h"

static struct ledger g;
static stralloc out;

static void feed(unsigned int i, char const *user)
{
  char line[400];
  int n = snprintf(line, sizeof line,
                   "postern-smtpd: rcpt session=s ip=192.0.2.%u from=a to=b "
                   "relay=auth:%s code=250\n",
                   i, user);

  if (!ledger_feed(&g, line, (size_t)n)) unit_bad++;
}

static int has(char const *s) { return stralloc_0(&out) && strstr(out.s, s); }

static int text(size_t rows)
{
  out.len = 0;
  return ledgerout_text(&g, rows, &out);
}

static int json(void)
{
  out.len = 0;
  return ledgerout_json(&g, &out);
}

static int html(void)
{
  out.len = 0;
  return ledgerout_html(&g, 1, &out);
}

int main(void)
{
  if (!ledger_init(&g, 0, 8, 8)) return 111;
  ledger_end(&g);
  ok(text(0) &&
         !strcmp(out.s, "nothing with a time; 0 lines of ours, 0 others\n"
                        "0 sessions, 0 messages, 0 recipients, 0 bytes\n"
                        "0 refusals, 0 wrong passwords\n\nFindings\n"
                        "  relayed without a reason: 0\n"
                        "  left its habit: 0 of 0 judged\n\n"
                        "By what right                messages  recip.      "
                        "bytes\n  nothing was accepted\n"),
     "nothing at all, in words");
  ok(json() &&
         has("{\"kind\":\"finding\",\"finding\":\"unexplained\","
             "\"recipients\":0}\n") &&
         !has("\"hour\"") && !has("\"clock\""),
     "as JSON");
  ok(html() && has("<p>Relayed without a reason: 0</p>") &&
         has("<p>Nothing was accepted.</p>") && !has("<table"),
     "as a page");

  for (unsigned int i = 0; i < 100; i++)
    feed(i, "<i>&\"'\\x22\\xff");
  ledger_end(&g);
  ok(text(1) && has("  <i>&\"'\\x22\\xff                    0     100") &&
         has("      ~10"),
     "an estimate is marked; a name is as in the log");
  ok(has("more\n") && has(" that did little; a figure above may be too small "
                          "by 23\n"),
     "what is left out is told");
  ok(json() && has("\"name\":\"<i>&\\\"'\\\"\\ufffd\"") &&
         has("{\"kind\":\"rest\",\"of\":\"address\",\"names\":"),
     "as JSON");
  ok(html() && has("<td>&lt;i&gt;&amp;&quot;&#39;\\x22\\xff<svg") &&
         !has("<i>") && !has("<script") && has("did little"),
     "as a page: no name is markup");
  ledger_free(&g);
  stralloc_free(&out);
  return done();
}
