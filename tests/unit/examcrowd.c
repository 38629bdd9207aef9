/* Unit test of src/admin/examcrowd.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "examcrowd.h"
#include "found.h"
#include "unit.h"

static struct {
  char const *key;
  char const *data;
  size_t n;
} const rules[] = {
    {"10.0.", "+RELAYCLIENT=", 14},
    {"10.1.", "+RELAYCLIENT=\0+POSTERN_GATEWAY=ok", 34},
    {"10.2.", "D\0+RELAYCLIENT=", 16},
    {"", "", 0},
};

#define SAYS(ip)                                                               \
  "fault: /n/" ip ": this address may not relay, although a rule says so: "    \
  "clients of 3 names are behind it, more than 2\n"                            \
  "    let what stands there send PROXY headers, or take RELAYCLIENT out of "  \
  "the rule; or, if all of them may relay, say POSTERN_GATEWAY=\"ok\" in it\n"

static struct {
  char const *what;
  char const *ip;
  char const *names;
  uint64_t set;
  char const *want;
} const t[] = {
    {"a crowd", "10.0.0.5", "a+b+c", 1000, SAYS("10.0.0.5")},
    {"few", "10.0.0.5", "a+b", 1000, ""},
    {"a crowd of yesterday", "10.0.0.5", "a+b+c", 1, ""},
    {"a rule that means them", "10.1.0.5", "a+b+c", 1000, ""},
    {"a rule that denies them", "10.2.0.5", "a+b+c", 1000, ""},
    {"a rule without that right", "10.3.0.5", "a+b+c", 1000, ""},
    {"no record of names", "10.0.0.5", "a++b", 1000, ""},
    {"no address", "10.0.0", "a+b+c", 1000, ""},
};

int main(void)
{
  int fd = memfd_create("rules", MFD_CLOEXEC);
  cdbmap_make *mk = cdbmap_make_start(fd);
  struct exam_crowd x = {.names = "/n", .most = 2, .now = 2000 + 86400 - 1500};
  struct findings f = {.lost = 0};
  cdbmap m = CDBMAP_ZERO;

  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    cdbmap_make_add(mk, rules[i].key, strlen(rules[i].key), rules[i].data,
                    rules[i].n);
  ok(cdbmap_make_finish(mk) && !lseek(fd, 0, SEEK_SET) && cdbmap_load(&m, fd),
     "rules");
  cdbmap_make_free(mk);
  close(fd);
  x.rules = &m;
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct store_record r = {.set = t[i].set, .ttl = 86400};
    struct store_entry e = {.name = t[i].ip, .record = &r};

    r.len = strlen(t[i].names);
    memcpy(r.payload, t[i].names, r.len);
    e.klen = strlen(t[i].ip);
    memcpy(e.key, t[i].ip, e.klen);
    exam_crowd(&f, &x, &e);
    ok(found(&f, t[i].want), t[i].what);
  }
  cdbmap_close(&m);
  return done();
}
