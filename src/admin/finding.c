#include "finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/types.h>

#include "json.h"
#include "text.h"

static char const *const names[] = {"danger", "fault", "advice"};

static struct finding *all(struct findings const *f)
{
  return genalloc_s(struct finding, &f->list);
}

size_t findings_count(struct findings const *f)
{
  return genalloc_len(struct finding, &f->list) + f->lost;
}

/* A sentence keeps its blanks. */
static int add_escaped(stralloc *sa, char const *s)
{
  char one[4];
  int good = 1;

  for (; good && *s; s++)
    good = *s == ' ' ? stralloc_append(sa, ' ')
                     : stralloc_catb(sa, one, text_escape(one, 4, s, 1));
  return good;
}

/* A copy of what is in sa, which is emptied; 0 without memory. */
static char *take(struct findings *f, stralloc *sa, int good)
{
  char *s = good && stralloc_0(sa) ? strdup(sa->s) : 0;

  if (!s) f->nomem = 1;
  stralloc_free(sa);
  return s;
}

static char *text(struct findings *f, char const *const *part)
{
  stralloc sa = STRALLOC_ZERO;
  int good = 1;

  for (size_t i = 0; good && part[i]; i++)
    good = i % 2 ? add_escaped(&sa, part[i]) : stralloc_cats(&sa, part[i]);
  return take(f, &sa, good);
}

void finding_add(struct findings *f, enum severity severity, struct place at,
                 char const *const *what)
{
  char const *const file[] = {"", at.file, 0};
  struct finding x = {.severity = severity, .line = at.line};

  if (genalloc_len(struct finding, &f->list) >= FINDINGS_MAX) {
    f->lost++;
    return;
  }
  x.file = text(f, file);
  x.what = text(f, what);
  if (x.file && x.what && genalloc_append(struct finding, &f->list, &x)) return;
  f->nomem = 1;
  free(x.file);
  free(x.what);
}

/* Those beyond the limit have no remedy either. */
static struct finding *last(struct findings const *f)
{
  size_t n = genalloc_len(struct finding, &f->list);

  return n && !f->lost ? all(f) + n - 1 : 0;
}

static int quote(stralloc *sa, char const *s)
{
  static char const plain[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                              "/._-+@:,=";
  size_t n = strlen(s);

  if (n && strspn(s, plain) == n) return stralloc_cats(sa, s);
  if (!stralloc_append(sa, '\'')) return 0;
  for (; *s; s++)
    if (*s == '\'' ? !stralloc_cats(sa, "'\\''") : !stralloc_append(sa, *s))
      return 0;
  return stralloc_append(sa, '\'');
}

/* A name that a stranger gave must not do things to a terminal. */
static int is_shown(char const *const *args)
{
  for (; *args; args++)
    for (char const *s = *args; *s; s++)
      if (*s < ' ' || *s > '~') return 0;
  return 1;
}

void finding_command(struct findings *f, char const *format,
                     char const *const *args)
{
  struct finding *x = last(f);
  stralloc sa = STRALLOC_ZERO;
  int good = 1;

  if (!x) return;
  if (!is_shown(args)) {
    finding_hint(f, "a name has bytes that cannot be typed: see ls -b");
    return;
  }
  for (; good && *format; format++)
    good = *format == '%' && *args ? quote(&sa, *args++)
                                   : stralloc_append(&sa, *format);
  x->command = take(f, &sa, good);
  free(x->hint);
  x->hint = 0;
}

void finding_hint(struct findings *f, char const *hint)
{
  struct finding *x = last(f);

  if (!x) return;
  free(x->hint);
  x->hint = strdup(hint);
  if (!x->hint) f->nomem = 1;
}

/* Only who may not look is helped by looking as somebody else. */
static char const *unseen_hint(char const *why)
{
  if (strstr(why, strerror(EACCES)) || strstr(why, strerror(EPERM)))
    return FINDING_AS_ROOT;
  if (strstr(why, strerror(ENOENT)))
    return "put it there, or take its name out of what names it";
  return "mend that, and look again";
}

void finding_unseen(struct findings *f, struct place at, char const *why)
{
  FINDING(f, FAULT, at, "cannot be looked at: ", why);
  if (last(f)) last(f)->unseen = 1;
  finding_hint(f, unseen_hint(why));
}

int findings_unseen(struct findings const *f)
{
  for (size_t i = 0; i < genalloc_len(struct finding, &f->list); i++)
    if (all(f)[i].unseen) return 1;
  return 0;
}

/* Stable, and there are few. */
void findings_sort(struct findings *f)
{
  size_t n = genalloc_len(struct finding, &f->list);
  struct finding *x = all(f);

  for (size_t i = 1; i < n; i++) {
    struct finding y = x[i];
    size_t k = i;

    for (; k && x[k - 1].severity > y.severity; k--)
      x[k] = x[k - 1];
    x[k] = y;
  }
}

static int put_text(struct finding const *x, stralloc *out)
{
  char line[SIZE_FMT];
  char const *remedy = x->command ? x->command : x->hint;

  return stralloc_cats(out, names[x->severity]) && stralloc_cats(out, ": ") &&
         stralloc_cats(out, x->file) &&
         (!x->line || (stralloc_append(out, ':') &&
                       stralloc_catb(out, line, size_fmt(line, x->line)))) &&
         stralloc_cats(out, ": ") && stralloc_cats(out, x->what) &&
         stralloc_append(out, '\n') &&
         (!remedy ||
          (stralloc_cats(out, x->command ? "    $ " : "    ") &&
           stralloc_cats(out, remedy) && stralloc_append(out, '\n')));
}

static int put_lost(struct findings const *f, stralloc *out)
{
  char n[SIZE_FMT];

  return !f->lost || (stralloc_cats(out, "and ") &&
                      stralloc_catb(out, n, size_fmt(n, f->lost)) &&
                      stralloc_cats(out, " more\n"));
}

int findings_text(struct findings const *f, stralloc *out)
{
  for (size_t i = 0; i < genalloc_len(struct finding, &f->list); i++)
    if (!put_text(all(f) + i, out)) return 0;
  return put_lost(f, out);
}

static int member(stralloc *out, char const *name, char const *s)
{
  return !s || json_member(out, name, s, strlen(s));
}

static int put_json(struct finding const *x, stralloc *out)
{
  return stralloc_append(out, '{') &&
         member(out, "severity", names[x->severity]) &&
         member(out, "file", x->file) &&
         (!x->line || json_member_number(out, "line", x->line)) &&
         member(out, "what", x->what) && member(out, "command", x->command) &&
         member(out, "hint", x->hint) &&
         (!x->unseen || json_member_number(out, "unseen", 1)) &&
         stralloc_cats(out, "}\n");
}

int findings_json(struct findings const *f, stralloc *out)
{
  for (size_t i = 0; i < genalloc_len(struct finding, &f->list); i++)
    if (!put_json(all(f) + i, out)) return 0;
  return 1;
}

void findings_free(struct findings *f)
{
  for (size_t i = 0; i < genalloc_len(struct finding, &f->list); i++) {
    free(all(f)[i].file);
    free(all(f)[i].what);
    free(all(f)[i].command);
    free(all(f)[i].hint);
  }
  genalloc_free(struct finding, &f->list);
}
