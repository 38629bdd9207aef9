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

/* That many bytes, in brackets or not: these, but no more than are logged. */
static int is_cut(char const *open, size_t n, char const *close)
{
  char id[2 * LOG_MSGID_MAX];
  struct msgid m;
  size_t len, want = n < LOG_MSGID_MAX ? n : LOG_MSGID_MAX;
  char const *s;

  memset(id, 'x', n);
  msgid_start(&m);
  msgid_feed(&m, "Message-ID: ", 12);
  msgid_feed(&m, open, strlen(open));
  msgid_feed(&m, id, n);
  msgid_feed(&m, close, strlen(close));
  msgid_feed(&m, "\n\n", 2);
  s = msgid_get(&m, &len);
  return s && len == want && !memcmp(s, id, len);
}

static void long_ones(void)
{
  size_t wrong[2] = {0, 0};

  for (size_t n = LOG_MSGID_MAX - 3; n < LOG_MSGID_MAX + 4; n++) {
    wrong[0] += !is_cut("", n, "");
    wrong[1] += !is_cut("<", n, ">");
  }
  ok(!wrong[0] && is_cut("", 2 * LOG_MSGID_MAX, ""), "a long one is cut");
  ok(!wrong[1] && is_cut("<", 2 * LOG_MSGID_MAX, ">"), "in brackets, too");
}

int main(void)
{
  struct msgid m;

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
  long_ones();
  return done();
}
