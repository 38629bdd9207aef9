#include <signal.h>
#include <time.h>
#include <sys/wait.h>

#include <skalibs/djbunix.h>
#include <skalibs/tai.h>

#include "child.h"

/* Wait with SIGCHLD blocked: the signal of an end that comes after the look
   at waitpid is kept, and ends the wait. */
static int wait_until(pid_t pid, unsigned int seconds, int *wstatus)
{
  sigset_t chld, old;
  tain now, until;
  pid_t r;

  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  sigprocmask(SIG_BLOCK, &chld, &old);
  tain_now(&now);
  tain_addsec(&until, &now, (int)seconds);
  while (!(r = waitpid(pid, wstatus, WNOHANG)) && tain_less(&now, &until)) {
    struct timespec ts;
    tain left;

    tain_sub(&left, &until, &now);
    timespec_from_tain_relative(&ts, &left);
    sigtimedwait(&chld, 0, &ts);
    tain_now(&now);
  }
  sigprocmask(SIG_SETMASK, &old, 0);
  return r == pid;
}

int child_wait(pid_t pid, unsigned int seconds)
{
  int wstatus = 0;

  if (!wait_until(pid, seconds, &wstatus)) {
    kill(pid, SIGKILL);
    waitpid_nointr(pid, &wstatus, 0);
    return CHILD_LATE;
  }
  if (WIFSIGNALED(wstatus)) return CHILD_SIGNAL + WTERMSIG(wstatus);
  return WEXITSTATUS(wstatus);
}
