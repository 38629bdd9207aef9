/* Unit test of src/lib/child.c. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include <sys/wait.h>

#include "child.h"
#include "unit.h"

static pid_t sh(char const *script)
{
  pid_t pid = fork();

  if (!pid) {
    execlp("sh", "sh", "-c", script, (char *)0);
    _exit(99);
  }
  return pid;
}

static int is_gone(pid_t pid)
{
  return waitpid(pid, 0, WNOHANG) < 0 && errno == ECHILD;
}

int main(void)
{
  sigset_t now;
  pid_t pid, other;

  ok(child_wait(sh("exit 0"), 60) == 0, "0");
  ok(child_wait(sh("exit 111"), 60) == 111, "an exit code");
  ok(child_wait(sh("kill -TERM $$"), 60) == CHILD_SIGNAL + SIGTERM, "a signal");
  pid = sh("sleep 600 & exit 7");
  ok(child_wait(pid, 60) == 7, "what it left running is not waited for");
  pid = sh("exec sleep 600");
  ok(child_wait(pid, 0) == CHILD_LATE && is_gone(pid), "no time at all");
  pid = sh("trap '' TERM; while :; do sleep 1; done");
  ok(child_wait(pid, 1) == CHILD_LATE && is_gone(pid), "a second, and killed");
  other = sh("exit 3");
  pid = sh("exit 4");
  ok(child_wait(pid, 60) == 4 && child_wait(other, 60) == 3,
     "another that ends meanwhile is left");
  sigprocmask(SIG_BLOCK, 0, &now);
  ok(!sigismember(&now, SIGCHLD), "SIGCHLD is as it was");
  return done();
}
