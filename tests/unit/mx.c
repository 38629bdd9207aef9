/* Unit test of src/admin/mx.c: what of the answers is a finding.  That they are
   asked for rightly is tests/admin/postern-doctor.t's. */
#include <string.h>

#include "mx.h"
#include "unit.h"

#define HINT "    give it an MX that is here, or take the line out\n"

static struct {
  struct mx_question q;
  char const *want;
} const t[] = {
    {{"d", 1, 0, MX_HERE, 0, "mx"}, ""},
    {{"d", 1, 0, MX_HERE, 1, "d"}, ""},
    {{"d", 1, 0, MX_ELSEWHERE, 0, "mx"},
     "advice: /r: mail for d is taken, and the world sends it to mx\n" HINT},
    {{"d", 1, 0, MX_NONE, 0, ""},
     "advice: /r: mail for d is taken, and the DNS does not say where to send "
     "it\n" HINT},
    {{"d", 1, 0, MX_UNKNOWN, 0, ""},
     "fault: d: cannot be looked at: no answer from the DNS\n"
     "    see that the name servers answer, and look again\n"},
    {{"d", 0, 0, MX_HERE, 0, "mx"},
     "fault: /r: mail for d comes here, by its MX mx, and is refused\n"
     "    $ echo d >>/r\n"},
    {{"d", 0, 1, MX_HERE, 0, "mx"},
     "fault: /r: mail for d comes here, by its MX mx, and is refused\n"
     "    $ echo d >>/r\n"},
    {{"d", 0, 0, MX_HERE, 1, "d"},
     "advice: /r: mail for d comes here, by its address, and is refused\n"
     "    $ echo d >>/r\n"},
    {{"d", 0, 1, MX_HERE, 1, "d"}, ""},
    {{"d", 0, 0, MX_ELSEWHERE, 0, "mx"}, ""},
    {{"d", 0, 0, MX_NONE, 0, ""}, ""},
    {{"d", 0, 0, MX_UNKNOWN, 0, ""}, ""},
};

int main(void)
{
  struct mx_here const here = {.servers = "no address"};
  struct mx_question q = {.domain = "d"};

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct findings f = {.lost = 0};
    stralloc sa = STRALLOC_ZERO;
    char name[32];

    mx_exam(&f, "/r", &t[i].q, 1);
    snprintf(name, sizeof name, "answer %zu", i + 1);
    ok(findings_text(&f, &sa) && stralloc_0(&sa) && !strcmp(sa.s, t[i].want),
       name);
    stralloc_free(&sa);
    findings_free(&f);
  }
  ok(mx_ask(&q, 1, &here, 1) != 0, "servers that are none");
  ok(!mx_ask(&q, 0, &(struct mx_here){.me = 0}, 1), "no question");
  return done();
}
