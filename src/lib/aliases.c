#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/allreadwrite.h>

#include "aliases.h"
#include "text.h"

/* Pointers into the text, which does not move: see aliases_parse. */
struct entry {
  char const *addr;
  size_t alen;
  char const *targets;
  size_t count;
  size_t line;
};

static int is_blank(char c) { return c == ' ' || c == '\t'; }

static void trim(char const **s, char const **end)
{
  while (*s < *end && is_blank(**s))
    (*s)++;
  while (*end > *s && is_blank((*end)[-1]))
    (*end)--;
}

/* Why it is no address, or 0. */
static char const *address_fault(char const *s, size_t n, int domain_too)
{
  char const *at = memchr(s, '@', n);

  if (!n) return "empty address";
  if (n > ALIASES_ADDR_MAX) return "address too long";
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)s[i] <= ' ' || s[i] == 127 ||
        strchr(",:;\"<>()\\", s[i]))
      return "address with a byte that is not allowed";
  if (!at) return 0;
  if (at == s && !domain_too) return "target without a local part";
  if (at + 1 == s + n) return "address without a domain after @";
  if (memchr(at + 1, '@', n - (size_t)(at + 1 - s)))
    return "address with two @";
  return 0;
}

/* Append it in lower case, with its NUL.  Returns its length; 0 with *why. */
static size_t add_address(struct aliases *a, char const *s, char const *end,
                          int domain_too, char const **why)
{
  size_t n;

  trim(&s, &end);
  n = (size_t)(end - s);
  *why = address_fault(s, n, domain_too);
  if (*why) return 0;
  stralloc_catb(&a->text, s, n);
  stralloc_0(&a->text);
  text_lower(a->text.s + a->text.len - n - 1, n);
  return n;
}

static int add_targets(struct aliases *a, struct entry *entry, char const *s,
                       char const *end, char const **why)
{
  entry->targets = a->text.s + a->text.len;
  for (;;) {
    char const *comma = memchr(s, ',', (size_t)(end - s));

    if (!add_address(a, s, comma ? comma : end, 0, why)) return 0;
    if (++entry->count > ALIASES_TARGETS_MAX) {
      *why = "too many targets";
      return 0;
    }
    if (!comma) return 1;
    s = comma + 1;
  }
}

/* 1, 0 with *e, -1 no memory. */
static int add_line(struct aliases *a, char const *s, char const *end,
                    struct aliases_error *e)
{
  struct entry entry = {.addr = a->text.s + a->text.len, .line = e->line};
  char const *colon;

  trim(&s, &end);
  if (s == end || *s == '#') return 1;
  colon = memchr(s, ':', (size_t)(end - s));
  e->why = "no colon";
  if (!colon) return 0;
  entry.alen = add_address(a, s, colon, 1, &e->why);
  if (!entry.alen) return 0;
  if (!add_targets(a, &entry, colon + 1, end, &e->why)) return 0;
  return genalloc_append(struct entry, &a->entries, &entry) ? 1 : -1;
}

static int compare_bytes(char const *a, size_t alen, char const *b, size_t blen)
{
  int r = memcmp(a, b, alen < blen ? alen : blen);
  return r ? r : (alen > blen) - (alen < blen);
}

static int compare_entries(void const *x, void const *y)
{
  struct entry const *a = x, *b = y;
  int r = compare_bytes(a->addr, a->alen, b->addr, b->alen);

  return r ? r : (a->line > b->line) - (a->line < b->line);
}

static int index_entries(struct aliases *a, struct aliases_error *err)
{
  struct entry *e = genalloc_s(struct entry, &a->entries);
  size_t n = genalloc_len(struct entry, &a->entries);

  if (n) qsort(e, n, sizeof *e, compare_entries);
  for (size_t i = 1; i < n; i++) {
    if (compare_bytes(e[i - 1].addr, e[i - 1].alen, e[i].addr, e[i].alen))
      continue;
    err->line = e[i].line;
    err->why = "address that an earlier line has";
    return 0;
  }
  return 1;
}

int aliases_parse(struct aliases *a, char const *s, size_t n,
                  struct aliases_error *e)
{
  char const *end = s + n;

  e->line = 0;
  e->why = "file too long";
  if (n > ALIASES_FILE_MAX) return 0;
  /* each address is followed by a byte that is not kept, or by the end */
  if (!stralloc_ready(&a->text, n + 1)) return -1;
  while (s < end) {
    char const *nl = memchr(s, '\n', (size_t)(end - s));
    int r;

    e->line++;
    r = add_line(a, s, nl ? nl : end, e);
    if (r <= 0) return r;
    s = nl ? nl + 1 : end;
  }
  return index_entries(a, e);
}

static int read_and_parse(struct aliases *a, int fd, struct aliases_error *e)
{
  struct stat st;
  size_t size, n;
  char *s;
  int r = -1;

  if (fstat(fd, &st) < 0) return -1;
  *e = (struct aliases_error){0, "file too long"};
  if (st.st_size > ALIASES_FILE_MAX) return 0;
  size = (size_t)st.st_size;
  s = malloc(size + 1);
  if (!s) return -1;
  /* one byte more than the size: a file that grows meanwhile is noticed */
  errno = 0;
  n = allread(fd, s, size + 1);
  if (n == size && !errno)
    r = aliases_parse(a, s, n, e);
  else if (!errno)
    errno = EAGAIN;
  free(s);
  return r;
}

int aliases_load(struct aliases *a, char const *path, struct aliases_error *e)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r, saved;

  if (fd < 0) return -1;
  r = read_and_parse(a, fd, e);
  saved = errno;
  close(fd);
  errno = saved;
  return r;
}

void aliases_free(struct aliases *a)
{
  stralloc_free(&a->text);
  genalloc_free(struct entry, &a->entries);
}

/* addr is in lower case. */
static struct entry const *find(struct aliases const *a, char const *addr,
                                size_t n)
{
  struct entry const *e = genalloc_s(struct entry, &a->entries);
  size_t low = 0, high = genalloc_len(struct entry, &a->entries);

  while (low < high) {
    size_t mid = low + (high - low) / 2;
    int r = compare_bytes(addr, n, e[mid].addr, e[mid].alen);

    if (!r) return e + mid;
    if (r < 0)
      high = mid;
    else
      low = mid + 1;
  }
  return 0;
}

static struct entry const *find_any_case(struct aliases const *a,
                                         char const *addr, size_t n)
{
  char lower[ALIASES_ADDR_MAX];

  if (n > sizeof lower) return 0;
  memcpy(lower, addr, n);
  text_lower(lower, n);
  return find(a, lower, n);
}

size_t aliases_find(struct aliases const *a, char const *addr, size_t n,
                    char const **targets)
{
  struct entry const *e = find_any_case(a, addr, n);

  if (!e) return 0;
  *targets = e->targets;
  return e->count;
}

size_t aliases_line(struct aliases const *a, char const *addr, size_t n)
{
  struct entry const *e = find_any_case(a, addr, n);

  return e ? e->line : 0;
}

size_t aliases_find_domain(struct aliases const *a, char const *addr, size_t n,
                           char const **targets)
{
  size_t at = n;

  while (at && addr[at - 1] != '@')
    at--;
  return at ? aliases_find(a, addr + at - 1, n - at + 1, targets) : 0;
}

/* What one expansion carries along. */
struct expansion {
  struct aliases const *aliases;
  aliases_exists *exists;
  void *data;
  stralloc *mailboxes;
  stralloc *unknown;
  unsigned int steps;
};

/* The aliases that led to a name, innermost first. */
struct path {
  struct path const *up;
  char const *addr;
  size_t n;
  unsigned int depth;
};

static int is_on_path(struct path const *p, char const *addr, size_t n)
{
  for (; p; p = p->up)
    if (p->n == n && !memcmp(p->addr, addr, n)) return 1;
  return 0;
}

static enum aliases_result add_name(stralloc *sa, char const *addr, size_t n)
{
  for (size_t i = 0; i < sa->len; i += strlen(sa->s + i) + 1)
    if (!strncmp(sa->s + i, addr, n) && !sa->s[i + n]) return ALIASES_OK;
  if (!stralloc_catb(sa, addr, n) || !stralloc_0(sa)) return ALIASES_ERROR;
  return ALIASES_OK;
}

static enum aliases_result expand(struct expansion *x, char const *addr,
                                  size_t n, struct path const *up);

static enum aliases_result expand_targets(struct expansion *x,
                                          struct path const *p,
                                          char const *targets, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    size_t n = strlen(targets);
    enum aliases_result r = expand(x, targets, n, p);

    if (r) return r;
    targets += n + 1;
  }
  return ALIASES_OK;
}

static enum aliases_result expand(struct expansion *x, char const *addr,
                                  size_t n, struct path const *up)
{
  struct path p = {up, addr, n, up ? up->depth + 1 : 0};
  int itself = up && up->n == n && !memcmp(up->addr, addr, n);
  char const *targets;
  size_t count;
  int r;

  if (++x->steps > ALIASES_STEPS_MAX || p.depth > ALIASES_DEPTH_MAX)
    return ALIASES_TOO_MANY;
  if (!itself && is_on_path(up, addr, n)) return ALIASES_LOOP;

  count = itself ? 0 : aliases_find(x->aliases, addr, n, &targets);
  if (count) return expand_targets(x, &p, targets, count);
  r = x->exists(addr, n, x->data);
  if (r < 0) return ALIASES_ERROR;
  if (r) return add_name(x->mailboxes, addr, n);
  count = itself ? 0 : aliases_find_domain(x->aliases, addr, n, &targets);
  if (count) return expand_targets(x, &p, targets, count);
  return add_name(x->unknown, addr, n);
}

enum aliases_result aliases_expand(struct aliases const *a, char const *addr,
                                   size_t n, aliases_exists *exists, void *data,
                                   stralloc *mailboxes, stralloc *unknown)
{
  struct expansion x = {a, exists, data, mailboxes, unknown, 0};
  char lower[ALIASES_ADDR_MAX + 3];

  /* an address of qmail's full length may be no alias, but it is a name */
  if (n > sizeof lower) return ALIASES_TOO_MANY;
  memcpy(lower, addr, n);
  text_lower(lower, n);
  return expand(&x, lower, n, 0);
}
