#include <string.h>

#include <skalibs/types.h>

#include "etc.h"

static int is(struct etc_text const *t, char const *s, size_t n)
{
  return t->len == n && !memcmp(t->s, s, n);
}

static int next_line(struct etc_text const *t, size_t *pos,
                     struct etc_text *line)
{
  char const *end;

  if (*pos >= t->len) return 0;
  line->s = t->s + *pos;
  end = memchr(line->s, '\n', t->len - *pos);
  line->len = end ? (size_t)(end - line->s) : t->len - *pos;
  *pos += line->len + 1;
  return 1;
}

/* Cut the next field off the line; the line is left without the separator. */
static struct etc_text cut(struct etc_text *line, char separator)
{
  char const *end = memchr(line->s, separator, line->len);
  struct etc_text field = {line->s, end ? (size_t)(end - line->s) : line->len};
  size_t skip = field.len + !!end;

  line->s += skip;
  line->len -= skip;
  return field;
}

static int number(struct etc_text const *t, uint32_t *u)
{
  char s[UINT32_FMT];

  if (!t->len || t->len >= sizeof s) return 0;
  memcpy(s, t->s, t->len);
  s[t->len] = 0;
  return uint320_scan(s, u);
}

/* NAME:PASSWORD:NUMBER, what passwd and group begin with. */
static int head(struct etc_text *line, struct etc_text *name, uint32_t *u)
{
  struct etc_text field;

  *name = cut(line, ':');
  cut(line, ':');
  field = cut(line, ':');
  return name->len && number(&field, u);
}

int etc_account(struct etc_text const *passwd, char const *name, uid_t uid,
                struct etc_account *a)
{
  struct etc_text line, gid;
  size_t pos = 0;

  while (next_line(passwd, &pos, &line)) {
    if (!head(&line, &a->name, &a->uid)) continue;
    gid = cut(&line, ':');
    if (!number(&gid, &a->gid)) continue;
    if (name ? is(&a->name, name, strlen(name)) : a->uid == uid) return 1;
  }
  return 0;
}

int etc_group(struct etc_text const *group, char const *name, gid_t *gid)
{
  struct etc_text line, is_called;
  size_t pos = 0;

  while (next_line(group, &pos, &line))
    if (head(&line, &is_called, gid) && is(&is_called, name, strlen(name)))
      return 1;
  return 0;
}

int etc_member(struct etc_text const *group, size_t *pos,
               struct etc_text const *user, gid_t *gid)
{
  struct etc_text line, name;

  while (next_line(group, pos, &line)) {
    if (!head(&line, &name, gid)) continue;
    while (line.len) {
      struct etc_text member = cut(&line, ',');
      if (is(&member, user->s, user->len)) return 1;
    }
  }
  return 0;
}

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static struct etc_text word(struct etc_text *line)
{
  struct etc_text w = {line->s, 0};

  while (line->len && is_blank(*line->s)) {
    line->s++;
    line->len--;
  }
  w.s = line->s;
  while (w.len < line->len && !is_blank(w.s[w.len]))
    w.len++;
  line->s += w.len;
  line->len -= w.len;
  return w;
}

/* NAME PORT/PROTOCOL ALIAS... # comment */
int etc_port(struct etc_text const *services, char const *name, uint16_t *port)
{
  struct etc_text line;
  size_t pos = 0, n = strlen(name);

  while (next_line(services, &pos, &line)) {
    struct etc_text text = cut(&line, '#');
    struct etc_text w = word(&text), protocol = word(&text);
    struct etc_text digits = cut(&protocol, '/');
    uint32_t u;
    int found;

    if (!is(&protocol, "tcp", 3) || !number(&digits, &u) || u > 65535) continue;
    found = is(&w, name, n);
    while (!found && text.len) {
      w = word(&text);
      found = w.len && is(&w, name, n);
    }
    if (!found || !n) continue;
    *port = (uint16_t)u;
    return 1;
  }
  return 0;
}
