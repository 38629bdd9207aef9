#include <string.h>

#include <skalibs/iopause.h>

#include "popcommand.h"
#include "poplogin.h"

struct login {
  struct poplogin const *p;
  struct conn *c;
  char stamp[SASL_CHALLENGE_MAX + 1]; /* APOP's */
  stralloc user;                      /* USER's */
  unsigned int wrong;
};

#define GO_ON (-1) /* beside the values of enum poplogin_end */

static int is_plain(enum sasl_mechanism m) { return m != SASL_CRAM_MD5; }

static int offers(struct poplogin const *p, enum sasl_mechanism m)
{
  return p->mechanisms & SASL_BIT(m) && (p->plain || !is_plain(m));
}

int poplogin_caps(struct poplogin const *p, stralloc *sa)
{
  char const *before = "SASL ";

  if (p->plain && !stralloc_cats(sa, "USER,")) return 0;
  for (enum sasl_mechanism m = SASL_PLAIN; m <= SASL_CRAM_MD5; m++) {
    if (!offers(p, m)) continue;
    if (!stralloc_cats(sa, before) || !stralloc_cats(sa, sasl_name(m)))
      return 0;
    before = " ";
  }
  return *before != ' ' || stralloc_catb(sa, ",", 1);
}

static int say(struct login *l, char const *s)
{
  conn_puts(l->c, s);
  return GO_ON;
}

static int end(struct login *l, char const *s, enum poplogin_end how)
{
  conn_puts(l->c, s);
  conn_flush(l->c);
  return (int)how;
}

/* Wait, but not beyond the session's end, nor for a client that has gone. */
static void wait_seconds(struct conn *c, unsigned int seconds)
{
  iopause_fd x = {.fd = c->fd_in, .events = 0};
  tain until;

  if (!seconds) return;
  tain_now(&c->now);
  tain_addsec(&until, &c->now, (int)seconds);
  if (tain_less(&c->until, &until)) until = c->until;
  iopause_stamp(&x, 1, &until, &c->now);
}

static int wrong(struct login *l)
{
  unsigned int n = l->wrong++;

  wait_seconds(l->c, n < 8 ? l->p->delay << n : l->p->delay << 8);
  if (l->wrong >= l->p->attempts)
    return end(l, "-ERR [AUTH] too many attempts\r\n", POPLOGIN_REFUSED);
  return say(l, "-ERR [AUTH] wrong user name or password\r\n");
}

static int judge(struct login *l, struct sasl const *s, char const *mechanism)
{
  if (conn_flush(l->c)) return POPLOGIN_ERROR;
  switch (l->p->check(l->p->data, l->c, s, mechanism)) {
  case CHECKER_OK: return POPLOGIN_SERVED;
  case CHECKER_WRONG:
  case CHECKER_TOO_LONG: return wrong(l);
  default:
    return end(l, "-ERR [SYS/TEMP] unable to serve the mailbox now\r\n",
               POPLOGIN_FAILED);
  }
}

static int no_memory(struct login *l)
{
  return end(l, "-ERR [SYS/TEMP] out of memory\r\n", POPLOGIN_FAILED);
}

static int needs_tls(struct login *l)
{
  return say(l, "-ERR a password is accepted under TLS only\r\n");
}

static int do_user(struct login *l, struct pop_command const *cmd)
{
  if (!l->p->plain) return needs_tls(l);
  if (popcommand_bare(cmd)) return say(l, "-ERR a user name is needed\r\n");
  if (!sasl_keep(&l->user, cmd->arg, cmd->len)) return no_memory(l);
  return say(l, "+OK\r\n");
}

static int do_pass(struct login *l, struct pop_command const *cmd)
{
  struct sasl s = {.mechanism = SASL_NONE};
  int r;

  if (!l->p->plain) return needs_tls(l);
  if (!l->user.len) return say(l, "-ERR USER first\r\n");
  if (!cmd->len) return say(l, "-ERR a password is needed\r\n");
  if (sasl_keep(&s.user, l->user.s, l->user.len) &&
      sasl_keep(&s.secret, cmd->arg, cmd->len))
    r = judge(l, &s, "user");
  else
    r = no_memory(l);
  l->user.len = 0;
  sasl_free(&s);
  return r;
}

static int do_apop(struct login *l, struct pop_command const *cmd)
{
  struct sasl s = {.mechanism = SASL_NONE};
  size_t n;
  int r;

  if (!l->p->apop) return say(l, "-ERR no such command here\r\n");
  if (!popcommand_apop(cmd, &n))
    return say(l, "-ERR a user name and a digest are needed\r\n");
  if (sasl_keep(&s.user, cmd->arg, n) &&
      sasl_keep(&s.secret, cmd->arg + n + 1, 32) &&
      sasl_keep(&s.challenge, l->stamp, strlen(l->stamp)))
    r = judge(l, &s, "apop");
  else
    r = no_memory(l);
  sasl_free(&s);
  return r;
}

static int ended(struct login *l, enum conn_result r)
{
  switch (r) {
  case CONN_EOF: return end(l, "", POPLOGIN_EOF);
  case CONN_TIMEOUT: return POPLOGIN_TIMEOUT;
  case CONN_BARE:
    return end(l, "-ERR a line must end with CR LF\r\n", POPLOGIN_BARE);
  default: return POPLOGIN_ERROR;
  }
}

static enum conn_result ask(struct login *l, stralloc const *challenge,
                            char **line, size_t *len)
{
  conn_puts(l->c, "+ ");
  conn_put(l->c, challenge->s, challenge->len);
  conn_puts(l->c, "\r\n");
  return conn_line(l->c, SASL_LINE_MAX, line, len);
}

/* What an exchange came to. */
static int conclude(struct login *l, struct sasl *s, enum sasl_step step)
{
  switch (step) {
  case SASL_DONE: return judge(l, s, sasl_name(s->mechanism));
  case SASL_CANCELLED: return say(l, "-ERR cancelled\r\n");
  case SASL_NOMEM: return no_memory(l);
  default: return say(l, "-ERR malformed answer\r\n");
  }
}

static int exchange(struct login *l, struct sasl *s, enum sasl_mechanism m,
                    char const *initial, size_t len)
{
  stralloc out = STRALLOC_ZERO;
  enum sasl_step step = sasl_start(s, m, l->p->host, initial, len, &out);
  enum conn_result r = CONN_OK;
  char *line;

  while (step == SASL_CHALLENGE && !(r = ask(l, &out, &line, &len))) {
    step = sasl_feed(s, line, len, &out);
    explicit_bzero(line, len);
  }
  stralloc_free(&out);
  if (r == CONN_TOO_LONG) return say(l, "-ERR the line is too long\r\n");
  return r ? ended(l, r) : conclude(l, s, step);
}

static int do_auth(struct login *l, struct pop_command const *cmd)
{
  struct sasl s = {.mechanism = SASL_NONE};
  enum sasl_mechanism m;
  char const *initial;
  size_t mlen, ilen;
  int r;

  if (!popcommand_auth(cmd, &mlen, &initial, &ilen))
    return say(l, "-ERR a mechanism is needed\r\n");
  m = sasl_find(cmd->arg, mlen);
  if (m == SASL_NONE || !(l->p->mechanisms & SASL_BIT(m)))
    return say(l, "-ERR no such mechanism\r\n");
  if (!offers(l->p, m)) return needs_tls(l);
  r = exchange(l, &s, m, initial, ilen);
  sasl_free(&s);
  return r;
}

static int do_capa(struct login *l)
{
  stralloc caps = STRALLOC_ZERO;

  if (!poplogin_caps(l->p, &caps)) return no_memory(l);
  conn_puts(l->c, "+OK\r\n");
  for (size_t i = 0; i < caps.len; i++)
    if (caps.s[i] == ',')
      conn_puts(l->c, "\r\n");
    else
      conn_put(l->c, caps.s + i, 1);
  stralloc_free(&caps);
  return say(l, POPCOMMAND_CAPABILITIES);
}

static int obey(struct login *l, struct pop_command const *cmd)
{
  switch (cmd->verb) {
  case POP_USER: return do_user(l, cmd);
  case POP_PASS: return do_pass(l, cmd);
  case POP_APOP: return do_apop(l, cmd);
  case POP_AUTH: return do_auth(l, cmd);
  case POP_CAPA:
  case POP_QUIT:
    if (!popcommand_bare(cmd)) return say(l, "-ERR no argument is allowed\r\n");
    if (cmd->verb == POP_CAPA) return do_capa(l);
    return end(l, "+OK\r\n", POPLOGIN_QUIT);
  case POP_UNKNOWN: return say(l, "-ERR no such command\r\n");
  default: return say(l, "-ERR log in first\r\n");
  }
}

static int serve(struct login *l)
{
  for (unsigned int i = 0; i < POPLOGIN_LINES; i++) {
    struct pop_command cmd;
    char *line;
    size_t len;
    enum conn_result r = conn_line(l->c, POPCOMMAND_MAX, &line, &len);
    int how;

    if (r == CONN_TOO_LONG) {
      say(l, "-ERR the line is too long\r\n");
      continue;
    }
    if (r) return ended(l, r);
    cmd = popcommand_parse(line, len);
    how = obey(l, &cmd);
    /* perhaps a password; nothing beyond the line was read */
    explicit_bzero(line, len);
    if (how != GO_ON) return how;
  }
  return end(l, "-ERR too many commands\r\n", POPLOGIN_REFUSED);
}

enum poplogin_end poplogin(struct poplogin const *p, struct conn *c)
{
  struct login l = {.p = p, .c = c, .user = STRALLOC_ZERO};
  int how;

  conn_puts(c, "+OK ");
  conn_puts(c, p->host);
  if (p->apop) {
    conn_puts(c, " ");
    conn_put(c, l.stamp, sasl_challenge(l.stamp, p->host));
  }
  conn_puts(c, "\r\n");
  how = serve(&l);
  stralloc_free(&l.user);
  return (enum poplogin_end)how;
}
