/* dialogue - run an SMTP session in this process, for unit tests: what the
   client sends goes in whole, what it gets comes out whole. */
#ifndef POSTERN_DIALOGUE_H
#define POSTERN_DIALOGUE_H

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "smtp.h"

static char const *const dialogue_queue[] = {
    "sh", "-c", "cat >message; cat <&1 >envelope", 0};

/* Settings of a host mx.example for which local.example is local. */
static inline struct settings dialogue_settings(void)
{
  struct settings s = {.control = {.dir = "."},
                       .queue = dialogue_queue,
                       .has_rcpthosts = 1,
                       .maxrcpt = 3,
                       .timeout = 5,
                       .by = "mx.example"};

  stralloc_copyb(&s.me, "mx.example", 11);
  stralloc_copyb(&s.greeting, "mx.example", 11);
  stralloc_copyb(&s.localiphost, "mx.example", 11);
  stralloc_copyb(&s.rcpthosts, "local.example", 14);
  s.me.len--;
  s.greeting.len--;
  s.localiphost.len--;
  return s;
}

/* The log goes to the file log.  Returns what the client got, in a static
   buffer; *code receives the exit code. */
static inline char const *dialogue(struct settings const *set, char const *in,
                                   size_t n, int *code)
{
  static char got[65536];
  static struct conn conn;
  int p[2], keep = dup(2),
            log = open("log", O_CREAT | O_TRUNC | O_WRONLY, 0600);
  ssize_t r;

  signal(SIGPIPE, SIG_IGN);
  got[0] = 0;
  *code = -1;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) return got;
  if (write(p[1], in, n) != (ssize_t)n) return got;
  shutdown(p[1], SHUT_WR);
  dup2(log, 2);
  conn_init(&conn, p[0], p[0], set->timeout, CONN_IN);
  *code = smtp_run(set, &conn);
  dup2(keep, 2);
  close(keep);
  close(log);
  r = recv(p[1], got, sizeof got - 1, MSG_DONTWAIT);
  got[r > 0 ? r : 0] = 0;
  close(p[0]);
  close(p[1]);
  return got;
}

/* Everything after the greeting. */
static inline char const *dialogue_rest(struct settings const *set,
                                        char const *in)
{
  int code;
  char const *got = dialogue(set, in, strlen(in), &code);
  char const *lf = strchr(got, '\n');

  return lf ? lf + 1 : "";
}

#endif
