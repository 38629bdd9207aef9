/*
 * postern-authd: who is this user?  The server's side of Dovecot's
 * authentication protocol, for postern-smtpd, postern-popup, Postfix, Exim.
 *
 * reads   descriptor 0: the protocol (authproto.h), or with -s a socket of its
 *         own; the users file users.cdb, or with -x what a checkpassword
 *         program says; with -T a key file
 * writes  descriptor 1; one line per attempt to the log; with -G the store
 * exits   0 the client closed, or SIGTERM came; 1 the client broke the rules;
 *         100 wrong usage, or a checker that accepts anything; 111 temporary
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <skalibs/random.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "account.h"
#include "addr.h"
#include "authlisten.h"
#include "authserve.h"
#include "checker.h"
#include "checkerjudge.h"
#include "guess.h"
#include "log.h"
#include "secret.h"
#include "token.h"
#include "turnstile.h"
#include "userfile.h"
#include "userjudge.h"

#define USAGE                                                                  \
  "postern-authd [ -p ] [ -m mechanisms ] [ -T keyfile ] [ -G store ] "        \
  "[ -H host ] [ -u user ] [ -g group ] "                                      \
  "[ -s socket [ -d fd ] [ -c connections ] [ -N hashes ] ] "                  \
  "users.cdb | -x [ -O order ] checker..."
#define dieusage() strerr_dieusage(100, USAGE)

#define MECHANISMS "PLAIN LOGIN SCRAM-SHA-256"
#define CHECKER_MECHANISMS "PLAIN LOGIN"
#define CHECKER_SECONDS 60 /* that a checker may take */
#define CONNECTIONS 500
#define HASHES 8
#define HASHES_MAX 1000
#define HOST_MAX 64

struct options {
  int plain;
  int use_checker;
  char const *mechanisms;
  char const *token;   /* the key file */
  char const *guesses; /* the store that counts failures, or 0 */
  char const *socket;
  char const *user;
  char const *group;
  unsigned int connections;
  unsigned int hashes;
  unsigned int ready; /* the descriptor; 0: none */
  enum checker_order order;
  char const *host;
};

struct authd {
  struct options o;
  struct userjudge users;
  struct checker checker;
  struct judge judge; /* who judges, without the turnstile before him */
  int turnstile;      /* or -1 */
  struct guess guess;
  struct authproto_settings settings;
};

/* --- the judge --- */

/* The turnstile stands before him. */
static enum judge_result password(void *data, struct judge_case const *about,
                                  struct sasl const *s,
                                  char reason[JUDGE_REASON])
{
  struct authd *a = data;
  enum judge_result r;
  int place;

  if (a->turnstile < 0)
    return a->judge.password(a->judge.data, about, s, reason);
  place = turnstile_enter(a->turnstile, a->o.hashes);
  if (place < 0) {
    memcpy(reason, "turnstile", sizeof "turnstile");
    return JUDGE_FAILED;
  }
  r = a->judge.password(a->judge.data, about, s, reason);
  turnstile_leave(a->turnstile, place);
  return r;
}

static enum judge_result secret(void *data, struct judge_case const *about,
                                struct scram_secret *x,
                                char reason[JUDGE_REASON])
{
  struct authd *a = data;

  return a->judge.secret(a->judge.data, about, x, reason);
}

static enum judge_result known(void *data, struct judge_case const *about,
                               char reason[JUDGE_REASON])
{
  struct authd *a = data;

  return a->judge.known(a->judge.data, about, reason);
}

/* --- who counts failures --- */

static char const *guess_ip(struct judge_case const *about)
{
  ip46 ip;

  return about->remote_ip && addr_scan(about->remote_ip, &ip) ? about->remote_ip
                                                              : 0;
}

static void warn_guess(struct authd const *a)
{
  char const *why = guess_why(&a->guess);

  if (why) strerr_warnwu("count in ", a->o.guesses, ": ", why);
}

/* The store is opened for one attempt: another one may be there the next
   time. */
static enum judge_result ask(void *data, struct judge_case const *about,
                             unsigned int *delay)
{
  struct authd *a = data;
  enum guess_verdict v;

  if (about->no_penalty) return JUDGE_OK;
  a->guess = (struct guess){.policy = GUESS_POLICY};
  guess_open(&a->guess, a->o.guesses);
  v = guess_ask(&a->guess, guess_ip(about), about->user, delay);
  warn_guess(a);
  if (v == GUESS_GO) return JUDGE_OK;
  guess_close(&a->guess);
  return JUDGE_REFUSED;
}

static void tell(void *data, struct judge_case const *about,
                 enum judge_result r)
{
  struct authd *a = data;

  if (about->no_penalty) return;
  if (a->guess.open && r == JUDGE_OK)
    guess_right(&a->guess, guess_ip(about), about->user);
  if (a->guess.open && r == JUDGE_FAILED)
    guess_void(&a->guess, guess_ip(about), about->user);
  if (a->guess.open && r != JUDGE_WRONG) warn_guess(a);
  guess_close(&a->guess);
}

/* --- what is told --- */

/* Only who opens mailboxes has a use for it. */
static int token(void *data, struct exchange const *x, char s[AUTHPROTO_TOKEN])
{
  struct authd *a = data;
  stralloc key = STRALLOC_ZERO;
  char const *why = 0;
  int r;

  _Static_assert(TOKEN_LEN < AUTHPROTO_TOKEN, "a token fits");
  if (!a->o.token || !x->about.service || strcmp(x->about.service, "pop3"))
    return 0;
  r = token_key(&key, a->o.token, &why);
  if (r)
    r = token_make(s, key.s, key.len, x->about.user, (uint64_t)time(0));
  else
    strerr_warnwu("read ", a->o.token, ": ", why ? why : strerror(errno));
  secret_free(&key);
  return r;
}

static void put(struct log *l, char const *key, char const *value)
{
  if (value && *value) log_string(l, key, value);
}

static void told(void *data, struct exchange const *x)
{
  static char const *const results[] = {
      [JUDGE_OK] = "ok",
      [JUDGE_WRONG] = "wrong",
      [JUDGE_FAILED] = "failed",
      [JUDGE_REFUSED] = "refused",
  };
  struct log l;

  (void)data;
  log_start(&l, PROG, "auth", 0);
  put(&l, "session", x->about.session);
  put(&l, "ip", x->about.remote_ip);
  put(&l, "user", x->about.user);
  put(&l, "mechanism", x->about.mechanism);
  put(&l, "service", x->about.service);
  put(&l, "result", results[x->result]);
  put(&l, "reason", x->reason);
  log_end(&l);
}

/* --- one connection --- */

static int serve(struct authd *a, int greeted)
{
  struct authserve s = {
      .settings = &a->settings, .fd_in = 0, .fd_out = 1, .greeted = greeted};
  char const *why = authserve(&s);
  struct log l;

  if (!why) return 0;
  log_start(&l, PROG, "closed", 0);
  log_string(&l, "reason", why);
  log_end(&l);
  return 1;
}

/* --- our own server --- */

static int greet(void *data, stralloc *out, unsigned int connection)
{
  struct authd *a = data;
  unsigned char cookie[AUTHPROTO_COOKIE];

  random_buf((char *)cookie, sizeof cookie);
  return authproto_greet(out, a->settings.set, (unsigned int)getpid(),
                         connection, cookie);
}

static int serve_child(void *data)
{
  struct authd *a = data;

  if (a->turnstile >= 0) a->turnstile = AUTHLISTEN_KEPT;
  return serve(a, 1);
}

/* Can attempts be judged?  1, or 0 after a message. */
static int check(struct authd const *a)
{
  struct userfile f = {0};
  struct userfile_problem p;
  stralloc key = STRALLOC_ZERO;
  char const *why = 0;
  int r = 1;

  if (!a->o.use_checker && !userfile_open(&f, a->users.path, &p)) {
    strerr_warnw("unable to ", p.verb, " ", a->users.path, ": ", p.why);
    r = 0;
  }
  userfile_free(&f);
  if (a->o.token && !token_key(&key, a->o.token, &why)) {
    strerr_warnw("unable to read ", a->o.token, ": ",
                 why ? why : strerror(errno));
    r = 0;
  }
  secret_free(&key);
  return r;
}

static void reload(void *data)
{
  if (check(data)) strerr_warni("reload: what attempts need can be read");
}

static void trouble(void *data, char const *what, int e)
{
  (void)data;
  strerr_warnwu(what, ": ", strerror(e));
}

/* A checker that lets in whom nobody knows must not be asked. */
static void prove_checker(struct authd const *a)
{
  char reason[64];
  int status;

  if (!a->o.use_checker) return;
  switch (checker_probe(&a->checker, &status, reason)) {
  case CHECKER_OK:
    strerr_dief(100, a->checker.argv[0], " accepts a password that nobody has");
  case CHECKER_WRONG: break;
  default: strerr_warnw(a->checker.argv[0], " cannot judge: ", reason);
  }
}

/* Descriptors for every client, and the standard ones. */
static void make_room(struct authd const *a)
{
  rlim_t want = a->o.connections + 64;
  struct rlimit r;
  int fd;

  do
    fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
  if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= want) return;
  r.rlim_cur = want < r.rlim_max ? want : r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
}

static void drop_privilege(struct authd const *a)
{
  struct account who;
  char const *why;

  if (!a->o.user && !a->o.group) return;
  if (!account_find(&who, a->o.user, a->o.group, &why))
    strerr_dief(100, why, a->o.user ? a->o.user : a->o.group);
  why = account_become(&who);
  if (why) strerr_diefusys(111, "set ", why);
}

static void say_ready(struct authd const *a)
{
  if (!a->o.ready) return;
  if (write((int)a->o.ready, "\n", 1) != 1)
    strerr_diefusys(111, "write to the descriptor of readiness");
  close((int)a->o.ready);
}

/* What the first attempt would do for all that come after it. */
static void warm_up(void)
{
  struct scram_secret x;

  scramsecret_mock(&x, (unsigned char const *)"", 0, "", SCRAM_ITERATIONS_MIN);
}

static int listen_and_serve(struct authd *a)
{
  struct authlisten l = {.n = a->o.connections,
                         .greet = greet,
                         .serve = serve_child,
                         .reload = reload,
                         .trouble = trouble,
                         .data = a,
                         .keep = -1};

  make_room(a);
  l.fd = authlisten_bind(a->o.socket);
  if (l.fd < 0) strerr_diefusys(111, "bind ", a->o.socket);
  drop_privilege(a);
  prctl(PR_SET_DUMPABLE, 0);
  if (!check(a)) return 111;
  prove_checker(a);
  if (a->o.hashes) {
    a->turnstile = l.keep = turnstile_make();
    if (l.keep < 0) strerr_diefusys(111, "make a turnstile");
  }
  warm_up();
  say_ready(a);
  if (authlisten(&l) < 0) strerr_diefusys(111, "serve");
  return 0;
}

/* --- options --- */

static unsigned int number(char letter, char const *s, unsigned int min,
                           unsigned int max)
{
  char name[] = {'-', letter, 0};
  unsigned int u;

  if (!uint0_scan(s, &u) || u < min || u > max)
    strerr_dief(100, name, ": not a number that it takes: ", s);
  return u;
}

static void option(struct options *o, int letter, char const *arg)
{
  switch (letter) {
  case 'p': o->plain = 1; break;
  case 'x': o->use_checker = 1; break;
  case 'm': o->mechanisms = arg; break;
  case 'T': o->token = arg; break;
  case 'G': o->guesses = arg; break;
  case 's': o->socket = arg; break;
  case 'u': o->user = arg; break;
  case 'g': o->group = arg; break;
  case 'H': o->host = arg; break;
  case 'd': o->ready = number('d', arg, 3, 65535); break;
  case 'c': o->connections = number('c', arg, 1, AUTHLISTEN_MAX); break;
  case 'N': o->hashes = number('N', arg, 0, HASHES_MAX); break;
  case 'O':
    if (!checker_order_scan(arg, &o->order))
      strerr_dief(100, "-O: neither response nor challenge: ", arg);
    break;
  default: dieusage();
  }
}

static void options(struct options *o, int *argc, char const *const **argv)
{
  subgetopt l = SUBGETOPT_ZERO;
  int letter;

  *o = (struct options){.connections = CONNECTIONS, .hashes = HASHES};
  while ((letter = subgetopt_r(*argc, *argv, "pxm:T:G:s:u:g:H:d:c:N:O:", &l)) !=
         -1)
    option(o, letter, l.arg);
  *argc -= l.ind;
  *argv += l.ind;
  if (!*argc || (!o->use_checker && *argc > 1)) dieusage();
  if (!o->mechanisms)
    o->mechanisms = o->use_checker ? CHECKER_MECHANISMS : MECHANISMS;
}

static void set_mechanisms(struct authd *a)
{
  unsigned int const more = EXCHANGE_BIT(EXCHANGE_SCRAM) |
                            EXCHANGE_BIT(EXCHANGE_SCRAM_PLUS) |
                            EXCHANGE_BIT(EXCHANGE_EXTERNAL);
  char const *bad;

  if (!exchange_list(a->o.mechanisms, &a->settings.set, &bad))
    strerr_dief(100, "-m: not a mechanism: ", bad);
  if (!a->settings.set) strerr_dief(100, "-m: no mechanism");
  if (a->o.use_checker && a->settings.set & more)
    strerr_dief(100, "-m: a checker knows PLAIN, LOGIN and CRAM-MD5 only");
}

static void set_judge(struct authd *a, char const *const *argv)
{
  struct judge *j = &a->settings.judge;

  a->users = (struct userjudge){
      .path = argv[0], .plain = a->o.plain, .key_path = a->o.token};
  a->checker = (struct checker){
      .argv = argv, .order = a->o.order, .timeout = CHECKER_SECONDS};
  if (a->o.use_checker)
    checkerjudge_init(&a->judge, &a->checker);
  else
    userjudge_init(&a->judge, &a->users);
  *j = (struct judge){.data = a,
                      .fold = a->judge.fold,
                      .password = password,
                      .secret = a->judge.secret ? secret : 0,
                      .known = a->judge.known ? known : 0,
                      .ask = a->o.guesses ? ask : 0,
                      .tell = a->o.guesses ? tell : 0,
                      .counter = a};
}

int main(int argc, char const *const *argv)
{
  struct authd a = {.turnstile = -1};
  char host[HOST_MAX + 1] = "";

  PROG = "postern-authd";
  options(&a.o, &argc, &argv);
  set_mechanisms(&a);
  set_judge(&a, argv);
  if (!a.o.host && gethostname(host, HOST_MAX) == 0) a.o.host = host;
  a.settings.host = a.o.host ? a.o.host : "";
  a.settings.told = told;
  a.settings.token = token;
  a.settings.data = &a;
  signal(SIGPIPE, SIG_IGN);
  if (a.o.socket) return listen_and_serve(&a);
  prctl(PR_SET_DUMPABLE, 0);
  drop_privilege(&a);
  return serve(&a, 0);
}
