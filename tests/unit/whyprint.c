/* Unit test of src/admin/whyprint.c: rows and the decision, in both forms. */
#include <string.h>

#include "unit.h"
#include "whyprint.h"

#define END ((char const *)0)

static int is(struct whyprint *p, char const *want)
{
  int r = p->out.len == strlen(want) && !memcmp(p->out.s, want, p->out.len);

  if (!r) printf("# %.*s\n", (int)p->out.len, p->out.s);
  p->out.len = 0;
  return r;
}

static void rows(struct whyprint *p)
{
  whyprint_say(p, "a", " b", END);
  whyprint_row(p, "one", 0);
  whyprint_number(p, 12);
  whyprint_row(p, "one", "f:3");
  whyprint_bytes(p, "\"\x1b\\\xff", 4);
  whyprint_row(p, "two", 0);
}

int main(void)
{
  struct whyprint table = {.json = 0}, json = {.json = 1};
  struct whyprint_decision d = {.outcome = "refused",
                                .reply = "553 5.7.1 ",
                                .more = "listed",
                                .verb = "RCPT",
                                .prefix = "rule:",
                                .name = "1.",
                                .why = "rblsmtpd",
                                .by = "p"};

  rows(&table);
  ok(is(&table, "one        a b\n           12  (f:3)\n"
                "two        \"\\x1b\\x5c\\xff\n"),
     "rows");
  rows(&json);
  ok(is(&json, "{\"step\":\"one\",\"text\":\"a b\"}\n"
               "{\"step\":\"one\",\"text\":\"12\",\"where\":\"f:3\"}\n"
               "{\"step\":\"two\",\"text\":\"\\\"\\u001b\\\\\\ufffd\"}\n"),
     "rows of JSON");
  whyprint_end(&table, &d);
  ok(is(&table, "decision   refused: 553 5.7.1 listed\n"
                "           by p at RCPT, relay=rule:1., why=rblsmtpd\n"),
     "a refusal");
  whyprint_end(&json, &d);
  ok(is(&json, "{\"step\":\"decision\",\"outcome\":\"refused\",\"code\":553,"
               "\"reply\":\"553 5.7.1 listed\",\"verb\":\"RCPT\","
               "\"relay\":\"rule:1.\",\"why\":\"rblsmtpd\",\"by\":\"p\"}\n"),
     "as JSON");
  d = (struct whyprint_decision){.outcome = "unknown",
                                 .reply = "",
                                 .verb = "CONNECT",
                                 .prefix = "none",
                                 .name = "",
                                 .by = "l",
                                 .to = "a@b",
                                 .doubt = "x: y"};
  table.step = 0;
  whyprint_end(&table, &d);
  ok(is(&table, "decision   unknown: closed without a word\n"
                "           by l at CONNECT, relay=none\n"
                "           to the queue program as a@b\n"
                "           cannot be told: x: y\n"),
     "no word, no certainty");
  whyprint_end(&json, &d);
  ok(is(&json, "{\"step\":\"decision\",\"outcome\":\"unknown\",\"code\":0,"
               "\"reply\":\"\",\"verb\":\"CONNECT\",\"relay\":\"none\","
               "\"by\":\"l\",\"to\":\"a@b\",\"doubt\":\"x: y\"}\n"),
     "as JSON");
  ok(!table.failed && !json.failed, "memory");
  whyprint_free(&table);
  whyprint_free(&json);
  return done();
}
