#include "confine.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <seccomp.h>

#define NEW_SPACES                                                             \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |               \
   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define FILTER_MAX 65536

static int by_number(void const *a, void const *b)
{
  return *(int const *)a - *(int const *)b;
}

static void close_between(int from, int to)
{
  struct rlimit rl;

  if (from > to) return;
  if (!syscall(SYS_close_range, (unsigned int)from, (unsigned int)to, 0u))
    return;
  if (!getrlimit(RLIMIT_NOFILE, &rl) && (rlim_t)to > rl.rlim_cur)
    to = (int)rl.rlim_cur;
  for (int fd = from; fd <= to; fd++)
    close(fd);
}

void confine_descriptors(int *keep, size_t n)
{
  int from = 3;

  qsort(keep, n, sizeof *keep, by_number);
  for (size_t i = 0; i < n; i++) {
    close_between(from, keep[i] - 1);
    if (keep[i] >= from) from = keep[i] + 1;
  }
  close_between(from, INT32_MAX);
}

char const *confine_identity(struct account const *a, int root)
{
  struct rlimit const none = {0, 0};
  char const *id;

  if (root >= 0 && (fchdir(root) < 0 || chroot(".") < 0)) return "root";
  id = account_become(a);
  if (id) return id;
  if (setrlimit(RLIMIT_CORE, &none) < 0) return "core";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return "privileges";
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? "dumpable" : 0;
}

/* What both do: bytes, memory, time, the end. */
static char const *const common[] = {"read",
                                     "write",
                                     "writev",
                                     "close",
                                     "recvmsg",
                                     "recvfrom",
                                     "sendto",
                                     "shutdown",
                                     "setsockopt",
                                     "fcntl",
                                     "poll",
                                     "ppoll",
                                     "brk",
                                     "munmap",
                                     "mremap",
                                     "madvise",
                                     "futex",
                                     "getrandom",
                                     "clock_gettime",
                                     "gettimeofday",
                                     "time",
                                     "getpid",
                                     "gettid",
                                     "tgkill",
                                     "rt_sigaction",
                                     "rt_sigreturn",
                                     "sysinfo",
                                     "uname",
                                     "exit",
                                     "sched_yield",
                                     "exit_group",
                                     "restart_syscall",
                                     "rt_sigprocmask",
                                     "clock_nanosleep",
                                     0};

static char const *const master[] = {
    "accept",    "accept4",         "sendmsg",
    "epoll_ctl", "epoll_wait",      "epoll_pwait",
    "wait4",     "waitid",          "fork",
    "seccomp",   "close_range",     "set_robust_list",
    "rseq",      "set_tid_address", 0};

/* A name that this architecture has not is no loss. */
static int allow(scmp_filter_ctx f, char const *const *name)
{
  for (; *name; name++) {
    int nr = seccomp_syscall_resolve_name(*name), r;

    if (nr == __NR_SCMP_ERROR || nr < 0) continue;
    r = seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0);
    if (r < 0) return r;
  }
  return 0;
}

static int allow_without(scmp_filter_ctx f, int nr, unsigned int arg,
                         scmp_datum_t bits)
{
  return seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 1,
                          SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, bits, 0));
}

static scmp_filter_ctx make(int is_master)
{
  scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  int r;

  if (!f) return 0;
  r = allow(f, common);
  if (!r) r = allow_without(f, SCMP_SYS(mmap), 2, PROT_EXEC);
  if (!r) r = allow_without(f, SCMP_SYS(mprotect), 2, PROT_EXEC);
  if (is_master && !r) r = allow(f, master);
  if (is_master && !r) r = allow_without(f, SCMP_SYS(clone), 0, NEW_SPACES);
  if (is_master && !r)
    r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
                         SCMP_CMP(0, SCMP_CMP_EQ, AF_UNIX));
  /* its flags cannot be looked at; the C library falls back to clone */
  if (is_master && !r)
    r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  if (!r) return f;
  seccomp_release(f);
  errno = -r;
  return 0;
}

/* libseccomp hands a compiled filter out through a descriptor only. */
static int compile(scmp_filter_ctx f, struct sock_fprog *out)
{
  int fd = (int)syscall(SYS_memfd_create, "filter", 1u), good = 0;
  struct stat st;

  if (fd < 0) return 0;
  errno = EINVAL;
  if (!seccomp_export_bpf(f, fd) && !fstat(fd, &st) && st.st_size > 0 &&
      st.st_size <= FILTER_MAX) {
    out->filter = malloc((size_t)st.st_size);
    out->len = (unsigned short)((size_t)st.st_size / sizeof *out->filter);
    good = out->filter &&
           pread(fd, out->filter, (size_t)st.st_size, 0) == st.st_size;
  }
  close(fd);
  return good;
}

int confine_master(struct confine *c)
{
  scmp_filter_ctx f = make(0);
  int good, r;

  if (!f) return 0;
  good = compile(f, &c->worker);
  seccomp_release(f);
  if (!good) return 0;
  f = make(1);
  if (!f) return 0;
  r = seccomp_load(f);
  seccomp_release(f);
  if (!r) return 1;
  errno = -r;
  return 0;
}

int confine_worker(struct confine const *c)
{
  return !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0u, &c->worker);
}
