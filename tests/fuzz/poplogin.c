/*
 * Fuzz target: a whole dialogue before login.  The first byte says what is
 * offered and how the checker answers, the rest is what the client sends.
 * Holds: no password is judged that was not to be accepted; credentials have a
 * user, a secret and no NUL; nothing is read beyond the line that completes a
 * login; each reply is a line.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "poplogin.h"

#define INPUT_MAX 32768

struct judge {
  struct poplogin const *p;
  uint8_t flags;
  unsigned int asked;
};

static void hold(int true)
{
  if (!true) abort();
}

static int clean(stralloc const *sa)
{
  return sa->len && !memchr(sa->s, 0, sa->len) && !sa->s[sa->len];
}

static enum checker_result check(void *data, struct conn *c,
                                 struct sasl const *s, char const *mechanism)
{
  struct judge *j = data;

  hold(c->start == c->end && !c->out_len);
  hold(clean(&s->user) && clean(&s->secret));
  if (!strcmp(mechanism, "apop"))
    hold(j->p->apop && s->secret.len == 32 && s->challenge.len);
  else if (s->mechanism == SASL_CRAM_MD5)
    hold(j->p->mechanisms & 1U << SASL_CRAM_MD5 && s->challenge.len);
  else
    hold(j->p->plain && !s->challenge.len);
  hold(++j->asked <= j->p->attempts);
  return j->flags & 16 ? CHECKER_WRONG
                       : (enum checker_result)(j->flags >> 6 & 3);
}

/* Lines of printable characters, each with its CR LF. */
static void hold_lines(char const *s, size_t len)
{
  hold(len >= 2 && s[len - 2] == '\r' && s[len - 1] == '\n');
  for (size_t i = 0; i < len; i++) {
    if (s[i] == '\r')
      hold(s[i + 1] == '\n');
    else if (s[i] == '\n')
      hold(i && s[i - 1] == '\r');
    else
      hold(s[i] >= ' ' && s[i] <= '~');
  }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  static struct conn c;
  static char out[1 << 18], rest[INPUT_MAX];
  uint8_t flags = size ? *data : 0;
  struct poplogin p = {.host = "mx.example",
                       .apop = flags & 1,
                       .plain = flags >> 1 & 1,
                       .mechanisms =
                           flags & 4 ? 1U << SASL_PLAIN | 1U << SASL_LOGIN : 0,
                       .attempts = 3,
                       .check = check};
  struct judge j = {.p = &p, .flags = flags};
  enum poplogin_end end;
  ssize_t left;
  size_t n = 0;
  int fd[2];

  if (size) data++, size--;
  if (size > INPUT_MAX) size = INPUT_MAX;
  if (flags & 8) p.mechanisms |= 1U << SASL_CRAM_MD5;
  p.data = &j;
  signal(SIGPIPE, SIG_IGN);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd)) abort();
  if (size && write(fd[1], data, size) != (ssize_t)size) abort();
  shutdown(fd[1], SHUT_WR);
  conn_init(&c, fd[0], fd[0], 5, 1);
  end = poplogin(&p, &c);
  left = read(fd[0], rest, sizeof rest);
  if (left < 0) left = 0;
  hold((size_t)left <= size && !memcmp(rest, data + size - left, (size_t)left));
  if (end == POPLOGIN_SERVED)
    hold(j.asked && size - (size_t)left >= 2 &&
         data[size - (size_t)left - 1] == '\n');
  hold(end != POPLOGIN_ERROR && end != POPLOGIN_TIMEOUT);
  close(fd[0]);
  for (ssize_t r; (r = read(fd[1], out + n, sizeof out - n)) > 0;)
    n += (size_t)r;
  hold_lines(out, n);
  close(fd[1]);
  return 0;
}
