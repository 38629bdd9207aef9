#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/types.h>

#include "control.h"

int control_path(struct control const *c, char const *name, stralloc *out)
{
  out->len = 0;
  return stralloc_cats(out, c->dir) && stralloc_append(out, '/') &&
         stralloc_cats(out, name) && stralloc_0(out);
}

/* Always -1; line 0 is the file as a whole. */
static int fail(struct control *c, char const *name, size_t line,
                char const *why)
{
  char fmt[SIZE_FMT];

  if (!control_path(c, name, &c->why)) goto nomem;
  c->why.len--;
  if (line && (!stralloc_append(&c->why, ':') ||
               !stralloc_catb(&c->why, fmt, size_fmt(fmt, line))))
    goto nomem;
  if (!stralloc_cats(&c->why, ": ") || !stralloc_cats(&c->why, why) ||
      !stralloc_0(&c->why))
    goto nomem;
  return -1;

nomem:
  stralloc_free(&c->why);
  return -1;
}

/* Everything in the open file; its size may not be trusted. */
static int read_all(int fd, stralloc *out)
{
  struct stat st;

  if (fstat(fd, &st) == -1) return 0;
  if (S_ISDIR(st.st_mode)) return errno = EISDIR, 0;
  if (!S_ISREG(st.st_mode)) return errno = EINVAL, 0;
  if (st.st_size > CONTROL_MAX) return errno = EFBIG, 0;
  for (;;) {
    ssize_t n;

    if (!stralloc_readyplus(out, st.st_size ? (size_t)st.st_size + 1 : 512))
      return 0;
    n = fd_read(fd, out->s + out->len, out->a - out->len);
    if (n < 0) return 0;
    if (!n) return 1;
    out->len += (size_t)n;
    if (out->len > CONTROL_MAX) return errno = EFBIG, 0;
  }
}

static int slurp(struct control *c, char const *name, stralloc *out)
{
  stralloc path = STRALLOC_ZERO;
  int fd, r, e;

  out->len = 0;
  if (!control_path(c, name, &path)) return fail(c, name, 0, "out of memory");
  fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  e = errno;
  stralloc_free(&path);
  if (fd < 0) return e == ENOENT ? 0 : fail(c, name, 0, strerror(e));
  r = read_all(fd, out);
  e = errno;
  close(fd);
  return r ? 1 : fail(c, name, 0, strerror(e));
}

/* The next line from *pos on, trimmed; 0 if there is none. */
static int next_line(stralloc const *text, size_t *pos, char **line,
                     size_t *len)
{
  char *s = text->s + *pos, *lf;
  size_t n = text->len - *pos;

  if (!n) return 0;
  lf = memchr(s, '\n', n);
  *pos += lf ? (size_t)(lf - s) + 1 : n;
  if (lf) n = (size_t)(lf - s);
  while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
    n--;
  *line = s;
  *len = n;
  return 1;
}

static char const *line_fault(char const *s, size_t n)
{
  if (n > CONTROL_LINE_MAX) return "line too long";
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)s[i] < ' ' || s[i] == 127)
      return "control byte in the line";
  return 0;
}

int control_line(struct control *c, char const *name, stralloc *out)
{
  char const *why;
  char *line;
  size_t pos = 0, len;
  int r = slurp(c, name, out);

  if (r <= 0) return r;
  if (!next_line(out, &pos, &line, &len) || !len)
    return fail(c, name, 1, "empty");
  why = line_fault(line, len);
  if (why) return fail(c, name, 1, why);
  out->len = len;
  if (!stralloc_0(out)) return fail(c, name, 0, "out of memory");
  out->len--;
  return 1;
}

int control_number(struct control *c, char const *name, uint64_t *out)
{
  stralloc sa = STRALLOC_ZERO;
  int r = control_line(c, name, &sa);

  if (r > 0 && !uint640_scan(sa.s, out)) r = fail(c, name, 1, "not a number");
  stralloc_free(&sa);
  return r;
}

static int is_item(char const *line, size_t len)
{
  return len && line[0] != '#';
}

int control_list(struct control *c, char const *name, control_fault *fault,
                 stralloc *out)
{
  size_t pos = 0, number = 0, kept = 0, len;
  char const *why;
  char *line;
  int r = slurp(c, name, out);

  if (r <= 0) return r;
  /* the NUL of an item overwrites its own newline or what was trimmed */
  if (!stralloc_append(out, '\n')) return fail(c, name, 0, "out of memory");
  while (next_line(out, &pos, &line, &len)) {
    number++;
    if (!is_item(line, len)) continue;
    why = line_fault(line, len);
    if (!why && fault) why = fault(line, len);
    if (why) return fail(c, name, number, why);
    memmove(out->s + kept, line, len);
    out->s[kept + len] = 0;
    kept += len + 1;
  }
  out->len = kept;
  return 1;
}

/* Of item number i, counted from 0; 0 if there is none. */
static size_t line_of(struct control *c, char const *name, size_t i)
{
  stralloc text = STRALLOC_ZERO;
  size_t pos = 0, number = 0, len;
  char *line;
  int found = 0;

  if (slurp(c, name, &text) > 0)
    while (!found && next_line(&text, &pos, &line, &len)) {
      number++;
      if (is_item(line, len)) found = !i--;
    }
  stralloc_free(&text);
  return found ? number : 0;
}

int control_where(struct control const *c, char const *name, size_t line,
                  stralloc *out)
{
  char fmt[SIZE_FMT];

  if (!control_path(c, name, out)) return 0;
  out->s[out->len - 1] = ':';
  return stralloc_catb(out, fmt, size_fmt(fmt, line)) && stralloc_0(out);
}

int control_item_where(struct control *c, char const *name,
                       stralloc const *list, char const *item, stralloc *out)
{
  size_t i = 0, line;

  for (char const *s = list->s; s + strlen(s) < item; s += strlen(s) + 1)
    i++;
  line = line_of(c, name, i);
  return line && control_where(c, name, line, out);
}

void control_free(struct control *c) { stralloc_free(&c->why); }
