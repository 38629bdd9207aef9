#include <string.h>

#include <skalibs/iopause.h>

#include "popcommand.h"
#include "poplogin.h"

struct login {
  struct poplogin *p;
  struct conn *c;
  char stamp[SASL_CHALLENGE_MAX + 1]; /* APOP's */
  stralloc user;                      /* USER's */
  unsigned int wrong;
};

#define GO_ON (-1) /* beside the values of enum poplogin_end */

static int needs_tls(struct poplogin const *p)
{
  return p->tls_required && p->tls != POPLOGIN_PRIVATE;
}

int poplogin_caps(struct poplogin *p, stralloc *sa)
{
  size_t start, words;

  if (needs_tls(p)) return 1;
  if (popauth_password(p->auth) == POPAUTH_OFFERED &&
      !stralloc_cats(sa, "USER,"))
    return 0;
  start = sa->len;
  if (!stralloc_cats(sa, "SASL")) return 0;
  words = sa->len;
  if (!popauth_names(p->auth, sa)) return 0;
  if (sa->len == words) {
    sa->len = start;
    return 1;
  }
  return stralloc_append(sa, ',');
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

/* Counted as a wrong one, so that nobody is asked for ever. */
static int nobody_judged(struct login *l)
{
  static char const reply[] = "-ERR [SYS/TEMP] unable to judge a login now\r\n";

  if (++l->wrong >= l->p->attempts) return end(l, reply, POPLOGIN_FAILED);
  return say(l, reply);
}

static int no_memory(struct login *l)
{
  return end(l, "-ERR [SYS/TEMP] out of memory\r\n", POPLOGIN_FAILED);
}

/* After a reply that must be on its way before somebody else has the wire. */
static int is_handed_over(struct login *l)
{
  return !conn_flush(l->c) && l->c->start == l->c->end;
}

static int judge(struct login *l, struct sasl const *s, char const *mechanism)
{
  if (!is_handed_over(l)) return POPLOGIN_ERROR;
  switch (l->p->check(l->p->data, l->c, s, mechanism)) {
  case CHECKER_OK: return POPLOGIN_SERVED;
  case CHECKER_WRONG:
  case CHECKER_TOO_LONG: return wrong(l);
  default:
    return end(l, "-ERR [SYS/TEMP] unable to serve the mailbox now\r\n",
               POPLOGIN_FAILED);
  }
}

static void refused(struct login *l, char const *mechanism,
                    enum checker_result r)
{
  struct popauth const *a = l->p->auth;
  l->p->refused(l->p->data, &a->sasl, mechanism, r, a->why);
}

/* What an exchange came to. */
static int conclude(struct login *l, enum popauth_step step,
                    char const *mechanism)
{
  switch (step) {
  case POPAUTH_READY: return judge(l, &l->p->auth->sasl, mechanism);
  case POPAUTH_WRONG:
    refused(l, mechanism, CHECKER_WRONG);
    return conn_flush(l->c) ? POPLOGIN_ERROR : wrong(l);
  case POPAUTH_FAILED:
    refused(l, mechanism, CHECKER_FAILED);
    return nobody_judged(l);
  case POPAUTH_CANCELLED: return say(l, "-ERR cancelled\r\n");
  case POPAUTH_NOMEM: return no_memory(l);
  default: return say(l, "-ERR malformed answer\r\n");
  }
}

/* Why something is not offered. */
static int not_offered(struct login *l, enum popauth_offer o)
{
  switch (o) {
  case POPAUTH_TLS:
    return say(l, "-ERR a password is accepted under TLS only\r\n");
  case POPAUTH_GONE:
    l->p->trouble(l->p->data, l->p->auth->why);
    return nobody_judged(l);
  default: return say(l, "-ERR no such mechanism\r\n");
  }
}

static void forget_user(struct login *l)
{
  if (l->user.s) explicit_bzero(l->user.s, l->user.a);
  l->user.len = 0;
}

static int do_user(struct login *l, struct pop_command const *cmd)
{
  enum popauth_offer o = popauth_password(l->p->auth);

  if (o != POPAUTH_OFFERED) return not_offered(l, o);
  if (popcommand_bare(cmd)) return say(l, "-ERR a user name is needed\r\n");
  if (!sasl_keep(&l->user, cmd->arg, cmd->len)) return no_memory(l);
  return say(l, "+OK\r\n");
}

static int do_pass(struct login *l, struct pop_command const *cmd)
{
  struct popauth *a = l->p->auth;
  enum popauth_offer o = popauth_password(a);
  int r;

  if (o != POPAUTH_OFFERED) return not_offered(l, o);
  if (!l->user.len) return say(l, "-ERR USER first\r\n");
  if (!cmd->len) return say(l, "-ERR a password is needed\r\n");
  r = conclude(l, popauth_pass(a, l->user.s, l->user.len, cmd->arg, cmd->len),
               "user");
  popauth_end(a);
  forget_user(l);
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

static enum conn_result ask(struct login *l, char **line, size_t *len)
{
  stralloc const *challenge = &l->p->auth->out;

  conn_puts(l->c, "+ ");
  conn_put(l->c, challenge->s, challenge->len);
  conn_puts(l->c, "\r\n");
  return conn_line(l->c, SASL_LINE_MAX, line, len);
}

static int exchange(struct login *l, char const *initial, size_t len)
{
  struct popauth *a = l->p->auth;
  enum popauth_step step = popauth_start(a, initial, len);
  enum conn_result r = CONN_OK;
  char *line;

  while (step == POPAUTH_CHALLENGE && !(r = ask(l, &line, &len))) {
    step = popauth_feed(a, line, len);
    explicit_bzero(line, len);
  }
  if (r == CONN_TOO_LONG) return say(l, "-ERR the line is too long\r\n");
  return r ? ended(l, r) : conclude(l, step, a->mechanism);
}

static int do_auth(struct login *l, struct pop_command const *cmd)
{
  enum popauth_offer o;
  char const *initial;
  size_t mlen, ilen;
  int r;

  if (!popcommand_auth(cmd, &mlen, &initial, &ilen))
    return say(l, "-ERR a mechanism is needed\r\n");
  o = popauth_choose(l->p->auth, cmd->arg, mlen);
  if (o != POPAUTH_OFFERED) return not_offered(l, o);
  r = exchange(l, initial, ilen);
  popauth_end(l->p->auth);
  return r;
}

static int do_capa(struct login *l)
{
  stralloc caps = STRALLOC_ZERO;

  l->p->auth->why = 0;
  if (!poplogin_caps(l->p, &caps)) return no_memory(l);
  if (l->p->auth->why) l->p->trouble(l->p->data, l->p->auth->why);
  conn_puts(l->c, "+OK\r\n");
  if (l->p->tls == POPLOGIN_OFFERED) conn_puts(l->c, "STLS\r\n");
  for (size_t i = 0; i < caps.len; i++)
    if (caps.s[i] == ',')
      conn_puts(l->c, "\r\n");
    else
      conn_put(l->c, caps.s + i, 1);
  stralloc_free(&caps);
  return say(l, POPCOMMAND_CAPABILITIES);
}

static int do_stls(struct login *l)
{
  struct poplogin *p = l->p;

  if (p->tls == POPLOGIN_PRIVATE) return say(l, "-ERR TLS is active\r\n");
  if (p->tls != POPLOGIN_OFFERED)
    return say(l, p->tls_required ? "-ERR [SYS/TEMP] no TLS now\r\n"
                                  : "-ERR no such command here\r\n");
  forget_user(l);
  say(l, "+OK\r\n");
  if (!is_handed_over(l)) return POPLOGIN_ERROR;
  if (!p->stls(p->data, l->c)) return POPLOGIN_NO_TLS;
  p->tls = POPLOGIN_PRIVATE;
  return GO_ON;
}

/* Those that take no argument, and are good on any wire. */
static int obey_bare(struct login *l, struct pop_command const *cmd)
{
  if (!popcommand_bare(cmd)) return say(l, "-ERR no argument is allowed\r\n");
  switch (cmd->verb) {
  case POP_CAPA: return do_capa(l);
  case POP_STLS: return do_stls(l);
  default: return end(l, "+OK\r\n", POPLOGIN_QUIT);
  }
}

static int obey(struct login *l, struct pop_command const *cmd)
{
  switch (cmd->verb) {
  case POP_CAPA:
  case POP_STLS:
  case POP_QUIT: return obey_bare(l, cmd);
  default: break;
  }
  if (needs_tls(l->p)) return say(l, "-ERR STLS first\r\n");
  switch (cmd->verb) {
  case POP_USER: return do_user(l, cmd);
  case POP_PASS: return do_pass(l, cmd);
  case POP_APOP: return do_apop(l, cmd);
  case POP_AUTH: return do_auth(l, cmd);
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

enum poplogin_end poplogin(struct poplogin *p, struct conn *c)
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
  forget_user(&l);
  stralloc_free(&l.user);
  return (enum poplogin_end)how;
}
