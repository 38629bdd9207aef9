/* Fuzz src/lib/mailbox.c: whatever is accepted has the form of a mailbox. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mailbox.h"

static void check(int cond)
{
  if (!cond) abort();
}

static void check_mailbox(struct mailbox const *m, enum mailbox_path kind)
{
  size_t n;
  char const *d = mailbox_domain(m, &n);

  check(m->len <= MAILBOX_MAX && !m->s[m->len] && strlen(m->s) == m->len);
  check(mailbox_is_utf8(m->s, m->len));
  if (!m->len) {
    check(kind == MAILBOX_REVERSE);
    return;
  }
  if (!n) {
    check(kind == MAILBOX_FORWARD && mailbox_is_postmaster(m));
    return;
  }
  check(m->s[m->local] == '@' && m->local > 0);
  check(strrchr(m->s, '@') == m->s + m->local); /* the last one */
  check(d[0] == '[' ? m->literal : mailbox_is_domain(d, n));
  check(d[n - 1] != '.');
  for (size_t i = 0; !m->utf8 && i < m->len; i++)
    check((unsigned char)m->s[i] < 128);
}

static void check_append(struct mailbox m)
{
  size_t n;

  if (!m.len || !mailbox_append(&m, "@gate.example")) return;
  check(!strcmp(mailbox_domain(&m, &n), "gate.example") && n == 12);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size);
int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  char const *s = (char const *)data;
  struct mailbox m;
  struct mailbox_param p;
  size_t used, pos;

  for (int k = MAILBOX_REVERSE; k <= MAILBOX_FORWARD; k++) {
    enum mailbox_result r = mailbox_path(&m, k, s, size, &used);

    check(used <= size);
    if (r) continue;
    check_mailbox(&m, k);
    check_append(m);
    check(s[0] == '<' && s[used - 1] == '>' &&
          (used == size || s[used] == ' '));
    pos = used;
    while (mailbox_param(s, size, &pos, &p) > 0)
      check(p.nlen && pos <= size && (!p.value || p.vlen));
  }
  return 0;
}
