/*
 * Fuzz target: any bytes as a CDB.  Loaded or refused, never a crash; and
 * every record of a file that is loaded can be found, so that damage is never
 * taken for "no such key".
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "cdbmap.h"
#include "rule.h"

#define must(cond)                                                             \
  do {                                                                         \
    if (!(cond)) abort();                                                      \
  } while (0)

static unsigned int sink;

static void read_all(char const *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    sink += (unsigned char)s[i];
}

/* Ask as a listener does. */
static void ask(cdbmap const *m)
{
  static char const *const ip[] = {"10.1.2.3", "2001:db8::1"};

  for (unsigned int i = 0; i < 2; i++) {
    struct rule_client c = {.host = "a.example", .info = "me"};
    struct rule_match match;
    char const *env;
    size_t pos = 0;
    enum rule_item item = RULE_DENY;

    must(addr_scan(ip[i], &c.ip));
    if (rule_find(m, &c, &match) != RULE_MATCH) continue;
    read_all(match.key, match.klen);
    read_all(match.data, match.dlen);
    while (item > RULE_END) {
      item = rule_item(&match, &pos, &env);
      if (item == RULE_ENV) read_all(env, strlen(env));
    }
  }
}

static void walk(cdbmap const *m, int loaded)
{
  char const *key, *data, *found;
  size_t klen, dlen, flen;
  uint32_t pos = 0;
  unsigned int n = 0;
  int r;

  while ((r = cdbmap_next(m, &pos, &key, &klen, &data, &dlen)) > 0 &&
         n++ < 1000) {
    read_all(key, klen);
    read_all(data, dlen);
    if (!loaded) continue;
    must(cdbmap_find(m, key, klen, &found, &flen) == 1);
    read_all(found, flen);
  }
  must(!loaded || r >= 0);
}

int LLVMFuzzerTestOneInput(uint8_t const *s, size_t n)
{
  int fd = memfd_create("fuzz", 0);
  cdbmap m = CDBMAP_ZERO;
  char path[32];

  must(fd >= 0 && write(fd, s, n) == (ssize_t)n && !lseek(fd, 0, SEEK_SET));
  if (cdbmap_load(&m, fd)) {
    walk(&m, 1);
    ask(&m);
  }
  cdbmap_close(&m);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (cdbmap_open(&m, path)) {
    walk(&m, 0);
    ask(&m);
  }
  cdbmap_close(&m);
  close(fd);
  return 0;
}
