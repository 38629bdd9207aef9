#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/random.h>

#include "authline.h"
#include "authserve.h"

struct serve {
  struct authserve const *s;
  struct authproto p;
  uint64_t idle; /* when the silence has been too long */
  size_t len;
  char in[AUTHLINE_MAX + 1];
};

/* Milliseconds of a clock that never goes back. */
static uint64_t clock_ms(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Wait for one of the events until then: 1, 0 if the time is over, -1 with
   errno. */
static int wait_for(int fd, short events, uint64_t until)
{
  struct pollfd x = {.fd = fd, .events = events};
  int r;

  do {
    uint64_t now = clock_ms(), left = until > now ? until - now : 0;

    r = poll(&x, 1, left > INT32_MAX ? INT32_MAX : (int)left);
  } while (r == -1 && errno == EINTR);
  return r;
}

/* 0, or why not. */
static char const *flush(struct serve *c)
{
  uint64_t until = clock_ms() + AUTHSERVE_WRITE * UINT64_C(1000);
  stralloc *out = &c->p.out;
  size_t done = 0;

  while (done < out->len) {
    int r = wait_for(c->s->fd_out, POLLOUT, until);
    ssize_t w;

    if (!r) return "the client does not read";
    w = r < 0 ? -1 : write(c->s->fd_out, out->s + done, out->len - done);
    if (w < 0 && errno != EINTR && errno != EAGAIN) return strerror(errno);
    if (w > 0) done += (size_t)w;
  }
  if (out->len) explicit_bzero(out->s, out->len);
  out->len = 0;
  return 0;
}

/* All whole lines; answers go out as they come, for what is behind them may
   take its time. */
static char const *take_lines(struct serve *c)
{
  char *line = c->in, *lf;

  while ((lf = memchr(line, '\n', c->len))) {
    size_t n = (size_t)(lf - line);
    int good = authproto_line(&c->p, line, n, clock_ms());
    char const *why = flush(c);

    if (!good) why = c->p.why;
    if (why) return why;
    line = lf + 1;
    c->len -= n + 1;
  }
  memmove(c->in, line, c->len);
  return c->len == AUTHLINE_MAX ? "line too long" : 0;
}

/* *eof is 1 when the client closed. */
static char const *take_bytes(struct serve *c, int *eof)
{
  ssize_t n = read(c->s->fd_in, c->in + c->len, AUTHLINE_MAX - c->len);

  if (n < 0) return errno == EINTR || errno == EAGAIN ? 0 : strerror(errno);
  *eof = !n;
  c->len += (size_t)n;
  c->idle = clock_ms() + AUTHSERVE_IDLE * UINT64_C(1000);
  return take_lines(c);
}

static char const *serve(struct serve *c)
{
  char const *why = flush(c);
  int eof = 0;

  while (!why && !eof) {
    uint64_t until = c->idle;
    int r;

    if (authproto_next(&c->p, &until) && until > c->idle) until = c->idle;
    r = wait_for(c->s->fd_in, POLLIN, until);
    if (r < 0) return strerror(errno);
    if (r)
      why = take_bytes(c, &eof);
    else if (clock_ms() >= c->idle)
      return "idle";
    if (!why && !authproto_due(&c->p, clock_ms())) why = c->p.why;
    if (!why) why = flush(c);
  }
  return why;
}

static int greet(struct serve *c)
{
  unsigned char cookie[AUTHPROTO_COOKIE];

  random_buf((char *)cookie, sizeof cookie);
  return authproto_greet(&c->p.out, c->s->settings->set, (unsigned int)getpid(),
                         1, cookie);
}

char const *authserve(struct authserve const *s)
{
  struct serve c = {.s = s};
  char const *why = "out of memory";

  /* what a socket has no room for must not hold us beyond the deadline */
  if (ndelay_on(s->fd_in) < 0 || ndelay_on(s->fd_out) < 0)
    return strerror(errno);
  authproto_start(&c.p, s->settings);
  c.idle = clock_ms() + AUTHSERVE_IDLE * UINT64_C(1000);
  if (s->greeted || greet(&c)) why = serve(&c);
  authproto_free(&c.p);
  explicit_bzero(c.in, sizeof c.in);
  return why;
}
