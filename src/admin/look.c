#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>

static int spawn(char const *const *argv, int out, pid_t *pid)
{
  posix_spawn_file_actions_t a;
  int e;

  posix_spawn_file_actions_init(&a);
  posix_spawn_file_actions_addopen(&a, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&a, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&a, out, 1);
  e = posix_spawnp(pid, argv[0], &a, 0, (char *const *)argv, environ);
  posix_spawn_file_actions_destroy(&a);
  errno = e;
  return !e;
}

static long now(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* All that comes from fd until its end; 0 with errno. */
static int collect(int fd, long until, stralloc *out)
{
  size_t begin = out->len;

  for (;;) {
    struct pollfd p = {fd, POLLIN, 0};
    long left = until - now();
    ssize_t n;

    if (left <= 0) return errno = ETIMEDOUT, 0;
    if (poll(&p, 1, (int)left) < 0 && errno != EINTR) return 0;
    if (!p.revents) continue;
    if (!stralloc_readyplus(out, 4096)) return 0;
    n = fd_read(fd, out->s + out->len, 4096);
    if (n <= 0) return !n;
    out->len += (size_t)n;
    if (out->len - begin > LOOK_OUTPUT) return errno = EFBIG, 0;
  }
}

int look_run(char const *const *argv, unsigned int seconds, stralloc *out)
{
  long until = now() + (long)seconds * 1000;
  int fd[2], status, good, e;
  pid_t pid;

  if (pipe2(fd, O_CLOEXEC) < 0) return -1;
  if (!spawn(argv, fd[1], &pid)) {
    e = errno;
    close(fd[0]);
    close(fd[1]);
    return errno = e, -1;
  }
  close(fd[1]);
  good = collect(fd[0], until, out);
  e = errno;
  close(fd[0]);
  if (!good) kill(pid, SIGKILL);
  if (wait_pid(pid, &status) < 0) return -1;
  if (!good) return errno = e, -1;
  if (!WIFEXITED(status)) return errno = EINTR, -1;
  return WEXITSTATUS(status);
}

static int is_maildir_folder(FTSENT const *e)
{
  return e->fts_level > 0 && !strcmp(e->fts_parent->fts_name, "Maildir") &&
         (!strcmp(e->fts_name, "cur") || !strcmp(e->fts_name, "new") ||
          !strcmp(e->fts_name, "tmp"));
}

int look_walk(char const *path, look_see *see, void *data)
{
  char *const roots[] = {(char *)path, 0};
  FTS *t = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, 0);
  size_t n = 0;
  FTSENT *e;
  int good;

  if (!t) return 0;
  while (errno = 0, (e = fts_read(t))) {
    if (++n > LOOK_FILES) {
      errno = EFBIG;
      break;
    }
    switch (e->fts_info) {
    case FTS_DP: break;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS: see(e->fts_path, 0, e->fts_errno, data); break;
    default:
      see(e->fts_path, e->fts_statp, 0, data);
      if (is_maildir_folder(e)) fts_set(t, e, FTS_SKIP);
    }
  }
  good = !errno;
  fts_close(t);
  return good;
}
