#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <skalibs/djbunix.h>
#include <skalibs/iopause.h>
#include <skalibs/tai.h>
#include <skalibs/types.h>

#include "ucspitls.h"

#define CHUNK 1024

/* The number in that variable, of an open descriptor, which is now
   close-on-exec; -1 if it is none. */
static int number(char const *name)
{
  char const *x = getenv(name);
  unsigned int fd;

  if (!x || !uint0_scan(x, &fd) || fd < 3 || fd > INT_MAX) return -1;
  return fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : (int)fd;
}

static char const *numbers(struct ucspitls *u)
{
  u->ctl = number("SSLCTLFD");
  if (u->ctl < 0) return "SSLCTLFD is not an open descriptor";
  u->in = number("SSLREADFD");
  if (u->in < 0) return "SSLREADFD is not an open descriptor";
  u->out = number("SSLWRITEFD");
  if (u->out < 0) return "SSLWRITEFD is not an open descriptor";
  return 0;
}

int ucspitls_get(struct ucspitls *u, char const **why)
{
  char const *x = getenv("UCSPITLS"), *damage;

  *u = (struct ucspitls){.ctl = -1, .in = -1, .out = -1};
  if (!x || !strcmp(x, "-")) return 1;
  u->required = !strcmp(x, "!");
  if (u->required && !getenv("SSLCTLFD") && !getenv("SSLREADFD") &&
      !getenv("SSLWRITEFD"))
    return 1;
  damage = numbers(u);
  if (damage) return *why = damage, 0;
  u->offered = 1;
  return 1;
}

void ucspitls_close(struct ucspitls *u)
{
  if (u->ctl >= 0) close(u->ctl);
  if (u->in >= 0 && u->in != u->ctl) close(u->in);
  if (u->out >= 0 && u->out != u->ctl && u->out != u->in) close(u->out);
  u->ctl = u->in = u->out = -1;
  u->offered = 0;
}

void ucspitls_end(struct ucspitls *u)
{
  if (u->offered) shutdown(0, SHUT_WR);
  ucspitls_close(u);
}

/* For a failure with a reason of our own. */
static int fail(char const **why, char const *reason, int e)
{
  *why = reason;
  errno = e;
  return 0;
}

static int ask(int ctl, char const **why)
{
  ssize_t w;

  do
    w = send(ctl, "Y", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (w < 0 && errno == EINTR);
  return w == 1 || fail(why, "unable to ask for TLS", errno);
}

/* Has the whole answer come?  Without a name it is one NUL, or two. */
static int is_whole(stralloc const *facts)
{
  char const *s = facts->s;
  size_t n = facts->len;

  return n && !s[n - 1] && (n == 1 || !s[n - 2]);
}

/* One read; what did not come yet is no failure. */
static int more(int ctl, size_t chunk, stralloc *facts, char const **why)
{
  ssize_t r;

  if (!stralloc_readyplus(facts, chunk))
    return fail(why, "out of memory", ENOMEM);
  r = recv(ctl, facts->s + facts->len, chunk, MSG_DONTWAIT);
  if (r < 0)
    return errno == EAGAIN || errno == EINTR ||
           fail(why, "unable to read the answer", errno);
  if (!r)
    return facts->len ? fail(why, "the answer was cut short", EPROTO)
                      : fail(why, "no handshake", ECONNABORTED);
  facts->len += (size_t)r;
  return facts->len <= UCSPITLS_FACTS_MAX ||
         fail(why, "the answer has no end", EPROTO);
}

static int answer(struct ucspitls const *u, unsigned int seconds,
                  stralloc *facts, char const **why)
{
  /* what follows the answer on one and the same descriptor is data */
  size_t chunk = u->ctl == u->in ? 1 : CHUNK;
  iopause_fd x = {.fd = u->ctl, .events = IOPAUSE_READ};
  tain now, until;

  tain_now_set_stopwatch(&now);
  tain_addsec(&until, &now, (int)seconds);
  facts->len = 0;
  while (!is_whole(facts)) {
    int r = iopause_stamp(&x, 1, &until, &now);

    if (!r) return fail(why, "no answer in time", ETIMEDOUT);
    if (r < 0 && errno != EINTR) return fail(why, "unable to wait", errno);
    if (r > 0 && !more(u->ctl, chunk, facts, why)) return 0;
  }
  return 1;
}

/* Whatever happened, the client's own socket is not at hand any more. */
static int take_wire(struct ucspitls const *u, char const **why)
{
  if (dup2(u->in, 0) >= 0 && dup2(u->out, 1) >= 0) return 1;
  fail(why, "unable to take the wire", errno);
  close(0);
  close(1);
  return 0;
}

int ucspitls_start(struct ucspitls *u, unsigned int seconds, stralloc *facts,
                   char const **why)
{
  int good, e;

  if (!u->offered) return fail(why, "TLS is not offered", EINVAL);
  ndelay_off(0);
  ndelay_off(1);
  good = ask(u->ctl, why) && answer(u, seconds, facts, why);
  e = errno;
  if (!take_wire(u, why)) {
    e = errno;
    good = 0;
  }
  ucspitls_close(u);
  errno = e;
  return good;
}
