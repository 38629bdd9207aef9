#include <stdarg.h>
#include <string.h>

#include <skalibs/types.h>

#include "json.h"
#include "whyprint.h"

#define WIDTH 11

static void put(struct whyprint *p, stralloc *to, char const *s, size_t n)
{
  if (!stralloc_catb(to, s, n)) p->failed = 1;
}

static void put_string(struct whyprint *p, char const *s)
{
  put(p, &p->out, s, strlen(s));
}

/* Blanks are part of a sentence; everything else that does not print is not. */
static void put_shown(struct whyprint *p, char const *s, size_t n)
{
  static char const hex[] = "0123456789abcdef";

  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    char x[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};

    if (c >= ' ' && c < 127 && c != '\\')
      put(p, &p->out, s + i, 1);
    else
      put(p, &p->out, x, sizeof x);
  }
}

void whyprint_say(struct whyprint *p, char const *s, ...)
{
  va_list more;

  va_start(more, s);
  for (; s; s = va_arg(more, char const *))
    put(p, &p->text, s, strlen(s));
  va_end(more);
}

void whyprint_bytes(struct whyprint *p, char const *s, size_t n)
{
  put(p, &p->text, s, n);
}

void whyprint_number(struct whyprint *p, unsigned long long u)
{
  char s[UINT64_FMT];
  put(p, &p->text, s, uint64_fmt(s, u));
}

static void member(struct whyprint *p, char const *name, char const *s,
                   size_t n)
{
  if (!json_member(&p->out, name, s, n)) p->failed = 1;
}

static void member_string(struct whyprint *p, char const *name, char const *s)
{
  if (s) member(p, name, s, strlen(s));
}

/* The step's name, unless the row above has it. */
static void begin_row(struct whyprint *p, char const *step)
{
  static char const blanks[] = "           ";
  size_t n = p->step && !strcmp(p->step, step) ? 0 : strlen(step);

  p->step = step;
  put(p, &p->out, step, n);
  put(p, &p->out, blanks, n < WIDTH ? WIDTH - n : 1);
}

void whyprint_row(struct whyprint *p, char const *step, char const *where)
{
  if (p->json) {
    put_string(p, "{");
    member_string(p, "step", step);
    member(p, "text", p->text.s, p->text.len);
    member_string(p, "where", where);
    put_string(p, "}\n");
  } else {
    begin_row(p, step);
    put_shown(p, p->text.s, p->text.len);
    if (where) {
      put_string(p, "  (");
      put_shown(p, where, strlen(where));
      put_string(p, ")");
    }
    put_string(p, "\n");
  }
  p->text.len = 0;
}

static unsigned int code(char const *reply)
{
  unsigned int u;
  return uint_scan(reply, &u) == 3 ? u : 0;
}

/* name and rest as one string. */
static void joined(struct whyprint *p, char const *name, char const *a,
                   char const *b)
{
  p->text.len = 0;
  whyprint_say(p, a, b ? b : "", (char const *)0);
  member(p, name, p->text.s, p->text.len);
  p->text.len = 0;
}

static void end_json(struct whyprint *p, struct whyprint_decision const *d)
{
  put_string(p, "{");
  member_string(p, "step", "decision");
  member_string(p, "outcome", d->outcome);
  if (!json_member_number(&p->out, "code", code(d->reply))) p->failed = 1;
  joined(p, "reply", d->reply, d->more);
  member_string(p, "verb", d->verb);
  joined(p, "relay", d->prefix, d->name);
  member_string(p, "why", d->why);
  member_string(p, "by", d->by);
  member_string(p, "to", d->to);
  member_string(p, "doubt", d->doubt);
  put_string(p, "}\n");
}

static void end_table(struct whyprint *p, struct whyprint_decision const *d)
{
  static char const step[] = "decision";

  if (*d->reply)
    whyprint_say(p, d->outcome, ": ", d->reply, d->more ? d->more : "",
                 (char const *)0);
  else
    whyprint_say(p, d->outcome, ": closed without a word", (char const *)0);
  whyprint_row(p, step, 0);
  whyprint_say(p, "by ", d->by, " at ", d->verb, ", relay=", d->prefix, d->name,
               (char const *)0);
  if (d->why) whyprint_say(p, ", why=", d->why, (char const *)0);
  whyprint_row(p, step, 0);
  if (d->to) {
    whyprint_say(p, "to the queue program as ", d->to, (char const *)0);
    whyprint_row(p, step, 0);
  }
  if (d->doubt) {
    whyprint_say(p, "cannot be told: ", d->doubt, (char const *)0);
    whyprint_row(p, step, 0);
  }
}

void whyprint_end(struct whyprint *p, struct whyprint_decision const *d)
{
  if (p->json)
    end_json(p, d);
  else
    end_table(p, d);
}

void whyprint_free(struct whyprint *p)
{
  stralloc_free(&p->out);
  stralloc_free(&p->text);
}
