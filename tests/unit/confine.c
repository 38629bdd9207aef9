/* confine - what a process can no more. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "unit.h"

static int report[2];

/* From a child: its test counts. */
static void tell(int good)
{
  char c = good ? '+' : '-';

  write(report[1], &c, 1);
}

static void denied(long r) { tell(r < 0 && errno == EPERM); }

static void hear(char const *name)
{
  char c = 0;

  ok(read(report[0], &c, 1) == 1 && c == '+', name);
}

static void both(void)
{
  char *argv[] = {0};

  denied(open("/dev/null", O_RDONLY));
  denied(socket(AF_INET, SOCK_STREAM, 0));
  denied(execv("/bin/true", argv));
  denied(ptrace(PTRACE_TRACEME, 0, 0, 0));
  denied(kill(getppid(), 0));
  denied(mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
              0) == MAP_FAILED
             ? -1
             : 0);
  tell(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
            0) != MAP_FAILED);
}

static void hear_both(void)
{
  static char const *const name[] = {
      "no open", "no socket",       "no execve",    "no ptrace",
      "no kill", "no code is made", "but memory is"};

  for (size_t i = 0; i < sizeof name / sizeof *name; i++)
    hear(name[i]);
}

static _Noreturn void child(void)
{
  struct account a = {0, 0, 0, 0, 0, {0}};
  struct confine c;
  struct rlimit rl;
  struct msghdr m = {0};
  int status, pair[2];
  pid_t pid;

  tell(!confine_identity(&a, -1));
  tell(prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  tell(!getrlimit(RLIMIT_CORE, &rl) && !rl.rlim_max);
  tell(confine_master(&c));
  both();
  denied(socketpair(AF_INET, SOCK_STREAM, 0, pair));
  tell(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  pid = fork();
  if (!pid) {
    tell(confine_worker(&c));
    both();
    denied(fork());
    denied(accept(0, 0, 0));
    denied(sendmsg(0, &m, 0));
    denied(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    tell(recvmsg(-1, &m, 0) < 0 && errno == EBADF);
    _exit(7);
  }
  tell(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
       WEXITSTATUS(status) == 7);
  _exit(0);
}

static void descriptors(void)
{
  pid_t pid = fork();

  if (!pid) {
    int keep[] = {40, 1, 20, -1, 30}, good;

    for (int i = 19; i < 50; i++)
      dup2(0, i);
    confine_descriptors(keep, sizeof keep / sizeof *keep);
    good = fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0;
    for (int i = 3; i < 100; i++)
      good &= (fcntl(i, F_GETFD) >= 0) == (i == 20 || i == 30 || i == 40);
    _exit(!good);
  }
  waitpid(pid, &pid, 0);
  ok(!pid, "only the descriptors that are to stay");
}

int main(void)
{
  pid_t pid;

  descriptors();
  if (pipe(report)) return 1;
  pid = fork();
  if (!pid) child();
  close(report[1]);
  hear("an identity");
  hear("not to be traced, no more privileges");
  hear("no core");
  hear("the master's list");
  hear_both();
  hear("no pair but of unix sockets");
  hear("such a pair");
  hear("the worker's list");
  hear_both();
  hear("no fork");
  hear("no accept");
  hear("no sending of descriptors");
  hear("no pair");
  hear("but receiving");
  hear("the master forks, and waits");
  waitpid(pid, 0, 0);
  return done();
}
