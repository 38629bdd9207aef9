/*
 * postern-checkpassword: run a program as the user who proved who he is.
 *
 * reads   descriptor 3: user, secret, and what came with it (credentials.h);
 *         the users file users.cdb; TCPREMOTEIP and POSTERN_SESSION for the
 *         log; with -G TCPREMOTEIP to count by; with -T a key
 * writes  USER, HOME, SHELL, MAILDIR; with -U also UID, GID, GIDLIST; one line
 *         per attempt to the log; with -G the store
 * exits   1 wrong, 2 descriptor 3 misused, 100 wrong usage, 111 temporary,
 *         126 or 127 prog cannot be run; else runs prog
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <crypt.h>

#include <skalibs/iopause.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/tai.h>

#include "becoming.h"
#include "chain.h"
#include "checker.h"
#include "guess.h"
#include "log.h"
#include "password.h"
#include "secret.h"
#include "session.h"
#include "token.h"
#include "userfile.h"
#include "users.h"

#define USAGE                                                                  \
  "postern-checkpassword [ -p ] [ -U ] [ -G store ] [ -T keyfile ] "           \
  "users.cdb prog..."
#define dieusage() strerr_dieusage(100, USAGE)

#define TOKEN                                                                  \
  "postern-token:"      /* what begins so is nobody's password, with -T */
#define READ_TIMEOUT 30 /* seconds for the parent to write its 512 bytes */
#define CPU_LIMIT 60    /* seconds; a hash that takes longer is an error */

struct options {
  int plain;           /* -p */
  int keep;            /* -U: do not become the user */
  char const *guesses; /* -G: the store that counts failures, or 0 */
  char const *key;     /* -T: whose tokens are secrets, or 0 */
};

/* One attempt: everything secret, in one place to wipe. */
struct attempt {
  char buf[CREDENTIALS_MAX + 1];
  struct credentials c;
  struct crypt_data crypt;
  struct userfile file;
  struct guess guess;
  unsigned int delay; /* seconds before a failure is told */
};

static void wipe(struct attempt *a)
{
  userfile_free(&a->file);
  explicit_bzero(a->buf, sizeof a->buf);
  explicit_bzero(&a->crypt, sizeof a->crypt);
}

static void log_result(struct attempt const *a, char const *result,
                       struct password_verdict const *v)
{
  char const *ip = getenv("TCPREMOTEIP");
  char session[SESSION_FMT];
  struct log l;

  session_get(session);
  log_start(&l, PROG, "login", session);
  log_string(&l, "result", result);
  if (v->reason) log_string(&l, "reason", v->reason);
  if (v->method) log_string(&l, "method", v->method);
  log_string(&l, "ip", ip ? ip : "unknown");
  if (a->c.user) log_string(&l, "user", a->c.user);
  log_end(&l);
}

static _Noreturn void die_wrong(struct attempt *a, char const *reason)
{
  struct password_verdict v = {.reason = reason};

  log_result(a, "wrong", &v);
  wipe(a);
  guess_close(&a->guess);
  sleep(a->delay);
  _exit(1);
}

/* All of descriptor 3, one byte more than allowed at most; then close it. */
static size_t read_3(char *buf)
{
  iopause_fd x = {.fd = 3, .events = IOPAUSE_READ};
  size_t len = 0;
  ssize_t n = 1;
  tain now, end;

  tain_now_set_stopwatch(&now);
  tain_addsec(&end, &now, READ_TIMEOUT);
  while (n && len <= CREDENTIALS_MAX) {
    int r = iopause_stamp(&x, 1, &end, &now);

    if (!r) strerr_dief(111, "descriptor 3 has no end");
    n = r < 0 ? -1 : read(3, buf + len, CREDENTIALS_MAX + 1 - len);
    if (n < 0 && errno == EBADF) strerr_dief(2, "descriptor 3 is not open");
    if (n < 0 && errno != EINTR) strerr_diefusys(111, "read descriptor 3");
    if (n > 0) len += (size_t)n;
  }
  close(3);
  return len;
}

static void read_credentials(struct attempt *a)
{
  size_t len = read_3(a->buf);

  switch (credentials_parse(a->buf, len, &a->c)) {
  case CREDENTIALS_OK: return;
  case CREDENTIALS_EMPTY: die_wrong(a, "empty");
  case CREDENTIALS_TOO_LONG: die_wrong(a, "too-long");
  case CREDENTIALS_BROKEN: break;
  }
  wipe(a);
  strerr_dief(2, "descriptor 3 does not speak checkpassword");
}

static char const *crypt_once(char const *key, char const *setting, void *data)
{
  return crypt_r(key, setting, data);
}

static _Noreturn void die_unable(struct attempt *a, char const *path,
                                 struct userfile_problem const *p)
{
  wipe(a);
  strerr_dief(111, "unable to ", p->verb, " ", path, ": ", p->why);
}

/* --- who guesses (-G) --- */

static void tell_guess(struct attempt const *a, struct options const *o)
{
  char const *why = guess_why(&a->guess);

  if (why) strerr_warnwu("count in ", o->guesses, ": ", why);
}

/* Who asks whether we refuse anybody guesses at nobody (checker_probe). */
static int is_probe(struct attempt const *a, struct user const *u)
{
  return !u && !strncmp(a->c.user, CHECKER_PROBE, sizeof CHECKER_PROBE - 1);
}

/* May this be judged?  If not, that is the end. */
static void guess_before(struct attempt *a, struct options const *o,
                         struct user const *u)
{
  struct password_verdict v = {.reason = "guessing"};
  enum guess_verdict verdict;

  if (!o->guesses || is_probe(a, u)) return;
  a->guess.policy = (struct guess_policy)GUESS_POLICY;
  guess_open(&a->guess, o->guesses);
  verdict = guess_ask(&a->guess, getenv("TCPREMOTEIP"), a->c.user, &a->delay);
  tell_guess(a, o);
  if (verdict == GUESS_GO) return;
  log_result(a, "refused", &v);
  wipe(a);
  _exit(111);
}

static void guess_after(struct attempt *a, struct options const *o,
                        enum password_result r)
{
  char const *ip = getenv("TCPREMOTEIP");

  if (!a->guess.open || r == PASSWORD_WRONG) return;
  if (r == PASSWORD_OK)
    guess_right(&a->guess, ip, a->c.user);
  else
    guess_void(&a->guess, ip, a->c.user);
  tell_guess(a, o);
  guess_close(&a->guess);
}

/* --- who is right --- */

/* The user, or 0; the file is closed again. */
static struct user const *find(struct attempt *a, char const *path)
{
  struct userfile_problem no;
  int found;

  if (!userfile_open(&a->file, path, &no)) die_unable(a, path, &no);
  found = userfile_find(&a->file, a->c.user, strlen(a->c.user), &no);
  if (found < 0) die_unable(a, path, &no);
  userfile_close(&a->file);
  return found ? &a->file.user : 0;
}

static enum password_result ask_password(struct attempt *a, char const *path,
                                         struct options const *o,
                                         struct password_verdict *v)
{
  struct password_check p = {
      .crypt = crypt_once, .data = &a->crypt, .plain = o->plain};
  struct user const *u = find(a, path);
  enum password_result r;

  p.model = a->file.hash;
  p.derive = a->file.derive;
  guess_before(a, o, u);
  r = password_check(&p, u, &a->c, v);
  guess_after(a, o, r);
  return r;
}

static int is_token(struct credentials const *c)
{
  return c->password && !strncmp(c->password, TOKEN, sizeof TOKEN - 1);
}

/* Whoever has the key vouches for this user (token.h). */
static int is_vouched(struct attempt *a, struct options const *o)
{
  stralloc key = STRALLOC_ZERO;
  char const *why;
  int good;

  if (!token_key(&key, o->key, &why)) {
    int e = errno;

    wipe(a);
    strerr_diefu(111, "use the key ", o->key, ": ", why ? why : strerror(e));
  }
  good = token_good(a->c.password, key.s, key.len, a->c.user, store_now());
  secret_free(&key);
  return good;
}

static enum password_result ask_token(struct attempt *a, char const *path,
                                      struct options const *o,
                                      struct password_verdict *v)
{
  struct user const *u;

  *v = (struct password_verdict){.reason = "token"};
  if (!is_vouched(a, o)) return PASSWORD_WRONG;
  u = find(a, path);
  v->reason = !u ? "unknown" : u->disabled ? "disabled" : 0;
  if (v->reason) return PASSWORD_WRONG;
  v->method = "token";
  return PASSWORD_OK;
}

static enum password_result ask(struct attempt *a, char const *path,
                                struct options const *o,
                                struct password_verdict *v)
{
  if (o->key && is_token(&a->c)) return ask_token(a, path, o, v);
  return ask_password(a, path, o, v);
}

/* No core with a password in it, no endless hash. */
static struct rlimit set_limits(void)
{
  struct rlimit old, now;

  prctl(PR_SET_DUMPABLE, 0);
  if (getrlimit(RLIMIT_CPU, &old) < 0) strerr_diefusys(111, "read limits");
  now = old;
  if (now.rlim_cur > CPU_LIMIT) now.rlim_cur = CPU_LIMIT;
  if (setrlimit(RLIMIT_CPU, &now) < 0) strerr_diefusys(111, "set limits");
  return old;
}

static struct options options(int *argc, char const *const **argv)
{
  struct options o = {0};
  subgetopt l = SUBGETOPT_ZERO;
  int opt;

  while ((opt = subgetopt_r(*argc, *argv, "pUG:T:", &l)) != -1) {
    switch (opt) {
    case 'p': o.plain = 1; break;
    case 'U': o.keep = 1; break;
    case 'G': o.guesses = l.arg; break;
    case 'T': o.key = l.arg; break;
    default: dieusage();
    }
  }
  *argc -= l.ind;
  *argv += l.ind;
  return o;
}

int main(int argc, char const *const *argv)
{
  struct attempt a = {0};
  stralloc modifs = STRALLOC_ZERO;
  struct password_verdict v;
  struct rlimit cpu;
  struct options o;

  PROG = "postern-checkpassword";
  o = options(&argc, &argv);
  if (argc < 2) dieusage();

  cpu = set_limits();
  read_credentials(&a);
  switch (ask(&a, argv[0], &o, &v)) {
  case PASSWORD_OK: log_result(&a, "ok", &v); break;
  case PASSWORD_WRONG: die_wrong(&a, v.reason);
  case PASSWORD_FAILED:
    log_result(&a, "failed", &v);
    wipe(&a);
    strerr_diefu(111, "hash: no memory, or not a hash");
  }

  becoming(&modifs, &a.file.user, o.keep ? BECOMING_LATER : BECOMING_NOW);
  wipe(&a);
  setrlimit(RLIMIT_CPU, &cpu);
  chain_exec(argv + 1, &modifs);
}
