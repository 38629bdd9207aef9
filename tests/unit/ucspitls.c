/* Unit test of src/lib/ucspitls.c: the server is a child of the test. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "ucspitls.h"
#include "unit.h"

static char const *why;

static void set(char const *name, char const *value)
{
  if (value)
    setenv(name, value, 1);
  else
    unsetenv(name);
}

static void set_number(char const *name, int fd)
{
  char s[16];

  snprintf(s, sizeof s, "%d", fd);
  setenv(name, s, 1);
}

static int is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

/* clang-format off */
static struct {
  char const *name, *tls, *ctl, *in, *out;
  int good, offered, required;
} const gets[] = {
    {"unset", 0, "3", "3", "3", 1, 0, 0},
    {"switched off", "-", "3", "3", "3", 1, 0, 0},
    {"offered", "", "3", "3", "3", 1, 1, 0},
    {"any word", "yes", "3", "3", "3", 1, 1, 0},
    {"required", "!", "3", "3", "3", 1, 1, 1},
    {"required, nobody there", "!", 0, 0, 0, 1, 0, 1},
    {"required, half of it", "!", "3", 0, 0, 0, 0, 1},
    {"offered, nobody there", "", 0, 0, 0, 0, 0, 0},
    {"no number", "", "3x", "3", "3", 0, 0, 0},
    {"empty", "", "", "3", "3", 0, 0, 0},
    {"signs", "", "+3", "3", "3", 0, 0, 0},
    {"negative", "", "3", "-1", "3", 0, 0, 0},
    {"the client itself", "", "3", "0", "3", 0, 0, 0},
    {"the log", "", "3", "3", "2", 0, 0, 0},
    {"not open", "", "3", "3", "900", 0, 0, 0},
    {"huge", "", "4294967295", "3", "3", 0, 0, 0},
    {"wraps", "", "4294967299", "3", "3", 0, 0, 0},
};
/* clang-format on */

static void test_get(void)
{
  for (size_t i = 0; i < sizeof gets / sizeof *gets; i++) {
    struct ucspitls u;

    dup2(2, 3);
    set("UCSPITLS", gets[i].tls);
    set("SSLCTLFD", gets[i].ctl);
    set("SSLREADFD", gets[i].in);
    set("SSLWRITEFD", gets[i].out);
    why = 0;
    ok(ucspitls_get(&u, &why) == gets[i].good && !!why == !gets[i].good &&
           u.offered == gets[i].offered && u.required == gets[i].required &&
           (!u.offered || fcntl(3, F_GETFD) == FD_CLOEXEC),
       gets[i].name);
    if (u.offered) {
      ucspitls_close(&u);
      ok(!u.offered && u.required == gets[i].required && !is_open(3),
         "given up");
    }
    close(3);
  }
}

/* --- a server: what it writes to the control connection, in two parts --- */

enum then { ENDS, STAYS, FOREVER };

struct server {
  char const *name;
  char const *first;
  size_t len;
  char const *second;
  size_t len2;
  enum then then;
  unsigned int seconds;
  int good;
  char const *why;
  int error;
};

#define P(s) s, sizeof s - 1

static struct server const servers[] = {
    {"an answer", P("A=B\0C=\0"), P("\0"), STAYS, 60, 1, 0, 0},
    {"in two parts", P("A="), P("B\0\0"), STAYS, 60, 1, 0, 0},
    {"without a name", P("\0"), "", 0, STAYS, 60, 1, 0, 0},
    {"without a name, ended twice", P("\0\0"), "", 0, STAYS, 60, 1, 0, 0},
    {"the handshake failed", "", 0, "", 0, ENDS, 60, 0, "no handshake",
     ECONNABORTED},
    {"cut short", P("A=B\0"), "", 0, ENDS, 60, 0, "the answer was cut short",
     EPROTO},
    {"nothing comes", "", 0, "", 0, STAYS, 0, 0, "no answer in time",
     ETIMEDOUT},
    {"one byte comes", P("A"), "", 0, STAYS, 1, 0, "no answer in time",
     ETIMEDOUT},
    {"no end", P("A"), "", 0, FOREVER, 60, 0, "the answer has no end", EPROTO},
};

/* Does not end until the control connection does. */
static void go_on(int fd, enum then then)
{
  char c = 'x';

  while (then == FOREVER && send(fd, "xxxxxxxx", 8, MSG_NOSIGNAL) > 0)
    ;
  while (then != ENDS && read(fd, &c, 1) > 0)
    ;
}

static _Noreturn void serve(struct server const *s, int ctl, int data)
{
  char c = 0;

  alarm(60);
  if (read(ctl, &c, 1) != 1 || c != 'Y') _exit(1);
  send(ctl, s->first, s->len, MSG_NOSIGNAL);
  if (s->len2) usleep(1000); /* perhaps a read of its own: either is right */
  send(ctl, s->second, s->len2, MSG_NOSIGNAL);
  go_on(ctl, s->then);
  close(ctl);
  if (s->good &&
      (read(data, &c, 1) != 1 || write(data, "<", 1) != 1 || c != '>'))
    _exit(2);
  _exit(0);
}

/* Descriptors 0 and 1 become a client of the test's own, whose other end it
   returns: the test speaks to its user on a copy of 1. */
static int client(void)
{
  int p[2];

  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  dup2(p[1], 0);
  dup2(p[1], 1);
  close(p[1]);
  fcntl(0, F_SETFL, O_RDWR | O_NONBLOCK);
  fcntl(p[0], F_SETFD, FD_CLOEXEC);
  return p[0];
}

struct outcome {
  int result, error, data_flows, client_closed, blocking, fds_closed;
  int status;
};

static struct outcome start(struct server const *s, stralloc *facts)
{
  int ctl[2], data[2], peer, kept;
  struct outcome o = {0};
  struct ucspitls u;
  pid_t pid;
  char c = 0;

  socketpair(AF_UNIX, SOCK_STREAM, 0, ctl);
  socketpair(AF_UNIX, SOCK_STREAM, 0, data);
  pid = fork();
  if (!pid) {
    close(ctl[0]);
    close(data[0]);
    serve(s, ctl[1], data[1]);
  }
  close(ctl[1]);
  close(data[1]);
  peer = client();
  kept = dup(0);
  set("UCSPITLS", "");
  set_number("SSLCTLFD", ctl[0]);
  set_number("SSLREADFD", data[0]);
  set_number("SSLWRITEFD", data[0]);
  why = 0;
  ucspitls_get(&u, &why);
  o.result = ucspitls_start(&u, s->seconds, facts, &why);
  o.error = errno;
  o.fds_closed = !is_open(ctl[0]) && !is_open(data[0]) && !u.offered;
  o.blocking = !(fcntl(kept, F_GETFL) & O_NONBLOCK);
  close(kept);
  o.client_closed = recv(peer, &c, 1, 0) == 0;
  o.data_flows =
      send(1, ">", 1, MSG_NOSIGNAL) == 1 && read(0, &c, 1) == 1 && c == '<';
  close(peer);
  dup2(2, 0);
  dup2(2, 1);
  waitpid(pid, &o.status, 0);
  return o;
}

static void test_start(void)
{
  stralloc facts = STRALLOC_ZERO;
  struct outcome all[sizeof servers / sizeof *servers];
  int right[sizeof servers / sizeof *servers];
  int out = fcntl(1, F_DUPFD_CLOEXEC, 10);

  for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
    struct server const *s = servers + i;

    all[i] = start(s, &facts);
    right[i] = s->good ? facts.len == s->len + s->len2 &&
                             !memcmp(facts.s, s->first, s->len) && !why
                       : why && !strcmp(why, s->why);
  }
  dup2(out, 1);
  close(out);
  for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
    struct outcome const *o = all + i;

    ok(o->result == servers[i].good && right[i] &&
           (o->result || o->error == servers[i].error),
       servers[i].name);
    ok(o->fds_closed && o->client_closed && o->blocking && !o->status,
       "what was there is closed");
    ok(o->data_flows == servers[i].good, "the wire");
  }
  stralloc_free(&facts);
}

static void test_one_descriptor(void)
{
  int out = fcntl(1, F_DUPFD_CLOEXEC, 10), p[2], r, peer;
  stralloc facts = STRALLOC_ZERO;
  struct ucspitls u;
  char s[8] = "";

  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  peer = client();
  set_number("SSLCTLFD", p[0]);
  set_number("SSLREADFD", p[0]);
  set_number("SSLWRITEFD", p[0]);
  ucspitls_get(&u, &why);
  if (write(p[1], "A=B\0\0EHLO", 9) != 9) _exit(1);
  r = ucspitls_start(&u, 60, &facts, &why) && facts.len == 5 &&
      read(0, s, sizeof s) == 4 && !strcmp(s, "EHLO");
  close(peer);
  close(p[1]);
  dup2(2, 0);
  dup2(out, 1);
  close(out);
  ok(r, "all on one descriptor: what follows the answer is data");
  ok(!ucspitls_start(&u, 60, &facts, &why) &&
         !strcmp(why, "TLS is not offered"),
     "only once");
  stralloc_free(&facts);
}

static void test_gone(void)
{
  int out = fcntl(1, F_DUPFD_CLOEXEC, 10), p[2], r, peer = client();
  stralloc facts = STRALLOC_ZERO;
  struct ucspitls u;

  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  close(p[1]);
  set_number("SSLCTLFD", p[0]);
  set_number("SSLREADFD", p[0]);
  set_number("SSLWRITEFD", p[0]);
  ucspitls_get(&u, &why);
  r = ucspitls_start(&u, 60, &facts, &why);
  close(peer);
  dup2(2, 0);
  dup2(out, 1);
  close(out);
  ok(!r && !strcmp(why, "unable to ask for TLS"), "nobody there, no SIGPIPE");
}

static void test_end(int offered)
{
  int out = fcntl(1, F_DUPFD_CLOEXEC, 10), p[2], r, peer = client(), shared;
  struct ucspitls u;
  char c;

  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  shared = dup(0);
  set("UCSPITLS", offered ? "" : "-");
  set_number("SSLCTLFD", p[0]);
  set_number("SSLREADFD", p[0]);
  set_number("SSLWRITEFD", p[0]);
  ucspitls_get(&u, &why);
  ucspitls_end(&u);
  r = recv(peer, &c, 1, MSG_DONTWAIT);
  close(peer);
  close(shared);
  close(p[1]);
  dup2(2, 0);
  dup2(out, 1);
  close(out);
  ok(offered ? !r && !is_open(p[0]) : r < 0,
     offered ? "the end is told, whoever else has the socket"
             : "never offered: nobody else has it");
}

int main(void)
{
  signal(SIGPIPE, SIG_DFL);
  test_get();
  test_start();
  test_one_descriptor();
  test_gone();
  test_end(1);
  test_end(0);
  return done();
}
