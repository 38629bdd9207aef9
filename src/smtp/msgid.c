#include <string.h>

#include "msgid.h"
#include "text.h"

static char const name[] = "message-id:";

enum state { NAME, OTHER, VALUE, FOLD, DONE };

void msgid_start(struct msgid *m)
{
  m->len = m->matched = 0;
  m->state = NAME;
}

static int is_blank(char c) { return c == ' ' || c == '\t'; }

/* Blanks at the front and those of folding are not kept. */
static void keep(struct msgid *m, char c)
{
  if (m->len < sizeof m->s && (m->len || !is_blank(c))) m->s[m->len++] = c;
}

/* A byte of a line whose name may still be it. */
static int name_byte(struct msgid *m, char c)
{
  if (c == '\n') {
    if (!m->matched) return DONE;
    m->matched = 0;
    return NAME;
  }
  /* a blank before the colon: RFC 5322 section 4.5, obsolete */
  if (m->matched == sizeof name - 2 && is_blank(c)) return NAME;
  if (!text_equal(&c, 1, name + m->matched, 1)) return OTHER;
  return ++m->matched == sizeof name - 1 ? VALUE : NAME;
}

static int byte(struct msgid *m, char c)
{
  switch ((enum state)m->state) {
  case NAME: return name_byte(m, c);
  case OTHER: m->matched = 0; return c == '\n' ? NAME : OTHER;
  case FOLD:
    if (!is_blank(c)) return DONE;
    return VALUE;
  case VALUE:
    if (c == '\n') return FOLD;
    keep(m, c);
    return VALUE;
  case DONE: break;
  }
  return DONE;
}

void msgid_feed(struct msgid *m, char const *s, size_t n)
{
  for (size_t i = 0; i < n && m->state != DONE; i++) {
    if (m->state == OTHER) {
      char const *lf = memchr(s + i, '\n', n - i);

      if (!lf) return;
      i = (size_t)(lf - s);
    }
    m->state = byte(m, s[i]);
  }
}

char const *msgid_get(struct msgid const *m, size_t *len)
{
  size_t n = m->len, front = 0;
  int cut = n == sizeof m->s; /* the end may be lost */

  while (n && is_blank(m->s[n - 1]))
    n--;
  if (n > 1 && m->s[0] == '<' && (cut || m->s[n - 1] == '>')) {
    front = 1;
    n -= m->s[n - 1] == '>' ? 2 : 1;
  }
  if (n > LOG_MSGID_MAX) n = LOG_MSGID_MAX;
  *len = n;
  return n ? m->s + front : 0;
}
