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
#include "tlsctx.h"

#define PROGRAM "postern-tlsd"

enum { CLIENT, DATA, LIFE };

struct worker {
  struct worker_job const *job;
  SSL *ssl;
  int life; /* -1: it is over, and nobody will tell us */
  int gone; /* the application has closed its end */
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

  log_start(&l, PROGRAM, "tls", w->job->session);
  log_string(&l, "ip", w->job->ip);
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
        .fd = w->job->client,
        .events = events(v == FERRY_AWAIT_READ ? FERRY_READ : FERRY_WRITE)};
    p[DATA] = (struct pollfd){.fd = -1};
    if (!wait_for(w, p, w->job->deadline)) return "timeout";
  }
}

static int tell_facts(struct worker_job const *job, struct answer const *a)
{
  stralloc sa = STRALLOC_ZERO;

  return answer_write(&sa, a) &&
         send(job->control, sa.s, sa.len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
             (ssize_t)sa.len;
}

static void begin(struct worker *w)
{
  struct worker_job const *job = w->job;
  char subject[ANSWER_VALUE_MAX + 1];
  pid_t pid = getpid();
  struct answer a;
  char const *why = handshake(w);

  if (why) {
    say(job, "handshake", why);
    _exit(0);
  }
  if (write(job->done, &pid, sizeof pid) < 0) _exit(111);
  tlsctx_answer(w->ssl, &a, subject);
  if (!job->quiet) say_done(w, &a);
  if (job->facts && !tell_facts(job, &a)) _exit(0);
  close(job->control);
}

/* --- the relay --- */

static ssize_t tls_read(void *context, char *s, size_t n)
{
  struct worker *w = context;
  int r;

  ERR_clear_error();
  r = SSL_read(w->ssl, s, (int)n);
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
  shutdown(w->job->client, SHUT_WR);
  return 0;
}

static ssize_t data_read(void *context, char *s, size_t n)
{
  struct worker *w = context;
  ssize_t r;

  do
    r = recv(w->job->data, s, n, MSG_DONTWAIT);
  while (r < 0 && errno == EINTR);
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
    r = send(w->job->data, s, n, MSG_DONTWAIT | MSG_NOSIGNAL);
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

  shutdown(w->job->data, SHUT_WR);
  return 0;
}

/* An end that we want nothing of now must not wake us, but for the news that
   the application has gone. */
static int wait_both(struct worker *w, int const want[2], uint64_t deadline)
{
  struct pollfd p[3];

  p[CLIENT] = (struct pollfd){.fd = want[CLIENT] ? w->job->client : -1,
                              .events = events(want[CLIENT])};
  p[DATA] = (struct pollfd){.fd = want[DATA] || !w->gone ? w->job->data : -1,
                            .events = events(want[DATA])};
  if (!wait_for(w, p, deadline)) return 0;
  if (p[DATA].revents & POLLHUP) w->gone = 1;
  return 1;
}

static void carry(struct worker *w)
{
  uint64_t idle = (uint64_t)w->job->idle * 1000, last = worker_clock();
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
    if (linger == UINT64_MAX) say(w->job, "idle", "timeout");
    return;
  }
}

_Noreturn void worker_run(struct worker_job const *job)
{
  struct worker *w = calloc(1, sizeof *w);
  int one = 1;

  if (w) w->ssl = SSL_new(job->ctx);
  if (!w || !w->ssl || SSL_set_fd(w->ssl, job->client) != 1) {
    say(job, "handshake", "out of memory");
    _exit(111);
  }
  w->job = job;
  w->life = job->life;
  w->ferry.end[CLIENT] = (struct ferry_end){w, tls_read, tls_write, tls_shut};
  w->ferry.end[DATA] = (struct ferry_end){w, data_read, data_write, data_shut};
  signal(SIGPIPE, SIG_IGN);
  fcntl(job->client, F_SETFL, O_NONBLOCK);
  setsockopt(job->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  begin(w);
  carry(w);
  _exit(0);
}
