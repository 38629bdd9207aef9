#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <skalibs/types.h>

#include "authclient.h"
#include "authline.h"
#include "secret.h"
#include "text.h"

#define CHALLENGE_MAX                                                          \
  12282             /* "334 " and CR LF around it: RFC 4954 section 4          \
                     */
#define LATE_MAX 16 /* lines of attempts that are over */
#define FIRST_FD 3

static char const name_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
static char const base64_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/=";

static int made_of(char const *set, size_t n, char const *s, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (!memchr(set, s[i], n)) return 0;
  return 1;
}

static int is_base64(char const *s, size_t len)
{
  return made_of(base64_bytes, sizeof base64_bytes - 1, s, len);
}

/* why is s, and ": " and t if there is a t. */
static int say(struct authclient *a, char const *s, char const *t)
{
  char const *part[] = {s, t ? ": " : "", t ? t : ""};
  size_t n = 0;

  for (size_t i = 0; i < 3; i++) {
    size_t len = strlen(part[i]);

    if (len > sizeof a->why - 1 - n) len = sizeof a->why - 1 - n;
    memcpy(a->why + n, part[i], len);
    n += len;
  }
  a->why[n] = 0;
  return 0;
}

/* Time is milliseconds of a clock that nobody sets. */
static int64_t now(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t deadline(struct authclient const *a)
{
  return now() + (int64_t)a->timeout * 1000;
}

static int64_t left(int64_t until)
{
  int64_t ms = until - now();

  return ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : ms;
}

static int wait_for(struct authclient *a, short events, int64_t until)
{
  struct pollfd x = {.fd = a->fd, .events = events};

  for (;;) {
    int r = poll(&x, 1, (int)left(until));

    if (r > 0) return 1;
    if (!r) return say(a, "timeout", 0);
    if (errno != EINTR) return say(a, "unable to poll", strerror(errno));
  }
}

static int write_all(struct authclient *a, char const *s, size_t n,
                     int64_t until)
{
  while (n) {
    ssize_t w = send(a->fd, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (w >= 0) {
      s += w;
      n -= (size_t)w;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(a, POLLOUT, until)) return 0;
    } else if (errno != EINTR) {
      return say(a, "unable to write", strerror(errno));
    }
  }
  return 1;
}

/* Read once, into room that there is. */
static int fill(struct authclient *a, int64_t until)
{
  for (;;) {
    ssize_t n = recv(a->fd, a->in.s + a->in.len, AUTHLINE_MAX - a->in.len,
                     MSG_DONTWAIT);

    if (n > 0) {
      a->in.len += (size_t)n;
      return 1;
    }
    if (!n) return say(a, "the server closed", 0);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(a, POLLIN, until)) return 0;
    } else if (errno != EINTR) {
      return say(a, "unable to read", strerror(errno));
    }
  }
}

/* Make room behind what was not taken yet. */
static int compact(struct authclient *a)
{
  a->in.len -= a->taken;
  memmove(a->in.s, a->in.s + a->taken, a->in.len);
  a->taken = 0;
  return a->in.len < AUTHLINE_MAX || say(a, "line too long", 0);
}

/* The next line, taken apart, and its length.  Its words hold until the next
   call. */
static int next(struct authclient *a, struct authline *l, size_t *len,
                int64_t until)
{
  char *s, *lf;

  for (;;) {
    s = a->in.s + a->taken;
    lf = memchr(s, '\n', a->in.len - a->taken);
    if (lf) break;
    if (!compact(a) || !fill(a, until)) return 0;
  }
  *len = (size_t)(lf - s);
  a->taken += *len + 1;
  return authline_split(l, s, *len) || say(a, "too many words in a line", 0);
}

static int is(struct authline const *l, size_t i, char const *s)
{
  return i < l->n && l->len[i] == strlen(s) &&
         !memcmp(l->word[i], s, l->len[i]);
}

static int has(struct authline const *l, size_t first, char const *s)
{
  for (size_t i = first; i < l->n; i++)
    if (is(l, i, s)) return 1;
  return 0;
}

/* Does it show what somebody else could log in with?  Whatever the server says:
   it may not say so of a bearer's token. */
static int shows_secret(char const *name)
{
  static char const *const names[] = {"PLAIN", "LOGIN", "OAUTHBEARER",
                                      "XOAUTH2"};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(name, names[i])) return 1;
  return 0;
}

/* MECH, name, flags. */
static int take_mech(struct authclient *a, struct authline *l)
{
  struct authclient_mech *m = a->mech + a->n;
  size_t len = l->n > 1 ? l->len[1] : 0;

  if (has(l, 2, "private") || has(l, 2, "anonymous")) return 1;
  if (!len || len > AUTHCLIENT_NAME) return 1;
  for (size_t i = 0; i < len; i++)
    if (l->word[1][i] >= 'a' && l->word[1][i] <= 'z')
      l->word[1][i] -= 'a' - 'A';
  if (!made_of(name_bytes, sizeof name_bytes - 1, l->word[1], len)) return 1;
  if (authclient_find(a, l->word[1], len)) return 1;
  if (a->n == AUTHCLIENT_MECHS) return say(a, "too many mechanisms", 0);
  memcpy(m->name, l->word[1], len);
  m->name[len] = 0;
  m->plaintext = has(l, 2, "plaintext") || shows_secret(m->name);
  a->n++;
  return 1;
}

/* The server's lines up to DONE. */
static int greeting(struct authclient *a, int64_t until)
{
  struct authline l;
  size_t bytes = 0, len;
  int version = 0;

  while (next(a, &l, &len, until)) {
    bytes += len + 1;
    if (bytes > AUTHCLIENT_GREETING) return say(a, "greeting too long", 0);
    if (is(&l, 0, "VERSION")) {
      if (!is(&l, 1, "1")) return say(a, "another version of the protocol", 0);
      version = 1;
    } else if (is(&l, 0, "MECH")) {
      if (!take_mech(a, &l)) return 0;
    } else if (is(&l, 0, "DONE")) {
      return version || say(a, "no version of the protocol", 0);
    }
  }
  return 0;
}

/* Both sides greet at once: nobody waits for the other. */
static int greet(struct authclient *a, int64_t until)
{
  char s[64] = "VERSION\t1\t1\nCPID\t";
  size_t n = strlen(s);

  n += uint_fmt(s + n, (unsigned int)getpid());
  s[n++] = '\n';
  return write_all(a, s, n, until) && greeting(a, until);
}

static int adopt(struct authclient *a, int fd, int64_t until)
{
  a->fd = fd;
  a->n = a->in.len = a->taken = 0;
  a->open = 1;
  if (stralloc_ready(&a->in, AUTHLINE_MAX + 1)) {
    if (greet(a, until)) return 1;
  } else {
    say(a, "out of memory", 0);
  }
  authclient_close(a);
  return 0;
}

/* The lowest descriptor that is none of the standard ones; -1 with errno. */
static int make_socket(void)
{
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), low;

  if (fd == -1 || fd >= FIRST_FD) return fd;
  low = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
  close(fd);
  return low;
}

/* The kernel lets who connects wait for room in the server's backlog, which
   poll(2) does not; the time for that is the one for sending. */
static int join(int fd, struct sockaddr_un const *sa, int64_t until)
{
  for (;;) {
    int64_t ms = left(until);
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    if (!ms) {
      errno = ETIMEDOUT;
      return 0;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) == -1) return 0;
    if (!connect(fd, (struct sockaddr const *)sa, sizeof *sa)) return 1;
    if (errno != EINTR && errno != EAGAIN) return 0;
  }
}

static int open_until(struct authclient *a, int64_t until)
{
  struct sockaddr_un sa = {.sun_family = AF_UNIX};
  size_t len = a->path ? strlen(a->path) : 0;
  int fd;

  if (a->open) return 1;
  if (!len || len >= sizeof sa.sun_path)
    return say(a, "unable to connect", strerror(len ? ENAMETOOLONG : EINVAL));
  memcpy(sa.sun_path, a->path, len);
  fd = make_socket();
  if (fd == -1) return say(a, "unable to make a socket", strerror(errno));
  if (join(fd, &sa, until)) return adopt(a, fd, until);
  say(a, "unable to connect", strerror(errno));
  close(fd);
  return 0;
}

int authclient_open(struct authclient *a) { return open_until(a, deadline(a)); }

int authclient_adopt(struct authclient *a, int fd)
{
  return adopt(a, fd, deadline(a));
}

void authclient_close(struct authclient *a)
{
  if (a->open) close(a->fd);
  a->open = 0;
  a->fd = -1;
  a->n = 0;
}

void authclient_free(struct authclient *a)
{
  authclient_close(a);
  secret_free(&a->in);
  secret_free(&a->token);
  stralloc_free(&a->user);
}

struct authclient_mech const *authclient_find(struct authclient const *a,
                                              char const *name, size_t len)
{
  for (size_t i = 0; i < a->n; i++)
    if (text_equal(name, len, a->mech[i].name, strlen(a->mech[i].name)))
      return a->mech + i;
  return 0;
}

/* A parameter of an answer, kept; "" if it is not there. */
static int keep(stralloc *sa, struct authline const *l, char const *name)
{
  char const *v = authline_get(l, 2, name);

  sa->len = 0;
  if (!stralloc_cats(sa, v ? v : "") || !stralloc_0(sa)) return 0;
  sa->len--;
  return 1;
}

static enum authclient_result refused(struct authclient *a,
                                      struct authline const *l, char const *why)
{
  char const *reason = authline_get(l, 2, "reason");

  say(a, reason && *reason ? reason : why, 0);
  return keep(&a->user, l, "user") ? AUTHCLIENT_WRONG : AUTHCLIENT_TEMP;
}

/* Dovecot says OK of a right password even if its owner may not log in. */
static enum authclient_result take_ok(struct authclient *a,
                                      struct authline const *l)
{
  if (has(l, 2, "nologin") && !has(l, 2, "proxy"))
    return refused(a, l, "nologin");
  if (!keep(&a->user, l, "user") || !keep(&a->token, l, "token"))
    say(a, "out of memory", 0);
  else if (!a->user.len)
    say(a, "no user in the answer", 0);
  else
    return AUTHCLIENT_OK;
  return AUTHCLIENT_TEMP;
}

/* temp is the older word for code=temp_fail. */
static enum authclient_result take_fail(struct authclient *a,
                                        struct authline const *l)
{
  char const *code = authline_get(l, 2, "code");
  int temp = has(l, 2, "temp") || (code && !strcmp(code, "temp_fail"));
  enum authclient_result r = refused(a, l, code && *code ? code : "refused");

  return temp ? AUTHCLIENT_TEMP : r;
}

static enum authclient_result take_cont(struct authclient *a,
                                        struct authline const *l, stralloc *out)
{
  size_t len = l->n > 2 ? l->len[2] : 0;

  if (len > CHALLENGE_MAX || (len && !is_base64(l->word[2], len)))
    say(a, "no base64 in the answer", 0);
  else if (!stralloc_copyb(out, len ? l->word[2] : "", len))
    say(a, "out of memory", 0);
  else
    return AUTHCLIENT_CONT;
  return AUTHCLIENT_TEMP;
}

/* An answer that no attempt can go on with leaves nothing to rely on. */
static enum authclient_result broken(struct authclient *a)
{
  authclient_close(a);
  return AUTHCLIENT_TEMP;
}

/* *silent: the connection ended without a word. */
static enum authclient_result answer(struct authclient *a, stralloc *out,
                                     int64_t until, int *silent)
{
  struct authline l;
  unsigned int late = 0;
  size_t len;
  enum authclient_result r = AUTHCLIENT_TEMP;

  *silent = 0;
  for (;;) {
    if (!next(a, &l, &len, until)) {
      *silent = a->in.len == a->taken && left(until);
      return broken(a);
    }
    if (authline_id(&l, 1) == a->id) break;
    if (++late > LATE_MAX) {
      say(a, "no answer among many lines", 0);
      return broken(a);
    }
  }
  if (is(&l, 0, "FAIL")) return take_fail(a, &l);
  if (is(&l, 0, "OK"))
    r = take_ok(a, &l);
  else if (is(&l, 0, "CONT"))
    r = take_cont(a, &l, out);
  else
    say(a, "unknown answer", 0);
  return r == AUTHCLIENT_TEMP ? broken(a) : r;
}

static int add_flag(stralloc *sa, char const *name, int flag)
{
  return !flag || authline_add(sa, name);
}

static int add_cert(stralloc *sa, char const *user)
{
  return !user || (authline_add(sa, "valid-client-cert") &&
                   authline_param(sa, "cert_username", user));
}

static int begin(stralloc *sa, char const *verb, unsigned int id)
{
  char s[UINT_FMT];

  s[uint_fmt(s, id)] = 0;
  sa->len = 0;
  return stralloc_ready(sa, AUTHLINE_MAX) && stralloc_cats(sa, verb) &&
         authline_add(sa, s);
}

/* resp must be the last. */
static int compose(struct authclient const *a,
                   struct authclient_request const *r, stralloc *sa)
{
  return begin(sa, "AUTH", a->id) && authline_add(sa, r->mechanism) &&
         authline_param(sa, "service", r->service) &&
         authline_add(sa, "nologin") &&
         authline_param(sa, "session", r->session) &&
         authline_param(sa, "lip", r->local_ip) &&
         authline_param(sa, "rip", r->remote_ip) &&
         add_flag(sa, "secured", r->secured) && add_cert(sa, r->cert_user) &&
         authline_param(sa, "tls-exporter", r->exporter) &&
         authline_param(sa, "tls-server-end-point", r->endpoint) &&
         (!r->initial || (authline_add(sa, "resp=") &&
                          stralloc_catb(sa, r->initial, r->initial_len))) &&
         stralloc_append(sa, '\n');
}

/* Send it, if there is one, and wipe it: it may hold a password. */
static int deliver(struct authclient *a, stralloc *sa, int composed,
                   int64_t until)
{
  int done = 0;

  if (!composed)
    say(a, "out of memory", 0);
  else if (sa->len > AUTHLINE_MAX)
    say(a, "request too long", 0);
  else
    done = write_all(a, sa->s, sa->len, until);
  secret_free(sa);
  return done;
}

static void forget(struct authclient *a, stralloc *out)
{
  out->len = a->user.len = a->token.len = 0;
  a->why[0] = 0;
}

static enum authclient_result attempt(struct authclient *a,
                                      struct authclient_request const *r,
                                      stralloc *out, int64_t until, int *silent)
{
  stralloc sa = STRALLOC_ZERO;

  *silent = 0;
  if (!open_until(a, until)) return AUTHCLIENT_TEMP;
  if (!authclient_find(a, r->mechanism, strlen(r->mechanism))) {
    say(a, "no such mechanism", 0);
    return AUTHCLIENT_TEMP;
  }
  if (!++a->id) a->id = 1;
  if (deliver(a, &sa, compose(a, r, &sa), until))
    return answer(a, out, until, silent);
  *silent = left(until) > 0;
  return broken(a);
}

enum authclient_result authclient_start(struct authclient *a,
                                        struct authclient_request const *r,
                                        stralloc *out)
{
  int64_t until = deadline(a);
  int again = a->open && a->path, silent;
  enum authclient_result result;

  forget(a, out);
  if (r->initial && !is_base64(r->initial, r->initial_len)) {
    say(a, "no base64", 0);
    return AUTHCLIENT_WRONG;
  }
  result = attempt(a, r, out, until, &silent);
  return again && silent ? attempt(a, r, out, until, &silent) : result;
}

enum authclient_result authclient_continue(struct authclient *a,
                                           char const *line, size_t len,
                                           stralloc *out)
{
  int64_t until = deadline(a);
  stralloc sa = STRALLOC_ZERO;
  int silent;

  forget(a, out);
  if (!a->open) {
    say(a, "nothing was begun", 0);
    return AUTHCLIENT_TEMP;
  }
  if (!is_base64(line, len)) {
    authclient_cancel(a);
    say(a, "no base64", 0);
    return AUTHCLIENT_WRONG;
  }
  if (!deliver(a, &sa,
               begin(&sa, "CONT", a->id) && stralloc_append(&sa, '\t') &&
                   stralloc_catb(&sa, line, len) && stralloc_append(&sa, '\n'),
               until))
    return broken(a);
  return answer(a, out, until, &silent);
}

void authclient_cancel(struct authclient *a)
{
  stralloc sa = STRALLOC_ZERO;

  if (!a->open) return;
  if (!deliver(a, &sa,
               begin(&sa, "CANCEL", a->id) && stralloc_append(&sa, '\n'),
               deadline(a)))
    authclient_close(a);
}
