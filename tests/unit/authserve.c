/* Unit test of src/auth/authserve.c: a connection on descriptors. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "authline.h"
#include "authserve.h"
#include "unit.h"

#define HELLO "VERSION\t1\t1\nCPID\t42\n"

static enum judge_result password(void *data, struct judge_case const *c,
                                  struct sasl const *s,
                                  char reason[JUDGE_REASON])
{
  (void)data;
  (void)c;
  strcpy(reason, "secret");
  return strcmp(s->secret.s, "pw") ? JUDGE_WRONG : JUDGE_OK;
}

static enum judge_result ask(void *counter, struct judge_case const *c,
                             unsigned int *delay)
{
  (void)counter;
  (void)c;
  *delay = 1;
  return JUDGE_OK;
}

static struct authproto_settings const settings = {
    .judge = {.password = password, .ask = ask},
    .set = EXCHANGE_BIT(EXCHANGE_PLAIN) | EXCHANGE_BIT(EXCHANGE_LOGIN),
    .host = "h",
};

/* A process that serves one connection and tells at the end why, on a pipe. */
static pid_t serve(int *client, int *why, int greeted)
{
  int s[2], p[2];
  pid_t pid;

  if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0 || pipe(p) < 0) exit(1);
  pid = fork();
  if (!pid) {
    struct authserve a = {.settings = &settings,
                          .fd_in = s[1],
                          .fd_out = s[1],
                          .greeted = greeted};
    char const *reason;

    close(s[0]);
    reason = authserve(&a);
    if (!reason) reason = "closed";
    _exit(write(p[1], reason, strlen(reason)) < 0);
  }
  close(s[1]);
  close(p[1]);
  *client = s[0];
  *why = p[0];
  return pid;
}

static char buf[65536];

/* Read until it ends so; 0 at the end of file. */
static int until(int fd, char const *end)
{
  size_t n = 0, want = strlen(end);

  do {
    ssize_t r = read(fd, buf + n, sizeof buf - 1 - n);

    if (r <= 0) return 0;
    n += (size_t)r;
    buf[n] = 0;
  } while (n < want || strcmp(buf + n - want, end));
  return 1;
}

static int ended(pid_t pid, int why, char const *want)
{
  char s[256];
  ssize_t n = read(why, s, sizeof s - 1);

  s[n < 0 ? 0 : n] = 0;
  close(why);
  waitpid(pid, 0, 0);
  return !strcmp(s, want);
}

static void put(int fd, char const *s)
{
  if (write(fd, s, strlen(s)) < 0) exit(1);
}

static void dialogue(void)
{
  int fd, why;
  pid_t pid = serve(&fd, &why, 0);

  ok(until(fd, "\nDONE\n") && !strncmp(buf, "VERSION\t1\t1\n", 12),
     "the greeting");
  for (char const *s = HELLO "AUTH\t1\tPLAIN\tresp=AHRpbQBwdw==\n"; *s; s++)
    if (write(fd, s, 1) != 1) break;
  ok(until(fd, "\n") && !strcmp(buf, "OK\t1\tuser=tim\n"), "byte by byte");
  put(fd, "AUTH\t1\tPLAIN\tresp=AHRpbQBweA==\n"
          "AUTH\t2\tPLAIN\tresp=AHRpbQBwdw==\n");
  ok(until(fd, "FAIL\t1\tuser=tim\n") &&
         !strcmp(buf, "OK\t2\tuser=tim\nFAIL\t1\tuser=tim\n"),
     "a failure that is held back comes later");
  close(fd);
  ok(ended(pid, why, "closed"), "the client closes");
}

static void broken(void)
{
  int fd, why;
  pid_t pid = serve(&fd, &why, 1);
  char *big = malloc(AUTHLINE_MAX);

  put(fd, "HELLO\n");
  ok(!until(fd, "\n"), "greeted before, it says nothing more");
  ok(ended(pid, why, "no VERSION"), "and says why");
  close(fd);

  pid = serve(&fd, &why, 1);
  memset(big, 'x', AUTHLINE_MAX);
  memcpy(big, HELLO "AUTH", sizeof HELLO + 3);
  big[AUTHLINE_MAX - 1] = '\n';
  ok(write(fd, big, AUTHLINE_MAX) == AUTHLINE_MAX && !until(fd, "\n"),
     "no mechanism");
  ok(ended(pid, why, "an unknown command"), "a line that just fits");
  close(fd);

  pid = serve(&fd, &why, 1);
  memset(big, 'x', AUTHLINE_MAX);
  ok(write(fd, big, AUTHLINE_MAX) == AUTHLINE_MAX && !until(fd, "\n") &&
         ended(pid, why, "line too long"),
     "a line without an end");
  close(fd);
  free(big);
}

int main(void)
{
  dialogue();
  broken();
  return done();
}
