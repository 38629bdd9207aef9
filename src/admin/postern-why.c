/*
 * postern-why: may this client relay to that recipient, and why?  Or, from the
 * log: who sent this, and by what right?
 *
 * reads   the live files: rules.cdb and its table of lines, the store of
 *         grants, mailboxes.cdb, control files; or logs
 * writes  a row for each step of the decision, and the decision, to stdout; or
 *         a paragraph for each session of the log that is meant
 * exits   0 the recipient is accepted, or something was found; 1 he is refused,
 *         or nothing was; 100 wrong usage; 111 cannot tell: something that
 *         decides, or a log, cannot be read
 */
#include <stdlib.h>
#include <string.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/env.h>
#include <skalibs/genalloc.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "grant.h"
#include "logsearch.h"
#include "logstory.h"
#include "why.h"

#define USAGE                                                                  \
  "postern-why [ -jXk8 ] [ -x rules.cdb ] [ -c limit ] [ -n connections ] "    \
  "[ -h host ] [ -r info ] [ -l localip ] [ -e name=value ] [ -G grants ] "    \
  "[ -t maxage ] [ -6 bits ] [ -T tls|fingerprint ] [ -C control ] "           \
  "[ -U mailboxes.cdb ] [ -N names ] [ -H helo ] [ -u user ] [ -M mechanism "  \
  "] [ -f sender ] "                                                           \
  "address recipient | postern-why [ -j ] [ -m id ] [ -R recipient ] "         \
  "[ -i address ] [ -f sender ] [ -u user ] [ log... ]"
#define dieusage() strerr_dieusage(100, USAGE)

#define FINGERPRINT 64
#define MECHANISM 20 /* bytes of a name: RFC 4422 section 3.1 */
#define HELO_MAX 255 /* bytes of a name that postern-smtpd takes */
#define LOGS "log"   /* of the home that we are in */

struct job {
  struct why_case c;
  struct logsearch q;
  int by_log; /* -m, -R or -i: ask the log */
  int other;  /* an option that only the live files know */
  char ip[ADDR_FMT];
  struct whyprint p;
  genalloc env; /* char const * */
  char fingerprint[FINGERPRINT + 1];
  char mechanism[MECHANISM + 1];
  stralloc sender, recipient;
  stralloc told; /* troubles with the log */
};

static uint32_t number(char const *s, uint32_t least, uint32_t most)
{
  uint32_t u;

  if (!uint320_scan(s, &u) || u < least || u > most) dieusage();
  return u;
}

static void name(char *to, size_t max, char const *s)
{
  if (!*s || strlen(s) > max) dieusage();
  strcpy(to, s);
}

/* tls, or the fingerprint of the client's certificate. */
static void wire(struct job *j, char const *s)
{
  size_t n = 0;

  j->c.tls = 1;
  if (!strcmp(s, "tls")) return;
  for (; *s; s++) {
    char c = *s >= 'A' && *s <= 'F' ? (char)(*s - 'A' + 'a') : *s;

    if (c == ':') continue;
    if (n == FINGERPRINT || !memchr("0123456789abcdef", c, 16)) dieusage();
    j->fingerprint[n++] = c;
  }
  if (n != FINGERPRINT) dieusage();
  j->c.fingerprint = j->fingerprint;
}

/* A session takes it in any case. */
static void mechanism(struct job *j, char const *s)
{
  static char const good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  size_t n = 0;

  for (; *s; s++) {
    char c = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;

    if (n == MECHANISM || !strchr(good, c)) dieusage();
    j->mechanism[n++] = c;
  }
  if (!n) dieusage();
  j->c.mechanism = j->mechanism;
}

static void variable(struct job *j, char const *s)
{
  if (!strchr(s, '=') || *s == '=') dieusage();
  if (!genalloc_append(char const *, &j->env, &s))
    strerr_diefusys(111, "allocate memory");
}

/* What is no path yet becomes one.  A line break ends a command. */
static char const *path(stralloc *sa, char const *s)
{
  int bare = *s != '<';

  if (strpbrk(s, "\r\n")) dieusage();
  if (!stralloc_cats(sa, bare ? "<" : "") || !stralloc_cats(sa, s) ||
      !stralloc_cats(sa, bare ? ">" : "") || !stralloc_0(sa))
    strerr_diefusys(111, "allocate memory");
  return sa->s;
}

static void client_option(struct job *j, int opt, char const *arg)
{
  struct why_case *c = &j->c;

  switch (opt) {
  case 'h': name(c->client.remote_host, HOSTNAME_MAX, arg); break;
  case 'r': name(c->client.remote_info, IDENT_INFO_MAX, arg); break;
  case 'l':
    if (!addr_scan(arg, &c->client.local)) dieusage();
    c->has_local = 1;
    break;
  case 'T': wire(j, arg); break;
  case 'u':
    if (!*arg) dieusage();
    c->user = j->q.user = arg;
    break;
  case 'M': mechanism(j, arg); break;
  case 'f':
    j->q.sender = arg;
    c->sender = path(&j->sender, arg);
    break;
  case '8': c->utf8 = 1; break;
  default: dieusage();
  }
}

/* 1 if it is a question to the log. */
static int log_option(struct job *j, int opt, char const *arg)
{
  ip46 ip;

  switch (opt) {
  case 'm': logsearch_named(&j->q, arg); break;
  case 'R': j->q.rcpt = arg; break;
  case 'i':
    if (!addr_scan(arg, &ip)) dieusage();
    j->ip[addr_fmt(j->ip, &ip)] = 0;
    j->q.ip = j->ip;
    break;
  default: return 0;
  }
  return j->by_log = 1;
}

static void option(struct job *j, int opt, char const *arg)
{
  struct why_case *c = &j->c;

  if (log_option(j, opt, arg)) return;
  if (!strchr("jfu", opt)) j->other = 1;
  switch (opt) {
  case 'j': j->p.json = 1; break;
  case 'x': c->rules = arg; break;
  case 'X': c->may_be_missing = 1; break;
  case 'k': c->keep = 1; break;
  case 'c':
    c->per_ip = number(arg, 0, 65535);
    c->has_per_ip = 1;
    break;
  case 'n': c->count = number(arg, 1, UINT32_MAX); break;
  case 'e': variable(j, arg); break;
  case 'G': c->grants = arg; break;
  case 't': c->maxage = number(arg, 1, UINT32_MAX); break;
  case '6': c->bits6 = number(arg, GRANT_BITS6_MIN, 128); break;
  case 'C': c->control = arg; break;
  case 'U': c->mailboxes = arg; break;
  case 'N': c->names = arg; break;
  case 'H':
    if (!*arg || strlen(arg) > HELO_MAX || strpbrk(arg, " \r\n")) dieusage();
    c->helo = arg;
    break;
  default: client_option(j, opt, arg);
  }
}

static enum why_code judge(struct job *j, char const *address,
                           char const *recipient)
{
  static char const *const none = 0;
  struct why_case *c = &j->c;

  if (!addr_scan(address, &c->client.remote)) dieusage();
  if (!c->has_local) c->client.local = c->client.remote;
  c->recipient = path(&j->recipient, recipient);
  if (!genalloc_append(char const *, &j->env, &none))
    strerr_diefusys(111, "allocate memory");
  c->env = genalloc_s(char const *, &j->env);
  return why_run(c, &j->p);
}

/* The log is read more than once. */
static int is_new(struct job *j, char const *what, char const *why)
{
  stralloc *sa = &j->told;
  size_t at = sa->len;

  if (!stralloc_0(sa) || !stralloc_cats(sa, what) ||
      !stralloc_append(sa, '\n') || !stralloc_cats(sa, why) || !stralloc_0(sa))
    strerr_diefusys(111, "allocate memory");
  if (!memmem(sa->s, at, sa->s + at, sa->len - at)) return 1;
  sa->len = at;
  return 0;
}

static void trouble(void *data, char const *what, char const *why)
{
  if (is_new(data, what, why)) strerr_warnwu4x("read ", what, ": ", why);
}

static int tell(void *data, struct logsearch_session const *s)
{
  struct job *j = data;

  return j->p.json ? logstory_json(&j->q, s, &j->p.out)
                   : logstory_text(&j->q, s, &j->p.out);
}

static void warn_of_more(size_t found)
{
  char n[SIZE_FMT], most[SIZE_FMT];

  n[size_fmt(n, found)] = 0;
  most[size_fmt(most, LOGSEARCH_MOST)] = 0;
  strerr_warnw4x(n, " sessions were found: only the newest ", most,
                 " are told");
}

static enum why_code search(struct job *j, char const *const *log, size_t n)
{
  struct logdir d = {
      .source = log, .sources = n, .trouble = trouble, .data = j};

  if (logsearch(&j->q, &d, tell, j) < 0) strerr_diefusys(111, "search");
  if (j->q.dropped)
    strerr_warnw1x("too many sessions: the oldest are left out");
  if (j->q.found > LOGSEARCH_MOST) warn_of_more(j->q.found);
  if (d.troubles) return WHY_UNKNOWN;
  return j->q.found ? WHY_ACCEPTED : WHY_REFUSED;
}

/* No log was given. */
static enum why_code search_home(struct job *j)
{
  stralloc paths = STRALLOC_ZERO;
  ssize_t n = logdir_below(&paths, LOGS);
  char const **log;
  enum why_code code;

  if (n < 0) strerr_diefusys(111, "read ./" LOGS);
  if (!n) strerr_diefu(111, "find a log directory in ./" LOGS);
  log = malloc((size_t)n * sizeof *log);
  if (!log || !env_make(log, (size_t)n, paths.s, paths.len))
    strerr_diefusys(111, "allocate memory");
  code = search(j, log, (size_t)n);
  free(log);
  stralloc_free(&paths);
  return code;
}

static enum why_code ask_log(struct job *j, char const *const *log, int n)
{
  if (j->other) dieusage();
  return n ? search(j, log, (size_t)n) : search_home(j);
}

int main(int argc, char const *const *argv)
{
  struct job j = {.c = {.maxage = GRANT_TTL_MAX,
                        .bits6 = GRANT_BITS6,
                        .control = "control",
                        .mechanism = "PLAIN"}};
  subgetopt l = SUBGETOPT_ZERO;
  enum why_code code;

  PROG = "postern-why";
  for (;;) {
    int opt = subgetopt_r(argc, argv,
                          "jx:Xkc:n:e:h:r:l:G:t:6:T:C:U:N:H:u:M:f:8m:R:i:", &l);
    if (opt == -1) break;
    option(&j, opt, l.arg);
  }
  argc -= l.ind;
  argv += l.ind;
  if (!j.by_log && argc != 2) dieusage();
  code = j.by_log ? ask_log(&j, argv, argc) : judge(&j, argv[0], argv[1]);
  if (j.p.failed) strerr_diefu1x(111, "allocate memory");
  if (allwrite(1, j.p.out.s, j.p.out.len) < j.p.out.len)
    strerr_diefusys(111, "write to stdout");
  whyprint_free(&j.p);
  return (int)code;
}
