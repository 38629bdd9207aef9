/*
 * bare - system calls without a C library.
 *
 * Programs named bare-* are linked without start-up code, so what they cost is
 * what the kernel takes to start a process: children and queue programs for
 * the benches.
 */
#ifndef POSTERN_BARE_H
#define POSTERN_BARE_H

#include <sys/syscall.h>

static inline long bare_call(long number, long a, long b, long c)
{
#if defined __x86_64__
  long r;
  __asm__ volatile("syscall"
                   : "=a"(r)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return r;
#elif defined __aarch64__
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#else
#error "no system calls for this processor yet"
#endif
}

#endif
