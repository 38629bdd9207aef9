/*
 * Fuzz target: a whole dialogue before login.  Two bytes say what is offered
 * and how the next program answers; then come, with 0xff between, what the
 * client sends in clear, what it sends under TLS, and what an auth server
 * answers.
 * Holds: no password is judged that was not to be accepted; credentials have a
 * user, a secret and no NUL; nobody is let in whom the server did not; nothing
 * is read beyond the line that completes a login or begins TLS; where TLS is
 * required nothing is judged before it; each reply is a line.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "poplogin.h"

#define INPUT_MAX 32768
#define MECHS                                                                  \
  "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tSCRAM-SHA-256\nMECH\tX-PLUS\n" \
  "DONE\n"

enum {
  APOP = 1,
  PLAIN = 2,
  SASL = 4,
  CRAM = 8,
  WRONG = 16,
};
enum { TLS = 1, REQUIRED = 2, HANDSHAKE = 4, SERVER = 8, GREETED = 16 };

struct wire {
  char const *in;
  size_t len;
  int fd[2];
};

struct play {
  struct poplogin p;
  struct popauth auth;
  struct authclient client;
  struct wire clear;
  struct wire secret;
  struct wire server;
  unsigned int flags;
  unsigned int more;
  unsigned int asked;
  int private;
};

static void hold(int true)
{
  if (!true) abort();
}

static int clean(stralloc const *sa)
{
  return sa->len && !memchr(sa->s, 0, sa->len) && !sa->s[sa->len];
}

static void hold_own(struct play *j, struct sasl const *s,
                     char const *mechanism)
{
  hold(clean(&s->user) && clean(&s->secret));
  if (!strcmp(mechanism, "apop"))
    hold(j->p.apop && s->secret.len == 32 && s->challenge.len);
  else if (s->mechanism == SASL_CRAM_MD5)
    hold(j->auth.mechanisms & SASL_BIT(SASL_CRAM_MD5) && s->challenge.len);
  else
    hold(j->auth.plain && !s->challenge.len);
}

/* The server's word, and not the client's. */
static void hold_served(struct play *j, struct sasl const *s)
{
  struct wire const *w = &j->server;

  hold(clean(&s->user) && !s->challenge.len);
  hold(memmem(w->in, w->len, "OK\t", 3) != 0);
  hold(s->user.len == j->client.user.len &&
       !memcmp(s->user.s, j->client.user.s, s->user.len));
}

static enum checker_result check(void *data, struct conn *c,
                                 struct sasl const *s, char const *mechanism)
{
  struct play *j = data;

  hold(c->start == c->end && !c->out_len);
  hold(j->private || !(j->more & REQUIRED));
  if (j->auth.server)
    hold_served(j, s);
  else
    hold_own(j, s, mechanism);
  hold(++j->asked <= j->p.attempts);
  return j->flags & WRONG ? CHECKER_WRONG
                          : (enum checker_result)(j->flags >> 6 & 3);
}

static void refused(void *data, struct sasl const *s, char const *mechanism,
                    enum checker_result r, char const *why)
{
  struct play *j = data;

  (void)s;
  hold(j->auth.server && why && *mechanism && r != CHECKER_OK);
  hold(++j->asked <= j->p.attempts);
}

static void trouble(void *data, char const *why)
{
  hold(((struct play *)data)->auth.server && why);
}

static int stls(void *data, struct conn *c)
{
  struct play *j = data;

  hold(j->more & TLS && !j->private && c->start == c->end && !c->out_len);
  if (!(j->more & HANDSHAKE)) return 0;
  j->private = 1;
  j->auth.plain = 1;
  conn_init(c, j->secret.fd[0], j->secret.fd[0], 5, 1);
  return 1;
}

/* Lines of printable characters, each with its CR LF. */
static void hold_lines(char const *s, size_t len)
{
  hold(!len || (len >= 2 && s[len - 2] == '\r' && s[len - 1] == '\n'));
  for (size_t i = 0; i < len; i++) {
    if (s[i] == '\r')
      hold(s[i + 1] == '\n');
    else if (s[i] == '\n')
      hold(i && s[i - 1] == '\r');
    else
      hold(s[i] >= ' ' && s[i] <= '~');
  }
}

static void open_wire(struct wire *w, char const *before)
{
  size_t n = strlen(before);

  if (socketpair(AF_UNIX, SOCK_STREAM, 0, w->fd)) abort();
  if (n && write(w->fd[1], before, n) != (ssize_t)n) abort();
  if (w->len && write(w->fd[1], w->in, w->len) != (ssize_t)w->len) abort();
  shutdown(w->fd[1], SHUT_WR);
}

/* Bytes that nobody read: whole lines before them were, if must. */
static void hold_rest(struct wire *w, int must)
{
  static char rest[INPUT_MAX];
  ssize_t left = read(w->fd[0], rest, sizeof rest);

  if (left < 0) left = 0;
  hold((size_t)left <= w->len &&
       !memcmp(rest, w->in + w->len - left, (size_t)left));
  if (must)
    hold(w->len - (size_t)left >= 2 &&
         w->in[w->len - (size_t)left - 1] == '\n');
}

static void close_wire(struct wire *w)
{
  static char out[1 << 18];
  size_t n = 0;

  close(w->fd[0]);
  for (ssize_t r; (r = read(w->fd[1], out + n, sizeof out - n)) > 0;)
    n += (size_t)r;
  hold_lines(out, n);
  close(w->fd[1]);
}

/* The part of the input up to 0xff, which is taken off it. */
static void part(struct wire *w, uint8_t const **data, size_t *size)
{
  uint8_t const *end = *size ? memchr(*data, 0xff, *size) : 0;

  w->in = (char const *)*data;
  w->len = end ? (size_t)(end - *data) : *size;
  *data += w->len + (end != 0);
  *size -= w->len + (end != 0);
}

static void set_up(struct play *j)
{
  unsigned int f = j->flags;

  if (f & SASL)
    j->auth.mechanisms = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_LOGIN);
  if (f & CRAM) j->auth.mechanisms |= SASL_BIT(SASL_CRAM_MD5);
  j->auth.plain = (f & PLAIN) != 0;
  j->p = (struct poplogin){.host = "mx.example",
                           .auth = &j->auth,
                           .apop = f & APOP && !(j->more & SERVER),
                           .tls = j->more & TLS ? POPLOGIN_OFFERED
                                                : POPLOGIN_CLEAR,
                           .tls_required = (j->more & REQUIRED) != 0,
                           .attempts = 3,
                           .check = check,
                           .refused = refused,
                           .trouble = trouble,
                           .stls = stls,
                           .data = j};
  j->auth.host = j->p.host;
  open_wire(&j->clear, "");
  open_wire(&j->secret, "");
  open_wire(&j->server, j->more & GREETED ? MECHS : "");
  if (!(j->more & SERVER)) return;
  j->auth.server = &j->client;
  j->client.timeout = 5;
  j->client.path = "/nonexistent/s";
  authclient_adopt(&j->client, dup(j->server.fd[0]));
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  static struct conn c;
  struct play j = {0};
  enum poplogin_end end;

  if (size < 2 || size > INPUT_MAX) return 0;
  j.flags = data[0];
  j.more = data[1];
  data += 2;
  size -= 2;
  part(&j.clear, &data, &size);
  part(&j.secret, &data, &size);
  j.server.in = (char const *)data;
  j.server.len = size;
  signal(SIGPIPE, SIG_IGN);
  set_up(&j);
  conn_init(&c, j.clear.fd[0], j.clear.fd[0], 5, 1);
  end = poplogin(&j.p, &c);
  popauth_free(&j.auth);

  hold_rest(&j.clear, j.private || end == POPLOGIN_SERVED);
  hold_rest(&j.secret, j.private && end == POPLOGIN_SERVED);
  if (end == POPLOGIN_SERVED) hold(j.asked);
  hold(end != POPLOGIN_ERROR && end != POPLOGIN_TIMEOUT);
  hold((end == POPLOGIN_NO_TLS) <= !j.private);
  close_wire(&j.clear);
  close_wire(&j.secret);
  close(j.server.fd[0]);
  close(j.server.fd[1]);
  return 0;
}
