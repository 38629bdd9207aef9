/* Unit test of src/smtp/msgid.c. */
#include <stdlib.h>
#include <string.h>

#include "msgid.h"
#include "unit.h"

static struct {
  char const *header, *want;
} const cases[] = {
    {"Message-ID: <a@b>\n\nx", "a@b"},
    {"Subject: x\nmessage-id:<a@b>\nTo: c\n", "a@b"},
    {"MESSAGE-ID:\t <a@b> \t\n\n", "a@b"},
    {"Message-ID:\n <a@b>\n\n", "a@b"},
    {"Message-ID: <a\n\t@b>\n\n", "a@b"},
    {"Message-ID : <a@b>\n\n", "a@b"},
    {"Message-ID: a@b\n", "a@b"},
    {"Message-ID: <a@b", "<a@b"},
    {"Message-ID: <a@b>\nMessage-ID: <c@d>\n", "a@b"},
    {"Message-ID:\nMessage-ID: <c@d>\n", 0},
    {"Message-ID: <>\n\n", 0},
    {"Message-ID: <\n\n", "<"},
    {"Message-ID:  \n\nMessage-ID: <a@b>\n", 0},
    {"\nMessage-ID: <a@b>\n", 0},
    {"X-Message-ID: <a@b>\n\n", 0},
    {"X: y\n Message-ID: <a@b>\n\n", 0},
    {"Message-IDs: <a@b>\n\n", 0},
    {"Message-ID", 0},
    {"Message-I\nMessage-ID:<a@b>\n", "a@b"},
    {"", 0},
    {"Subject: x\n\nMessage-ID: <a@b>\n", 0},
};

static int is(struct msgid const *m, char const *want)
{
  size_t n;
  char const *s = msgid_get(m, &n);

  if (!want || !s) return !want && !s;
  return n == strlen(want) && !memcmp(s, want, n);
}

int main(void)
{
  char big[2 * MSGID_MAX];
  struct msgid m;
  size_t len;

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char const *s = cases[i].header;
    size_t n = strlen(s), wrong = 0;

    for (size_t cut = 0; cut <= n; cut++) {
      msgid_start(&m);
      msgid_feed(&m, s, cut);
      msgid_feed(&m, s + cut, n - cut);
      wrong += !is(&m, cases[i].want);
    }
    msgid_start(&m);
    for (size_t k = 0; k < n; k++)
      msgid_feed(&m, s + k, 1);
    ok(!wrong && is(&m, cases[i].want), s);
  }
  memset(big, 'x', sizeof big);
  msgid_start(&m);
  msgid_feed(&m, "Message-ID:", 11);
  msgid_feed(&m, big, sizeof big);
  ok(msgid_get(&m, &len) == m.s && len == MSGID_MAX, "a long one is cut");
  return done();
}
