#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/types.h>

#include "popcommand.h"
#include "popserve.h"
#include "popwire.h"

#define BLOCK 65536

struct serve {
  struct conn *c;
  struct maildrop *m;
  char const *caps;
  struct popserve_report *r;
};

static void number(struct conn *c, uint64_t u)
{
  char s[UINT64_FMT];
  conn_put(c, s, uint64_fmt(s, u));
}

static void say_number(struct conn *c, char const *before, uint64_t u,
                       char const *after)
{
  conn_puts(c, before);
  number(c, u);
  conn_puts(c, after);
}

static void file_failed(struct serve *s)
{
  s->r->error = errno;
  conn_puts(s->c, errno == ENOENT
                      ? "-ERR the message is gone\r\n"
                      : "-ERR [SYS/TEMP] unable to read the message\r\n");
}

/* The message that a number of the client's means; 0 after a refusal. */
static int find(struct serve *s, uint64_t u, size_t *i)
{
  if (!u || u > maildrop_count(s->m)) {
    conn_puts(s->c, "-ERR no such message\r\n");
    return 0;
  }
  *i = (size_t)(u - 1);
  if (maildrop_has(s->m, *i)) return 1;
  conn_puts(s->c, "-ERR the message is deleted or gone\r\n");
  return 0;
}

/* The only argument is the number of a message that is there. */
static int one(struct serve *s, struct pop_command const *cmd, size_t *i)
{
  uint64_t u;

  if (popcommand_numbers(cmd, &u, 1)) return find(s, u, i);
  conn_puts(s->c, "-ERR a message number is needed\r\n");
  return 0;
}

static void do_stat(struct serve *s)
{
  uint64_t octets, n = maildrop_total(s->m, &octets);

  say_number(s->c, "+OK ", n, " ");
  say_number(s->c, "", octets, "\r\n");
}

/* NUMBER and its size or unique-id; 0 if it is gone. */
static int put_size(struct serve *s, char const *before, size_t i)
{
  uint64_t octets;

  if (!maildrop_octets(s->m, i, &octets)) return 0;
  say_number(s->c, before, i + 1, " ");
  say_number(s->c, "", octets, "\r\n");
  return 1;
}

static int put_uid(struct serve *s, char const *before, size_t i)
{
  char uid[MAILNAME_UID_MAX];

  say_number(s->c, before, i + 1, " ");
  conn_put(s->c, uid, maildrop_uid(s->m, i, uid));
  conn_puts(s->c, "\r\n");
  return 1;
}

static void do_list(struct serve *s, struct pop_command const *cmd,
                    int put(struct serve *, char const *, size_t))
{
  size_t i;

  if (!popcommand_bare(cmd)) {
    if (one(s, cmd, &i) && !put(s, "+OK ", i))
      conn_puts(s->c, "-ERR the message is gone\r\n");
    return;
  }
  conn_puts(s->c, "+OK\r\n");
  for (i = 0; i < maildrop_count(s->m); i++)
    if (maildrop_has(s->m, i)) put(s, "", i);
  conn_puts(s->c, ".\r\n");
}

static void put_spans(struct conn *c, struct popwire *w, char const *p,
                      size_t n)
{
  struct popwire_span span;

  while ((span = popwire_next(w, &p, &n)).len)
    conn_put(c, span.s, span.len);
}

/* 0: the message is cut off, and the client must not take it for whole. */
static int put_message(struct serve *s, int fd, uint64_t lines)
{
  struct popwire w;
  struct popwire_span last;
  char block[BLOCK];
  ssize_t n = 0;

  popwire_init(&w, lines);
  while (!popwire_done(&w) && (n = fd_read(fd, block, sizeof block)) > 0) {
    put_spans(s->c, &w, block, (size_t)n);
    if (conn_flush(s->c)) return 0;
  }
  if (n < 0) {
    s->r->error = errno;
    return 0;
  }
  last = popwire_end(&w);
  conn_put(s->c, last.s, last.len);
  conn_puts(s->c, ".\r\n");
  return 1;
}

static int send_message(struct serve *s, size_t i, uint64_t lines)
{
  uint64_t octets;
  int fd = maildrop_read(s->m, i), r;

  if (fd == -1 || !maildrop_octets(s->m, i, &octets)) {
    file_failed(s);
    if (fd != -1) close(fd);
    return 1;
  }
  if (lines == POPWIRE_ALL) {
    say_number(s->c, "+OK ", octets, " octets\r\n");
    s->r->retrieved++;
    s->r->octets += octets;
  } else {
    conn_puts(s->c, "+OK\r\n");
  }
  r = put_message(s, fd, lines);
  close(fd);
  return r;
}

static int do_top(struct serve *s, struct pop_command const *cmd)
{
  uint64_t u[2];
  size_t i;

  if (!popcommand_numbers(cmd, u, 2)) {
    conn_puts(s->c, "-ERR a message number and a number of lines are needed"
                    "\r\n");
    return 1;
  }
  if (u[1] == POPWIRE_ALL) u[1]--;
  return find(s, u[0], &i) ? send_message(s, i, u[1]) : 1;
}

static int do_retr(struct serve *s, struct pop_command const *cmd)
{
  size_t i;
  return one(s, cmd, &i) ? send_message(s, i, POPWIRE_ALL) : 1;
}

static void do_dele(struct serve *s, struct pop_command const *cmd)
{
  size_t i;

  if (!one(s, cmd, &i)) return;
  maildrop_delete(s->m, i);
  conn_puts(s->c, "+OK\r\n");
}

static void do_capa(struct serve *s)
{
  char const *p = s->caps ? s->caps : "";

  conn_puts(s->c, "+OK\r\n");
  while (*p) {
    size_t n = strcspn(p, ",");

    if (n) {
      conn_put(s->c, p, n);
      conn_puts(s->c, "\r\n");
    }
    p += n + (p[n] == ',');
  }
  conn_puts(s->c, POPCOMMAND_CAPABILITIES);
}

static void do_quit(struct serve *s)
{
  size_t marked = maildrop_marked(s->m), failed = maildrop_commit(s->m);

  s->r->removed = marked - failed;
  s->r->failed = failed;
  if (!failed) {
    conn_puts(s->c, "+OK\r\n");
    return;
  }
  s->r->error = errno;
  say_number(s->c, "-ERR [SYS/TEMP] unable to delete ", failed, " of ");
  say_number(s->c, "", marked, " messages\r\n");
}

/* Those that take no argument. */
static void serve_bare(struct serve *s, struct pop_command const *cmd)
{
  if (!popcommand_bare(cmd)) {
    conn_puts(s->c, "-ERR no argument is allowed\r\n");
    return;
  }
  switch (cmd->verb) {
  case POP_STAT: do_stat(s); return;
  case POP_CAPA: do_capa(s); return;
  case POP_RSET: maildrop_reset(s->m); break;
  default: break;
  }
  conn_puts(s->c, "+OK\r\n");
}

/* 0: the session must end. */
static int serve_command(struct serve *s, struct pop_command const *cmd)
{
  switch (cmd->verb) {
  case POP_LIST: do_list(s, cmd, put_size); return 1;
  case POP_UIDL: do_list(s, cmd, put_uid); return 1;
  case POP_RETR: return do_retr(s, cmd);
  case POP_TOP: return do_top(s, cmd);
  case POP_DELE: do_dele(s, cmd); return 1;
  case POP_STAT:
  case POP_CAPA:
  case POP_NOOP:
  case POP_RSET:
  case POP_QUIT: serve_bare(s, cmd); return 1;
  case POP_UNKNOWN: conn_puts(s->c, "-ERR no such command\r\n"); return 1;
  default: conn_puts(s->c, "-ERR you are logged in\r\n"); return 1;
  }
}

static enum popserve_end end_of(enum conn_result r)
{
  switch (r) {
  case CONN_EOF: return POPSERVE_EOF;
  case CONN_TIMEOUT: return POPSERVE_TIMEOUT;
  case CONN_BARE: return POPSERVE_BARE;
  default: return POPSERVE_ERROR;
  }
}

/* One command; -1: go on. */
static int step(struct serve *s)
{
  struct pop_command cmd;
  char *line;
  size_t len;
  enum conn_result r = conn_line(s->c, POPCOMMAND_MAX, &line, &len);

  if (r == CONN_TOO_LONG) {
    conn_puts(s->c, "-ERR the line is too long\r\n");
    return -1;
  }
  if (r == CONN_BARE) conn_puts(s->c, "-ERR a line must end with CR LF\r\n");
  if (r == CONN_BARE || r == CONN_EOF) conn_flush(s->c);
  if (r) return (int)end_of(r);
  cmd = popcommand_parse(line, len);
  if (cmd.verb == POP_QUIT && popcommand_bare(&cmd)) {
    /* who is gone before he has his messages does not want them deleted */
    if (conn_flush(s->c)) return POPSERVE_ERROR;
    do_quit(s);
    conn_flush(s->c);
    return POPSERVE_QUIT;
  }
  return serve_command(s, &cmd) ? -1 : (int)POPSERVE_ERROR;
}

enum popserve_end popserve(struct conn *c, struct maildrop *m, char const *caps,
                           struct popserve_report *r)
{
  struct serve s = {.c = c, .m = m, .caps = caps, .r = r};
  int end;

  *r = (struct popserve_report){0};
  say_number(c, "+OK messages: ", maildrop_count(m), "\r\n");
  while ((end = step(&s)) == -1)
    ;
  return (enum popserve_end)end;
}
