#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "ferry.h"
#include "log.h"
#include "rights.h"
#include "secret.h"
#include "tlsctx.h"
#include "wipe.h"

#define PROGRAM "postern-tlsd"
#define DESCRIPTORS 3 /* of a job */

enum { CLIENT, DATA, LIFE };

/* All that is known of a connection; zero between two. */
struct worker {
  struct worker_config const *config;
  struct worker_job job;
  SSL *ssl;
  int life;     /* -1: it is over, and nobody will tell us */
  int gone;     /* the application has closed its end */
  int ready[2]; /* there may be something to read */
  struct ferry ferry;
};

uint64_t worker_clock(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* --- the log --- */

/* OpenSSL's reasons are words with blanks, which a value has not. */
static void words(struct log *l, char const *key, char const *value)
{
  char s[128];
  size_t n = strlen(value);

  if (n > sizeof s) n = sizeof s;
  for (size_t i = 0; i < n; i++)
    s[i] = value[i] == ' ' ? '-' : value[i];
  log_bytes(l, key, s, n);
}

LOG_ASIDE void worker_say(char const *event, char const *session,
                          char const *ip, char const *key, char const *value)
{
  struct log l;

  log_start(&l, PROGRAM, event, session);
  if (ip) log_string(&l, "ip", ip);
  words(&l, key, value);
  log_end(&l);
}

static void say(struct worker_job const *job, char const *event,
                char const *value)
{
  worker_say(event, job->session, job->ip, "refused", value);
}

LOG_ASIDE static void say_done(struct worker const *w, struct answer const *a)
{
  SSL *ssl = w->ssl;
  long verified = SSL_get_verify_result(ssl);
  struct log l;

  log_start(&l, PROGRAM, "tls", w->job.session);
  log_string(&l, "ip", w->job.ip);
  log_string(&l, "protocol", a->protocol);
  log_string(&l, "cipher", a->cipher);
  if (a->sni) log_string(&l, "sni", a->sni);
  if (SSL_session_reused(ssl)) log_string(&l, "resumed", "yes");
  if (a->subject) log_string(&l, "cert", a->subject);
  if (!a->fingerprint.n && SSL_get0_peer_certificate(ssl))
    words(&l, "cert-refused",
          verified == X509_V_OK ? "certificate has expired"
                                : X509_verify_cert_error_string(verified));
  log_end(&l);
}

/* --- waiting --- */

static short events(int want)
{
  return (short)((want & FERRY_READ ? POLLIN : 0) |
                 (want & FERRY_WRITE ? POLLOUT : 0));
}

static int left(uint64_t deadline)
{
  uint64_t now = worker_clock();

  if (deadline <= now) return 0;
  return deadline - now > 86400000 ? 86400000 : (int)(deadline - now);
}

/* 1; 0 if the deadline is over; who is told to end ends. */
static int wait_for(struct worker *w, struct pollfd p[3], uint64_t deadline)
{
  int n;

  p[LIFE] = (struct pollfd){.fd = w->life, .events = POLLIN};
  do
    n = poll(p, 3, left(deadline));
  while (n < 0 && errno == EINTR);
  if (n < 0) _exit(111);
  if (p[LIFE].revents & POLLIN) _exit(0);
  if (p[LIFE].revents) w->life = -1;
  return n > 0;
}

/* --- the handshake --- */

static int verdict(SSL *ssl, int r)
{
  switch (SSL_get_error(ssl, r)) {
  case SSL_ERROR_WANT_READ: return FERRY_AWAIT_READ;
  case SSL_ERROR_WANT_WRITE: return FERRY_AWAIT_WRITE;
  case SSL_ERROR_ZERO_RETURN: return 0;
  default: return FERRY_BROKEN;
  }
}

static char const *broken_why(void)
{
  char const *s = ERR_reason_error_string(ERR_peek_error());

  return s ? s : "closed";
}

/* 0, or why there is no TLS. */
static char const *handshake(struct worker *w)
{
  struct pollfd p[3];
  int r, v;

  for (;;) {
    ERR_clear_error();
    r = SSL_accept(w->ssl);
    if (r == 1) return 0;
    v = verdict(w->ssl, r);
    if (!v) return "closed";
    if (v == FERRY_BROKEN) return broken_why();
    p[CLIENT] = (struct pollfd){
        .fd = w->job.client,
        .events = events(v == FERRY_AWAIT_READ ? FERRY_READ : FERRY_WRITE)};
    p[DATA] = (struct pollfd){.fd = -1};
    if (!wait_for(w, p, w->job.deadline)) return "timeout";
  }
}

static int tell_facts(struct worker_job const *job, struct answer const *a)
{
  stralloc sa = STRALLOC_ZERO;
  /* with room for all of it, so that no copy of a part is left */
  int good = stralloc_ready(&sa, ANSWER_MAX) && answer_write(&sa, a) &&
             send(job->control, sa.s, sa.len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
                 (ssize_t)sa.len;

  secret_free(&sa);
  return good;
}

/* Who looks there and finds no room learns it when we are free. */
static void tell_through(struct worker const *w)
{
  struct worker_through const t = {w->config->place, w->job.turn};

  if (write(w->config->through, &t, sizeof t) < 0 && errno != EAGAIN)
    _exit(111);
}

static int tell(struct worker *w)
{
  char subject[ANSWER_VALUE_MAX + 1];
  struct answer a;
  int good;

  tlsctx_answer(w->ssl, &a, subject);
  if (!w->config->quiet) say_done(w, &a);
  good = !w->job.facts || tell_facts(&w->job, &a);
  explicit_bzero(&a, sizeof a);
  explicit_bzero(subject, sizeof subject);
  return good;
}

/* 1, or 0: there is nothing to carry. */
static int begin(struct worker *w)
{
  char const *why = handshake(w);

  if (why) {
    say(&w->job, "handshake", why);
    return 0;
  }
  tell_through(w);
  if (!tell(w)) return 0;
  close(w->job.control);
  w->job.control = -1;
  return 1;
}

/* --- the relay --- */

/* A read that would only say that there is nothing is left to poll, which must
   be asked anyway. */

static ssize_t tls_read(void *context, char *s, size_t n)
{
  struct worker *w = context;
  int r;

  if (!w->ready[CLIENT] && !SSL_has_pending(w->ssl)) return FERRY_AWAIT_READ;
  ERR_clear_error();
  r = SSL_read(w->ssl, s, (int)n);
  w->ready[CLIENT] = 0;
  return r > 0 ? r : verdict(w->ssl, r);
}

static ssize_t tls_write(void *context, char const *s, size_t n)
{
  struct worker *w = context;
  int r, v;

  ERR_clear_error();
  r = SSL_write(w->ssl, s, (int)n);
  if (r > 0) return r;
  v = verdict(w->ssl, r);
  return v ? v : FERRY_BROKEN;
}

/* The TCP connection ends with it, so that who does not read alerts sees the
   end, too. */
static ssize_t tls_shut(void *context)
{
  struct worker *w = context;
  int r, v;

  ERR_clear_error();
  r = SSL_shutdown(w->ssl);
  if (r < 0) {
    v = verdict(w->ssl, r);
    if (v != FERRY_BROKEN) return v;
  }
  shutdown(w->job.client, SHUT_WR);
  return 0;
}

static ssize_t data_read(void *context, char *s, size_t n)
{
  struct worker *w = context;
  ssize_t r;

  if (!w->ready[DATA]) return FERRY_AWAIT_READ;
  do
    r = recv(w->job.data, s, n, MSG_DONTWAIT);
  while (r < 0 && errno == EINTR);
  if (r < (ssize_t)n) w->ready[DATA] = 0;
  if (r >= 0) return r;
  if (errno == EAGAIN) return FERRY_AWAIT_READ;
  if (errno != ECONNRESET) return FERRY_BROKEN;
  w->gone = 1;
  return 0;
}

/* What nobody reads any more is dropped: what he said last must still reach the
   client. */
static ssize_t data_write(void *context, char const *s, size_t n)
{
  struct worker *w = context;
  ssize_t r;

  if (w->gone) return (ssize_t)n;
  do
    r = send(w->job.data, s, n, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (r < 0 && errno == EINTR);
  if (r >= 0) return r;
  if (errno == EAGAIN) return FERRY_AWAIT_WRITE;
  if (errno != EPIPE && errno != ECONNRESET) return FERRY_BROKEN;
  w->gone = 1;
  return (ssize_t)n;
}

static ssize_t data_shut(void *context)
{
  struct worker *w = context;

  shutdown(w->job.data, SHUT_WR);
  return 0;
}

/* An end that we want nothing of now must not wake us, but for the news that
   the application has gone. */
static int wait_both(struct worker *w, int const want[2], uint64_t deadline)
{
  struct pollfd p[3];

  p[CLIENT] = (struct pollfd){.fd = want[CLIENT] ? w->job.client : -1,
                              .events = events(want[CLIENT])};
  p[DATA] = (struct pollfd){.fd = want[DATA] || !w->gone ? w->job.data : -1,
                            .events = events(want[DATA])};
  if (!wait_for(w, p, deadline)) return 0;
  if (p[DATA].revents & POLLHUP) w->gone = 1;
  w->ready[CLIENT] |= p[CLIENT].revents != 0;
  w->ready[DATA] |= p[DATA].revents != 0;
  return 1;
}

static void carry(struct worker *w)
{
  uint64_t idle = (uint64_t)w->config->idle * 1000, last = worker_clock();
  uint64_t linger = UINT64_MAX;

  for (;;) {
    int want[2], moved = 0;

    if (ferry_step(&w->ferry, want, &moved) <= 0) return;
    if (moved) last = worker_clock();
    if (w->gone && w->ferry.way[DATA].shut && linger == UINT64_MAX)
      linger = worker_clock() + WORKER_LINGER * 1000;
    if (!want[CLIENT] && !want[DATA]) {
      wait_both(w, want, 0);
      if (linger > worker_clock()) continue;
      return;
    }
    if (wait_both(w, want, linger < last + idle ? linger : last + idle))
      continue;
    if (linger == UINT64_MAX) say(&w->job, "idle", "timeout");
    return;
  }
}

/* --- one after the other --- */

static void serve(struct worker *w)
{
  int one = 1;

  w->ssl = SSL_new(w->config->ctx);
  if (!w->ssl || SSL_set_fd(w->ssl, w->job.client) != 1) {
    say(&w->job, "handshake", "out of memory");
    return;
  }
  w->ferry.end[CLIENT] = (struct ferry_end){w, tls_read, tls_write, tls_shut};
  w->ferry.end[DATA] = (struct ferry_end){w, data_read, data_write, data_shut};
  w->ready[CLIENT] = w->ready[DATA] = 1;
  fcntl(w->job.client, F_SETFL, O_NONBLOCK);
  setsockopt(w->job.client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (begin(w)) carry(w);
}

/* Nobody's any more. */
static void forget(struct worker *w)
{
  struct worker_config const *config = w->config;
  int life = w->life;

  SSL_free(w->ssl);
  ERR_clear_error();
  if (w->job.control >= 0) close(w->job.control);
  close(w->job.client);
  close(w->job.data);
  explicit_bzero(w, sizeof *w);
  wipe_stack();
  w->config = config;
  w->life = life;
}

int worker_give(int pair, struct worker_job const *job)
{
  int const fd[DESCRIPTORS] = {job->control, job->client, job->data};

  return rights_send(pair, fd, DESCRIPTORS, job, sizeof *job);
}

/* 0: there are no more. */
static int take(struct worker *w)
{
  int fd[DESCRIPTORS];

  if (rights_receive(w->config->pair, fd, DESCRIPTORS, &w->job, sizeof w->job,
                     0) != (ssize_t)sizeof w->job)
    return 0;
  w->job.control = fd[0];
  w->job.client = fd[1];
  w->job.data = fd[2];
  return 1;
}

_Noreturn void worker_run(struct worker_config const *config)
{
  static char const free_again[] = {WORKER_FREE};
  struct worker *w = calloc(1, sizeof *w);

  if (!w) _exit(111);
  w->config = config;
  w->life = config->life;
  signal(SIGPIPE, SIG_IGN);
  while (take(w)) {
    serve(w);
    forget(w);
    if (send(config->pair, free_again, 1, MSG_NOSIGNAL) != 1) break;
  }
  _exit(0);
}
