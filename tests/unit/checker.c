/* Unit test of src/lib/checker.c.  The checkers are shell scripts. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "checker.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1
#define DIGEST "b913a602c7eda7a495b4e6e7334d3890"

/* What the program finds on descriptor 3. */
static struct {
  char const *name;
  enum sasl_mechanism m;
  enum checker_order order;
  char const *user, *secret, *challenge;
  char const *want;
  size_t len;
} const fields[] = {
    {"PLAIN", SASL_PLAIN, CHECKER_RESPONSE_FIRST, "tim", "pw", 0,
     BYTES("tim\0pw\0\0")},
    {"PLAIN, the other order", SASL_PLAIN, CHECKER_CHALLENGE_FIRST, "tim", "pw",
     0, BYTES("tim\0pw\0\0")},
    {"response first", SASL_CRAM_MD5, CHECKER_RESPONSE_FIRST, "tim", DIGEST,
     "<1@h>", BYTES("tim\0" DIGEST "\0<1@h>\0")},
    {"challenge first", SASL_CRAM_MD5, CHECKER_CHALLENGE_FIRST, "tim", DIGEST,
     "<1@h>", BYTES("tim\0<1@h>\0" DIGEST "\0")},
    {"APOP", SASL_NONE, CHECKER_CHALLENGE_FIRST, "tim", DIGEST, "<1@h>",
     BYTES("tim\0" DIGEST "\0<1@h>\0")},
};

static struct {
  char const *script;
  enum checker_result want;
  char const *reason;
} const exits[] = {
    {"exit 0", CHECKER_OK, "exit 0"},
    {"exit 1", CHECKER_WRONG, "exit 1"},
    {"exit 2", CHECKER_FAILED, "exit 2"},
    {"exit 111", CHECKER_FAILED, "exit 111"},
    {"exit 255", CHECKER_FAILED, "exit 255"},
    {"kill -9 $$", CHECKER_FAILED, "signal 9"},
    {"kill -13 $$", CHECKER_FAILED, "signal 13"}, /* not ignored */
    {"exec 3<&-; exit 1", CHECKER_WRONG, "exit 1"},
};

static void fill(struct sasl *s, char const *user, char const *secret,
                 char const *challenge)
{
  stralloc_copys(&s->user, user);
  stralloc_copys(&s->secret, secret);
  stralloc_copys(&s->challenge, challenge ? challenge : "");
}

static enum checker_result ask(char const *script, struct checker c,
                               struct sasl const *s, char reason[64])
{
  char const *const argv[] = {"sh", "-c", script, 0};
  int status;

  c.argv = argv;
  return checker_run(&c, s, &status, reason);
}

static int file_is(char const *path, char const *want, size_t len)
{
  char got[1024];
  int fd = open(path, O_RDONLY);
  ssize_t n = read(fd, got, sizeof got);

  close(fd);
  return n == (ssize_t)len && !memcmp(got, want, len);
}

static void what_it_gets(void)
{
  char reason[64];

  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    struct checker c = {.order = fields[i].order, .timeout = 60};
    struct sasl s = {.mechanism = fields[i].m};

    fill(&s, fields[i].user, fields[i].secret, fields[i].challenge);
    ok(ask("cat <&3 >got", c, &s, reason) == CHECKER_OK &&
           file_is("got", fields[i].want, fields[i].len),
       fields[i].name);
    sasl_free(&s);
  }
}

static void what_it_answers(struct sasl const *s)
{
  struct checker c = {.timeout = 60};
  char const *const none[] = {"./nonexistent", 0};
  char reason[64];
  int status = -1;

  for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
    ok(ask(exits[i].script, c, s, reason) == exits[i].want &&
           !strcmp(reason, exits[i].reason),
       exits[i].script);
  c.argv = none;
  ok(checker_run(&c, s, &status, reason) == CHECKER_FAILED && !status &&
         !strcmp(reason, strerror(ENOENT)),
     "a program that is not there");
  {
    char const *const one[] = {"sh", "-c", "exit 7", 0};
    c.argv = one;
    checker_run(&c, s, &status, reason);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "the wait status");
  }
}

static void lengths(void)
{
  struct checker c = {.timeout = 60};
  struct sasl s = {.mechanism = SASL_PLAIN};
  char big[506], reason[64];

  memset(big, 'x', sizeof big);
  big[504] = 0;
  fill(&s, "12345", big, 0);
  ok(ask("test \"$(wc -c <&3)\" -eq 512", c, &s, reason) == CHECKER_OK,
     "512 bytes");
  big[504] = 'x';
  big[505] = 0;
  fill(&s, "12345", big, 0);
  ok(ask("touch asked", c, &s, reason) == CHECKER_TOO_LONG &&
         !strcmp(reason, "too long") && access("asked", F_OK),
     "513 bytes: nobody is asked");
  sasl_free(&s);
}

/* Descriptor 9 is open for writing in the program and its children only: its
   end is the end of them all.  Only a failing test waits. */
static int all_gone(int fd)
{
  struct pollfd x = {.fd = fd, .events = POLLIN};
  char ch;

  return poll(&x, 1, 10000) == 1 && !read(fd, &ch, 1);
}

static void deadline(struct sasl const *s)
{
  struct checker c = {.timeout = 1};
  char reason[64];
  int p[2];

  pipe2(p, O_CLOEXEC);
  dup2(p[1], 9);
  close(p[1]);
  {
    char const *const argv[] = {"sh", "-c", "sleep 30 & sleep 30", 0};
    int status;
    c.argv = argv;
    ok(checker_run(&c, s, &status, reason) == CHECKER_FAILED &&
           !strcmp(reason, "timeout"),
       "it is killed when its time is over");
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "by SIGKILL");
  }
  close(9);
  ok(all_gone(p[0]), "with its children");
  close(p[0]);
}

static void descriptors(struct sasl const *s)
{
  struct checker c = {.timeout = 60};
  char reason[64];
  int p[2], saved = dup(1);

  pipe2(p, O_CLOEXEC);
  dup2(p[1], 1);
  c.give_connection = 1;
  ask("echo mine", c, s, reason);
  c.give_connection = 0;
  ask("echo not mine", c, s, reason);
  dup2(saved, 1);
  close(saved);
  close(p[1]);
  {
    char got[64];
    ssize_t n = read(p[0], got, sizeof got);
    ok(n == 5 && !memcmp(got, "mine\n", 5),
       "the connection is given only when it is to be");
  }
  close(p[0]);
  ok(ask("test -z \"$(cat)\" && cat <&3 >/dev/null && ! cat <&3 | grep -q .", c,
         s, reason) == CHECKER_OK,
     "descriptor 0 is empty, 3 ends");
  c.give_connection = 1;
  c.timeout = 0;
  ok(ask("exit 1", c, s, reason) == CHECKER_WRONG, "no limit of time");
  close(3);
  c.timeout = 60;
  ok(ask("cat <&3 >got", c, s, reason) == CHECKER_OK &&
         file_is("got", BYTES("tim\0pw\0\0")),
     "the pipe is descriptor 3 from the start");
}

static void signals(struct sasl const *s)
{
  struct checker c = {.timeout = 60};
  struct sigaction sa = {.sa_handler = SIG_IGN}, now;
  sigset_t mask, usr;
  char reason[64];

  sigaction(SIGCHLD, &sa, 0);
  sigaction(SIGPIPE, &sa, 0);
  sigemptyset(&usr);
  sigaddset(&usr, SIGUSR1);
  sigprocmask(SIG_SETMASK, &usr, 0);
  ok(ask("exit 1", c, s, reason) == CHECKER_WRONG, "SIGCHLD ignored before");
  ok(ask("kill -13 $$", c, s, reason) == CHECKER_FAILED,
     "SIGPIPE is not ignored in the program");
  ok(!sigaction(SIGCHLD, 0, &now) && now.sa_handler == SIG_IGN,
     "and ignored again afterwards");
  sigprocmask(SIG_SETMASK, 0, &mask);
  ok(!sigismember(&mask, SIGCHLD) && sigismember(&mask, SIGUSR1),
     "the mask is put back");
  sa.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &sa, 0);
}

/* A checker's answer to a probe. */
static struct {
  char const *script;
  enum checker_result want;
  char const *reason;
} const probes[] = {
    {"exit 0", CHECKER_OK, "exit 0"},
    {"cat <&3 >/dev/null; exit 0", CHECKER_OK, "exit 0"},
    {"exit 1", CHECKER_WRONG, "exit 1"},
    {"exit 111", CHECKER_FAILED, "exit 111"},
    {"kill -11 $$", CHECKER_FAILED, "signal 11"},
    {"exec ./nonexistent", CHECKER_FAILED, "exit 127"},
    {"tr '\\0' '\\n' <&3 | grep -q '^joe$'", CHECKER_WRONG, "exit 1"},
    {"test -z \"$(cat)\" && echo no connection; exit 1", CHECKER_WRONG,
     "exit 1"},
};

static enum checker_result probe(char const *const *argv, char reason[64])
{
  struct checker c = {.argv = argv, .give_connection = 1};
  int status;

  return checker_probe(&c, &status, reason);
}

static void probing(void)
{
  char const *const true_[] = {"/bin/true", 0}, *const none[] = {"./none", 0},
                    *const keep[] = {"sh", "-c", "cat <&3 >>got; exit 1", 0};
  char reason[64], got[128];
  size_t const n = sizeof CHECKER_PROBE - 1;
  int fd;

  for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
    char const *const argv[] = {"sh", "-c", probes[i].script, 0};

    ok(probe(argv, reason) == probes[i].want &&
           !strcmp(reason, probes[i].reason),
       probes[i].script);
  }
  ok(probe(true_, reason) == CHECKER_OK, "/bin/true is found out");
  ok(probe(none, reason) == CHECKER_FAILED && !strcmp(reason, strerror(ENOENT)),
     "one that is not there is not");
  unlink("got");
  probe(keep, reason);
  probe(keep, reason);
  fd = open("got", O_RDONLY);
  ok(read(fd, got, sizeof got) == 98 && !memcmp(got, CHECKER_PROBE, n) &&
         !memcmp(got + 49, CHECKER_PROBE, n) && !got[30] && !got[47] &&
         memcmp(got + n, got + 49 + n, 16) && memcmp(got + 31, got + 80, 16) &&
         memcmp(got + n, got + 31, 16),
     "with another user and password each time");
  close(fd);
}

int main(void)
{
  struct sasl s = {.mechanism = SASL_PLAIN};

  close(3); /* whatever the shell left open */
  fill(&s, "tim", "pw", 0);
  what_it_gets();
  what_it_answers(&s);
  lengths();
  deadline(&s);
  descriptors(&s);
  signals(&s);
  probing();
  sasl_free(&s);
  {
    enum checker_order o = CHECKER_RESPONSE_FIRST;

    ok(checker_order_scan("challenge", &o) && o == CHECKER_CHALLENGE_FIRST &&
           checker_order_scan("response", &o) && o == CHECKER_RESPONSE_FIRST &&
           !checker_order_scan("responses", &o),
       "the order, as an option says it");
  }
  return done();
}
