#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <skalibs/env.h>
#include <skalibs/posixplz.h>
#include <skalibs/strerr.h>

#include "chain.h"

#define FD_MAX (1 << 20)             /* fs.nr_open, as every system has it */
#define DEFAULT_PATH "/bin:/usr/bin" /* as in tcpserver 0.88 */

static char const *basename_of(char const *path)
{
  char const *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

struct chain_program const *chain_find(char const *name)
{
  for (struct chain_program const *p = chain_programs; p->name; p++)
    if (!strcmp(p->name, name)) return p;
  return 0;
}

/* A file that a name stands for. */
struct found {
  struct stat st; /* before the path, most of which is never touched */
  char path[1024];
};

static int is_executable(struct found *f)
{
  if (stat(f->path, &f->st)) return 0;
  if (S_ISREG(f->st.st_mode) && !access(f->path, X_OK)) return 1;
  errno = EACCES;
  return 0;
}

/* What execvp(3) would run: the first executable file along PATH.  0 with
   ENOENT, or EACCES if all that is there cannot be executed. */
static int find_file(struct found *f, char const *name, char const *path)
{
  size_t nlen = strlen(name);
  int e = ENOENT;

  if (strchr(name, '/')) {
    if (nlen >= sizeof f->path) return errno = ENAMETOOLONG, 0;
    memcpy(f->path, name, nlen + 1);
    return is_executable(f);
  }
  while (nlen && *path) {
    size_t n = strcspn(path, ":");

    if (n + nlen + 3 <= sizeof f->path) {
      memcpy(f->path, path, n);
      if (!n) f->path[n++] = '.';
      f->path[n++] = '/';
      memcpy(f->path + n, name, nlen + 1);
      if (is_executable(f)) return 1;
      if (errno == EACCES) e = EACCES;
    }
    path += strcspn(path, ":");
    if (*path) path++;
  }
  errno = e;
  return 0;
}

/* Along the caller's PATH, as execvp(3) would, not the new program's. */
static int find(struct found *f, char const *name)
{
  char const *path = getenv("PATH");
  return find_file(f, name, path ? path : DEFAULT_PATH);
}

/* Is that file, under that name, a program of the image that runs now? */
static int is_fused(struct found const *f, char const *name,
                    char const *const *envp)
{
  char const *fuse = env_get2(envp, "POSTERN_FUSE");
  struct stat mine;

  return !(fuse && !strcmp(fuse, "0")) && chain_find(basename_of(name)) &&
         !stat("/proc/self/exe", &mine) && f->st.st_dev == mine.st_dev &&
         f->st.st_ino == mine.st_ino;
}

/* Was it open at all? */
static int close_if_cloexec(int fd)
{
  int flags = fcntl(fd, F_GETFD);

  if (flags == -1) return 0;
  if (flags & FD_CLOEXEC) close(fd);
  return 1;
}

/* How many descriptors are open, which Linux tells since 6.2; else 0. */
static size_t count_open(void)
{
  struct stat st;
  return stat("/proc/self/fd", &st) ? 0 : (size_t)st.st_size;
}

/*
 * Reading /proc/self/fd costs as much as half a fork, and poll(2), which tells
 * of many descriptors at once, is worse: asked in a child about an epoll
 * descriptor that the listener watches a signalfd with, it looks for the
 * child's signals, finds none, and takes the listener's event away.
 *
 * Where the kernel does not count: what is marked close-on-exec was opened by a
 * program of this image, so it lies as low as it could, after what was
 * inherited: where a whole run is free, nothing follows.
 */
static void close_on_exec(void)
{
  size_t left = count_open();

  if (left) {
    for (int fd = 0; left && fd < FD_MAX; fd++)
      left -= (size_t)close_if_cloexec(fd);
    return;
  }
  for (int fd = 0, unused = 0; unused < 64; fd++)
    unused = close_if_cloexec(fd) ? 0 : unused + 1;
}

/* No program of this image catches a real-time signal. */
static void default_signals(void)
{
  for (int s = 1; s <= SIGSYS; s++) {
    struct sigaction sa;

    if (sigaction(s, 0, &sa) == -1 || sa.sa_handler == SIG_DFL ||
        sa.sa_handler == SIG_IGN)
      continue;
    sa.sa_handler = SIG_DFL;
    sa.sa_flags = 0;
    sigaction(s, &sa, 0);
  }
}

/* What execve does but for the signals, then the program. */
static _Noreturn void call(char const *const *argv, char const *const *envp)
{
  struct chain_program const *p = chain_find(basename_of(argv[0]));
  int argc = 0;

  close_on_exec();
  prctl(PR_SET_NAME, p->name);
  environ = (char **)envp;
  while (argv[argc])
    argc++;
  _exit(p->main(argc, argv));
}

static _Noreturn void become(struct found const *f, char const *const *argv,
                             char const *const *envp)
{
  if (is_fused(f, argv[0], envp)) {
    default_signals();
    call(argv, envp);
  }
  execve(f->path, (char *const *)argv, (char *const *)envp);
  strerr_dieexec(errno == ENOENT ? 127 : 126, argv[0]);
}

_Noreturn void chain_exec(char const *const *argv, stralloc const *modifs)
{
  char const *const *old = (char const *const *)environ;
  size_t n = env_len(old), most = n + modifs->len + 1;
  char const **envp = malloc(most * sizeof *envp);
  struct found f;

  if (!envp || !env_merge(envp, most, old, n, modifs->s, modifs->len))
    strerr_diefusys(111, "build the environment");
  if (!find(&f, argv[0])) strerr_dieexec(errno == ENOENT ? 127 : 126, argv[0]);
  become(&f, argv, envp);
}

/* What the child of a fork and the child of a vfork have in common. */
static int take_fds(struct chain_fd const *fds, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (fds[i].from == fds[i].to ? fcntl(fds[i].to, F_SETFD, 0) == -1
                                 : dup2(fds[i].from, fds[i].to) == -1)
      return 0;
  return 1;
}

static void open_signals(void)
{
  sigset_t none;

  signal(SIGPIPE, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
}

static pid_t spawn_call(char const *const *argv, char const *const *envp,
                        struct chain_fd const *fds, size_t n)
{
  sigset_t all, old;
  pid_t pid;

  /* no handler of the caller's may run in the child */
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &old);
  pid = fork();
  if (pid) {
    sigprocmask(SIG_SETMASK, &old, 0);
    return pid;
  }
  if (!take_fds(fds, n)) _exit(111);
  open_signals(); /* and no default_signals: the caller has no handlers */
  call(argv, envp);
}

/* posix_spawn(3) does the same, but asks the kernel for the disposition of
   every signal, which is half of its cost.  execve(2) resets what is caught. */
static pid_t spawn_exec(struct found const *f, char const *const *argv,
                        char const *const *envp, struct chain_fd const *fds,
                        size_t n, int *failed)
{
  int volatile why = *failed; /* the child writes to the caller's memory */
  sigset_t all, old;
  pid_t pid;

  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &old);
  pid = vfork();
  if (!pid) {
    if (!why && take_fds(fds, n)) {
      open_signals();
      execve(f->path, (char *const *)argv, (char *const *)envp);
    }
    if (!why) why = errno;
    _exit(111);
  }
  sigprocmask(SIG_SETMASK, &old, 0);
  *failed = why;
  return pid;
}

pid_t chain_spawn(char const *const *argv, char const *const *envp,
                  struct chain_fd const *fds, size_t n, enum chain_how how,
                  int *failed)
{
  struct found f;

  /* found or not, there is a process: who watches it learns the end of it */
  *failed = find(&f, argv[0]) ? 0 : errno;
  if (!*failed && how == CHAIN_CALL && is_fused(&f, argv[0], envp))
    return spawn_call(argv, envp, fds, n);
  return spawn_exec(&f, argv, envp, fds, n, failed);
}

int chain_main(int argc, char const *const *argv)
{
  char const *name = argc ? basename_of(argv[0]) : "";
  char full[64] = "postern-";
  struct chain_program const *p = chain_find(name);

  if (!p && strlen(name) < sizeof full - strlen(full))
    p = chain_find(strcat(full, name));
  if (p) return p->main(argc, argv);
  PROG = "postern-chain";
  strerr_dief1x(100, "called by a name that is none of its programs'");
}
