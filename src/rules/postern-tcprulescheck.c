/*
 * postern-tcprulescheck: say what the listener would do with a client.
 *
 * reads   TCPREMOTEIP, TCPREMOTEHOST, TCPREMOTEINFO; the CDB that it is given,
 *         with -v also the CDB's table of lines; the kernel's routes
 * writes  the rule, what it sets and what it decides, on descriptor 1
 * exits   0 done, whatever the rule says; 100 wrong usage or environment;
 *         111 the CDB cannot be read, or is damaged
 *
 * Run as tcprulescheck it takes any text as TCPREMOTEIP and knows no gateway,
 * as 0.88 does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>

#include "addr.h"
#include "cdbmap.h"
#include "rule.h"
#include "rulesource.h"
#include "verdict.h"

#define USAGE "postern-tcprulescheck [ -v ] rules.cdb"
#define USAGE_088 "tcprulescheck rules.cdb"

static _Noreturn void die_read(char const *path)
{
  if (errno == EPROTO)
    strerr_diefu(111, "read ", path, ": damaged, or not a rule file");
  strerr_diefusys(111, "read ", path);
}

static void put(stralloc *out, char const *s, size_t n)
{
  if (!stralloc_catb(out, s, n)) strerr_diefusys(111, "print");
}

static void puts_out(stralloc *out, char const *s) { put(out, s, strlen(s)); }

static void load(cdbmap *m, struct stat *st, char const *path)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0 || fstat(fd, st) < 0) die_read(path);
  if (!S_ISREG(st->st_mode)) {
    errno = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
    die_read(path);
  }
  if (!cdbmap_load(m, fd)) die_read(path);
  close(fd);
}

static char const *remote_ip(void)
{
  char const *ip = getenv("TCPREMOTEIP");
  return ip ? ip : "0.0.0.0";
}

static enum rule_found find(cdbmap const *m, int any_text,
                            struct rule_match *match)
{
  char const *ip = remote_ip();
  struct rule_client c = {.host = getenv("TCPREMOTEHOST"),
                          .info = getenv("TCPREMOTEINFO")};

  if (addr_scan(ip, &c.ip)) return rule_find(m, &c, match);
  if (!any_text) strerr_dieinvalid(100, "TCPREMOTEIP");
  return rule_find_text(m, ip, c.host, c.info, match);
}

/* The listener knows no longer names. */
static void copy(char *to, size_t size, char const *from)
{
  size_t n = from ? strlen(from) : 0;

  if (n >= size) n = 0;
  if (n) memcpy(to, from, n);
  to[n] = 0;
}

/* Why the listener keeps back what the rule gives, or 0. */
static char const *trap(cdbmap const *m)
{
  struct client c = {0};
  struct gateways g;
  struct verdict v;

  if (!addr_scan(remote_ip(), &c.remote)) return 0;
  copy(c.remote_host, sizeof c.remote_host, getenv("TCPREMOTEHOST"));
  copy(c.remote_info, sizeof c.remote_info, getenv("TCPREMOTEINFO"));
  verdict_find(&v, m, &c);
  gateway_read(&g);
  verdict_trap(&v, &g, &c);
  if (!v.suppressed) return 0;
  return g.unknown ? "the default gateway is not known here"
                   : "this is the address of the default gateway here";
}

static void print_env(stralloc *out, char const *env, char const *trapped)
{
  int kept = trapped && !strncmp(env, "RELAYCLIENT=", 12);

  puts_out(out, kept ? "keep back" : "set");
  puts_out(out, " environment variable ");
  puts_out(out, env);
  puts_out(out, "\n");
  if (!kept) return;
  puts_out(out, "because ");
  puts_out(out, trapped);
  puts_out(out, ", and the rule does not say POSTERN_GATEWAY=\"ok\"\n");
}

static void print(stralloc *out, struct rule_match const *match,
                  char const *path, char const *trapped)
{
  char const *env;
  size_t pos = 0;

  for (;;) {
    switch (rule_item(match, &pos, &env)) {
    case RULE_END: puts_out(out, "allow connection\n"); return;
    case RULE_DENY: puts_out(out, "deny connection\n"); return;
    case RULE_BAD: errno = EPROTO; die_read(path);
    case RULE_ENV: print_env(out, env, trapped);
    }
  }
}

static void print_source(stralloc *out, char const *path, struct stat const *st,
                         cdbmap const *m, struct rule_match const *match)
{
  puts_out(out, "source ");
  switch (rulesource_where(path, st, m, match->key, match->klen, out)) {
  case -1: strerr_diefusys(111, "print");
  case 0:
    puts_out(out, "unknown: " RULESOURCE_SUFFIX);
    puts_out(out, " is missing or of another compilation");
  }
  puts_out(out, "\n");
}

static void check(char const *path, int any_text, int verbose)
{
  stralloc out = STRALLOC_ZERO;
  cdbmap m = CDBMAP_ZERO;
  struct rule_match match;
  struct stat st;

  load(&m, &st, path);
  switch (find(&m, any_text, &match)) {
  case RULE_DAMAGED: die_read(path);
  case RULE_NONE: puts_out(&out, "default:\nallow connection\n"); break;
  case RULE_MATCH:
    puts_out(&out, "rule ");
    put(&out, match.key, match.klen);
    puts_out(&out, ":\n");
    print(&out, &match, path, any_text ? 0 : trap(&m));
    if (verbose) print_source(&out, path, &st, &m, &match);
  }
  if (allwrite(1, out.s, out.len) < out.len) strerr_diefusys(111, "print");
  cdbmap_close(&m);
  stralloc_free(&out);
}

int main(int argc, char const *const *argv)
{
  char const *slash = argc ? strrchr(argv[0], '/') : 0;
  subgetopt l = SUBGETOPT_ZERO;
  int as_088, verbose = 0;

  PROG = slash ? slash + 1 : argc ? argv[0] : "postern-tcprulescheck";
  as_088 = !strcmp(PROG, "tcprulescheck");
  l.ind = 1;
  while (!as_088) {
    int opt = subgetopt_r(argc, argv, "v", &l);
    if (opt == -1) break;
    if (opt != 'v') strerr_dieusage(100, USAGE);
    verbose = 1;
  }
  if (argc < l.ind + 1 || (!as_088 && argc > l.ind + 1))
    strerr_dieusage(100, as_088 ? USAGE_088 : USAGE);
  check(argv[l.ind], as_088, verbose);
  return 0;
}
