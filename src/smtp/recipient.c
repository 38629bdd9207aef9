#include "recipient.h"

static int keep(struct smtp *s, struct mailbox const *m,
                struct gate_answer const *a)
{
  stralloc *e = &s->tr.envelope;

  if (!stralloc_readyplus(e, m->len + 2)) return 0;
  stralloc_append(e, 'T');
  stralloc_catb(e, m->s, m->len + 1);
  s->tr.rcpts++;
  s->tr.rcpt = *m;
  /* the reason of a message is that of the recipient who needed one most */
  if (a->relay != RELAY_LOCAL || s->tr.relay == RELAY_NONE) {
    if (s->tr.relay == RELAY_NONE || s->tr.relay == RELAY_LOCAL ||
        a->relay > s->tr.relay) {
      s->tr.relay = a->relay;
      s->tr.relay_name = a->name;
    }
  }
  return 1;
}

static void log_rcpt(struct smtp *s, char const *to, size_t n,
                     struct gate_answer const *a)
{
  struct log l;

  smtp_log(s, &l, "rcpt");
  log_bytes(&l, "from", s->tr.sender.s, s->tr.sender.len);
  log_bytes(&l, "to", to, n);
  smtp_log_relay(&l, a->relay, a->name);
  log_bytes(&l, "code", a->reply, 3);
  if (a->why) log_string(&l, "why", a->why);
  log_end(&l);
}

void recipient_add(struct smtp *s, char const *arg, size_t len)
{
  struct gate_facts f = smtp_facts(s);
  struct mailbox m, asked;
  struct gate_answer a;

  gate_recipient(&s->gate, &f, arg, len, &m, &asked, &a);
  if (!a.why && !keep(s, &m, &a)) {
    a.why = "memory";
    a.reply = "451 4.3.0 out of memory";
  }
  smtp_reply2(s, a.reply, a.more ? a.more : "");
  if (asked.len)
    log_rcpt(s, asked.s, asked.len, &a);
  else
    log_rcpt(s, arg, len, &a);
}
