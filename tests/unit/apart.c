/* Unit test of src/accept/apart.c. */
#include <signal.h>
#include <stdint.h>
#include <unistd.h>
#include <sys/wait.h>

#include "apart.h"
#include "unit.h"

int main(void)
{
  char *p = apart_alloc(100000);
  int zero = 1, status;

  for (size_t i = 0; i < 100000; i++)
    zero &= !p[i];
  ok(zero, "zeroed");
  ok((uintptr_t)p % sizeof(void *) == 0, "aligned");
  p[99999] = 1;
  if (!fork()) {
    /* a sanitizer would make an exit of it */
    signal(SIGSEGV, SIG_DFL);
    _exit(p[0]);
  }
  wait(&status);
  ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "not in a child");
  apart_free(p);
  apart_free(0);
  ok(!apart_alloc((size_t)-1), "too much");
  return done();
}
