#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <skalibs/env.h>
#include <skalibs/exec.h>
#include <skalibs/posixplz.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "chain.h"

#define DEFAULT_PATH "/usr/bin:/bin"

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

/* What execvp(3) would run: the first executable file along PATH. */
static int find_file(char const *name, char const *path, struct stat *st)
{
  if (strchr(name, '/')) return !stat(name, st);
  while (*path) {
    size_t n = strcspn(path, ":");
    char file[1024];

    if (n + strlen(name) + 2 > sizeof file) return 0;
    memcpy(file, path, n);
    if (!n) file[n++] = '.';
    file[n] = '/';
    strcpy(file + n + 1, name);
    if (!stat(file, st) && S_ISREG(st->st_mode) && !access(file, X_OK))
      return 1;
    path += strcspn(path, ":");
    if (*path) path++;
  }
  return 0;
}

static int is_this_image(char const *name, char const *const *envp)
{
  char const *path = env_get2(envp, "PATH");
  struct stat mine, its;

  return !stat("/proc/self/exe", &mine) &&
         find_file(name, path ? path : DEFAULT_PATH, &its) &&
         its.st_dev == mine.st_dev && its.st_ino == mine.st_ino;
}

static int close_on_exec(void)
{
  DIR *dir = opendir("/proc/self/fd");
  struct dirent *d;

  if (!dir) return 0;
  while ((d = readdir(dir))) {
    unsigned int fd;
    int flags;

    if (!uint0_scan(d->d_name, &fd) || (int)fd == dirfd(dir)) continue;
    flags = fcntl((int)fd, F_GETFD);
    if (flags != -1 && flags & FD_CLOEXEC) close((int)fd);
  }
  closedir(dir);
  return 1;
}

static void default_signals(void)
{
  for (int s = 1; s < NSIG; s++) {
    struct sigaction sa;

    if (sigaction(s, 0, &sa) == -1 || sa.sa_handler == SIG_DFL ||
        sa.sa_handler == SIG_IGN)
      continue;
    sa.sa_handler = SIG_DFL;
    sa.sa_flags = 0;
    sigaction(s, &sa, 0);
  }
}

static int is_off(char const *const *envp)
{
  char const *fuse = env_get2(envp, "POSTERN_FUSE");
  return fuse && !strcmp(fuse, "0");
}

_Noreturn void chain_exec(char const *const *argv, stralloc const *modifs)
{
  char const *const *old = (char const *const *)environ;
  size_t n = env_len(old), most = n + modifs->len + 1, argc = 0;
  char const **envp = malloc(most * sizeof *envp);
  struct chain_program const *next;

  if (!envp) strerr_diefusys(111, "build the environment");
  if (!env_merge(envp, most, old, n, modifs->s, modifs->len))
    strerr_diefusys(111, "build the environment");

  next = chain_find(basename_of(argv[0]));
  if (next && !is_off(envp) && is_this_image(argv[0], envp) &&
      close_on_exec()) {
    default_signals();
    prctl(PR_SET_NAME, next->name);
    environ = (char **)envp;
    while (argv[argc])
      argc++;
    _exit(next->main((int)argc, argv));
  }

  exec_ae(argv[0], argv, envp);
  strerr_dieexec(errno == ENOENT ? 127 : 126, argv[0]);
}
