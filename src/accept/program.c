#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

#define DEFAULT_PATH "/bin:/usr/bin"

static char *join(char const *dir, size_t n, char const *name)
{
  char *s = malloc(n + strlen(name) + 3);

  if (!s) return 0;
  if (n)
    memcpy(s, dir, n);
  else
    s[n++] = '.';
  s[n] = '/';
  strcpy(s + n + 1, name);
  return s;
}

static size_t count_dirs(char const *path)
{
  size_t n = 1;

  for (; *path; path++)
    n += *path == ':';
  return n;
}

int program_init(struct program *s, char const *const *argv, char const *path)
{
  size_t n = 0;

  if (!path) path = DEFAULT_PATH;
  s->argv = argv;
  sigemptyset(&s->mask);
  s->files = calloc(count_dirs(path) + 1, sizeof *s->files);
  if (!s->files) return 0;
  if (strchr(argv[0], '/')) return !!(s->files[0] = strdup(argv[0]));
  for (;;) {
    size_t len = strcspn(path, ":");

    if (!(s->files[n++] = join(path, len, argv[0]))) return 0;
    path += len;
    if (!*path++) return 1;
  }
}

void program_free(struct program *s)
{
  for (size_t i = 0; s->files && s->files[i]; i++)
    free(s->files[i]);
  free(s->files);
}

/* In the child, on the parent's memory: system calls only. */
static int become(struct program const *s, int fd, char const *const *envp)
{
  int e = ENOENT;

  if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0) return errno;
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &s->mask, 0);
  for (char **file = s->files; *file; file++) {
    execve(*file, (char *const *)s->argv, (char *const *)envp);
    if (errno == ENOENT) continue;
    e = errno;
    if (errno != EACCES && errno != EPERM && errno != EISDIR &&
        errno != ENOTDIR)
      break;
  }
  return e;
}

pid_t program_start(struct program const *s, int fd, char const *const *envp,
                    int *failed)
{
  int volatile why = 0; /* written by the child */
  pid_t pid = vfork();

  if (!pid) {
    why = become(s, fd, envp);
    _exit(111);
  }
  *failed = why;
  return pid;
}
