#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/iopause.h>

#include "conn.h"

#define BROKEN ((size_t)-1) /* in out_len: a write failed, the rest is lost */

void conn_init(struct conn *c, int fd_in, int fd_out, unsigned int timeout,
               size_t chunk)
{
  c->fd_in = fd_in;
  c->fd_out = fd_out;
  c->timeout = timeout;
  c->chunk = chunk;
  c->start = c->end = c->out_len = 0;
  tain_now_set_stopwatch(&c->now);
  c->until = tain_infinite;
  ndelay_on(fd_in);
  ndelay_on(fd_out);
}

void conn_release(struct conn *c)
{
  ndelay_off(c->fd_in);
  ndelay_off(c->fd_out);
}

static tain deadline(struct conn *c, unsigned int seconds)
{
  tain t;

  tain_now(&c->now);
  tain_addsec(&t, &c->now, (int)seconds);
  return tain_less(&t, &c->until) ? t : c->until;
}

void conn_until(struct conn *c, unsigned int seconds)
{
  c->until = deadline(c, seconds);
}

static enum conn_result wait_for(struct conn *c, int fd, short events,
                                 tain const *until)
{
  iopause_fd x = {.fd = fd, .events = events};

  for (;;) {
    int r = iopause_stamp(&x, 1, until, &c->now);

    if (r > 0) return CONN_OK;
    if (!r) return CONN_TIMEOUT;
    if (errno != EINTR) return CONN_ERROR;
  }
}

static enum conn_result write_all(struct conn *c, char const *s, size_t n)
{
  tain until = deadline(c, c->timeout);

  while (n) {
    ssize_t w = write(c->fd_out, s, n);

    if (w >= 0) {
      s += w;
      n -= (size_t)w;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      enum conn_result r = wait_for(c, c->fd_out, IOPAUSE_WRITE, &until);
      if (r) return r;
    } else if (errno != EINTR) {
      return CONN_ERROR;
    }
  }
  return CONN_OK;
}

enum conn_result conn_flush(struct conn *c)
{
  enum conn_result r;

  if (c->out_len == BROKEN) return CONN_ERROR;
  if (!c->out_len) return CONN_OK;
  r = write_all(c, c->out, c->out_len);
  c->out_len = r ? BROKEN : 0;
  return r;
}

void conn_put(struct conn *c, char const *s, size_t n)
{
  while (n && c->out_len != BROKEN) {
    size_t k = sizeof c->out - c->out_len;

    if (k > n) k = n;
    memcpy(c->out + c->out_len, s, k);
    c->out_len += k;
    s += k;
    n -= k;
    if (n) conn_flush(c);
  }
}

void conn_puts(struct conn *c, char const *s) { conn_put(c, s, strlen(s)); }

/* Read once, by until.  There is room: the callers see to it. */
static enum conn_result fill(struct conn *c, tain const *until)
{
  size_t room;

  if (c->start == c->end) c->start = c->end = 0;
  room = sizeof c->in - c->end;
  if (room > c->chunk) room = c->chunk;
  for (;;) {
    ssize_t n = read(c->fd_in, c->in + c->end, room);

    if (n > 0) {
      c->end += (size_t)n;
      return CONN_OK;
    }
    if (!n) return CONN_EOF;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      enum conn_result r = conn_flush(c);
      if (!r) r = wait_for(c, c->fd_in, IOPAUSE_READ, until);
      if (r) return r;
    } else if (errno != EINTR) {
      return CONN_ERROR;
    }
  }
}

enum conn_result conn_fill(struct conn *c)
{
  tain until = deadline(c, c->timeout);
  return fill(c, &until);
}

static void compact(struct conn *c)
{
  if (!c->start) return;
  memmove(c->in, c->in + c->start, c->end - c->start);
  c->end -= c->start;
  c->start = 0;
}

enum conn_result conn_line(struct conn *c, size_t max, char **line, size_t *len)
{
  tain until = deadline(c, c->timeout);
  size_t seen = 0; /* bytes from start on that hold no LF */
  int too_long = 0;

  for (;;) {
    char *s = c->in + c->start;
    size_t n = c->end - c->start;
    char *lf = memchr(s + seen, '\n', n - seen);
    enum conn_result r;

    if (lf) {
      size_t l = (size_t)(lf - s) + 1;

      c->start += l;
      if (l < 2 || lf[-1] != '\r' || memchr(s, '\r', l - 2)) return CONN_BARE;
      if (too_long || l > max) return CONN_TOO_LONG;
      *line = s;
      *len = l - 2;
      return CONN_OK;
    }
    seen = n;
    if (n > max) {
      /* forget it, but for a CR that its LF may follow */
      too_long = 1;
      c->start = c->end - (s[n - 1] == '\r');
      seen = c->end - c->start;
    }
    if (c->end == sizeof c->in) compact(c);
    if ((r = fill(c, &until))) return r;
  }
}
