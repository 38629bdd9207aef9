/*
 * Fuzz target: rule source.  Whatever line is accepted must be found again by
 * rule_find for the client that its key names, with its data; and a line of
 * 0.88's grammar must mean what it means to 0.88.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "addr.h"
#include "cdbmap.h"
#include "rule.h"
#include "rulefile.h"

#define must(cond)                                                             \
  do {                                                                         \
    if (!(cond)) abort();                                                      \
  } while (0)

static int add(void *arg, char const *key, size_t klen, char const *data,
               size_t dlen)
{
  return cdbmap_make_add(arg, key, klen, data, dlen);
}

/* The client that a key names; text holds its strings. */
static void name_client(char *key, struct rule_client *c, char text[600])
{
  char *at = strrchr(key, '@'), *who = at ? at + 1 : key;
  unsigned int dots = 0;

  *c = (struct rule_client){.host = 0};
  must(addr_scan("198.51.100.1", &c->ip));
  if (at) {
    *at = 0;
    c->info = key;
  }
  if (*who == '=') {
    snprintf(text, 600, "%s%s", who[1] == '.' || !who[1] ? "x" : "", who + 1);
    c->host = text;
    return;
  }
  if (!*who) return;
  if (strchr(who, '/')) *strchr(who, '/') = 0;
  for (char *p = who; *p; p++)
    dots += *p == '.';
  snprintf(text, 600, "%s", who);
  if (!strchr(who, ':') && who[strlen(who) - 1] == '.')
    for (; dots < 4; dots++)
      strcat(text, dots < 3 ? "0." : "0");
  must(addr_scan(text, &c->ip));
}

/* m was compiled from the one line of r; every key of it must be found. */
static void find_all(cdbmap const *m, ruleline const *r)
{
  for (unsigned long i = r->from; i <= r->to; i++) {
    char key[RULE_KEY_MAX + 1], text[600], name[RULE_KEY_MAX + 1];
    size_t klen = ruleline_key(r, i, key);
    struct rule_match match;
    struct rule_client c;
    char const *env;
    size_t pos = 0;
    enum rule_item item;

    must(klen <= RULE_KEY_MAX);
    key[klen] = 0;
    must(strlen(key) == klen);
    memcpy(name, key, klen + 1);
    name_client(name, &c, text);
    must(rule_find(m, &c, &match) == RULE_MATCH);
    must(match.klen == klen && !memcmp(match.key, key, klen));
    must(match.dlen == r->data.len);
    must(!match.dlen || !memcmp(match.data, r->data.s, match.dlen));
    while ((item = rule_item(&match, &pos, &env)))
      must(item == RULE_DENY || item == RULE_ENV);
  }
}

static void same_as_exact(ruleline const *r, char const *s, size_t n)
{
  ruleline exact = RULELINE_ZERO;
  char const *colon = memchr(s, ':', n);

  if (r->net4 || memchr(r->head, ':', r->hlen)) return;
  if (strncmp(colon, ":allow", 6) && strncmp(colon, ":deny", 5)) return;
  must(ruleline_exact(&exact, s, n) == RULELINE_RULE);
  must(exact.from == r->from && exact.to == r->to);
  for (unsigned long i = r->from; i <= r->to; i++) {
    char a[RULE_KEY_MAX], b[RULE_KEY_MAX];
    size_t alen = ruleline_key(r, i, a), blen = ruleline_key(&exact, i, b);
    must(alen == blen && !memcmp(a, b, alen));
  }
  must(exact.data.len == r->data.len);
  must(!r->data.len || !memcmp(exact.data.s, r->data.s, r->data.len));
  ruleline_free(&exact);
}

static void one_line(char const *s, size_t n)
{
  ruleline r = RULELINE_ZERO, e = RULELINE_ZERO;
  enum ruleline_kind kind = ruleline_strict(&r, s, n);

  ruleline_exact(&e, s, n);
  must((kind == RULELINE_BAD) == !!r.why);
  if (kind == RULELINE_RULE) {
    int fd = memfd_create("fuzz", 0);
    cdbmap_make *mk = cdbmap_make_start(fd);
    cdbmap m = CDBMAP_ZERO;
    rulefile f;

    rulefile_init(&f, add, mk);
    must(rulefile_compile(&f, s, n) && !f.fatal && rulefile_finish(&f));
    must(cdbmap_make_finish(mk));
    cdbmap_make_free(mk);
    lseek(fd, 0, SEEK_SET);
    must(cdbmap_load(&m, fd));
    close(fd);
    find_all(&m, &r);
    same_as_exact(&r, s, n);
    cdbmap_close(&m);
    rulefile_free(&f);
  }
  ruleline_free(&r);
  ruleline_free(&e);
}

static int ignore(void *arg, char const *key, size_t klen, char const *data,
                  size_t dlen)
{
  (void)arg, (void)key, (void)klen, (void)data, (void)dlen;
  return 1;
}

int LLVMFuzzerTestOneInput(uint8_t const *bytes, size_t n)
{
  char const *s = (char const *)bytes, *end = s + n;
  unsigned int lines = 0;
  rulefile f;

  rulefile_init(&f, ignore, 0);
  must(rulefile_compile(&f, s, n) && rulefile_finish(&f));
  must(f.fatal <= genalloc_len(struct rulefile_problem, &f.problems));
  rulefile_free(&f);
  while (s < end && lines++ < 8) {
    char const *nl = memchr(s, '\n', (size_t)(end - s));
    char *line;

    n = (size_t)((nl ? nl : end) - s);
    line = malloc(n + 1); /* a read past its end is seen */
    must(line);
    memcpy(line, s, n);
    line[n] = '\n';
    one_line(line, n);
    free(line);
    s = nl ? nl + 1 : end;
  }
  return 0;
}
