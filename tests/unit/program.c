/* Unit test of src/accept/program.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "unit.h"

/* Run argv; what it wrote to the connection, and its wait status. */
static int run(char const *const *argv, char const *path,
               char const *const *envp, char *out, size_t max, int *failed)
{
  struct program s;
  int pair[2], wait_status = -1;
  ssize_t n, len = 0;
  pid_t pid;

  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  if (!program_init(&s, argv, path)) return -1;
  pid = program_start(&s, pair[1], envp, failed);
  close(pair[1]);
  shutdown(pair[0], SHUT_WR);
  while ((n = read(pair[0], out + len, max - 1 - (size_t)len)) > 0)
    len += n;
  out[len] = 0;
  close(pair[0]);
  waitpid(pid, &wait_status, 0);
  program_free(&s);
  return wait_status;
}

int main(void)
{
  char const *const show[] = {
      "sh", "-c", "cat; echo $A; ls /proc/self/fd | wc -l; kill -PIPE $$", 0};
  char const *const missing[] = {"no-such-program", 0};
  char const *const directory[] = {"/", 0};
  char const *const plain[] = {"./plain", 0};
  char const *const here[] = {"prog", 0};
  char const *const env[] = {"A=1", 0};
  char out[200];
  int failed, r, leak;
  sigset_t all;

  leak = open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (int fd = 3; fd < 1024; fd++) /* the test's own inheritance */
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  signal(SIGPIPE, SIG_IGN);
  sigfillset(&all);
  sigdelset(&all, SIGALRM);
  sigprocmask(SIG_SETMASK, &all, 0);
  r = run(show, "/nowhere:/bin", env, out, sizeof out, &failed);
  /* 0, 1, 2 and the directory that ls reads */
  ok(!failed && !strcmp(out, "1\n4\n"), "environment and descriptors");
  ok(WIFSIGNALED(r) && WTERMSIG(r) == SIGPIPE, "signals are as they were");
  r = run(missing, "/bin:/usr/bin", env, out, sizeof out, &failed);
  ok(failed == ENOENT && WIFEXITED(r) && WEXITSTATUS(r) == 111, "not found");
  run(directory, "/bin", env, out, sizeof out, &failed);
  ok(failed == EACCES, "a directory");
  close(open("plain", O_CREAT | O_WRONLY, 0600));
  run(plain, "/bin", env, out, sizeof out, &failed);
  ok(failed == EACCES, "not executable");
  symlink("/bin/true", "prog");
  r = run(here, "/nowhere:", env, out, sizeof out, &failed);
  ok(!failed && r == 0, "an empty directory in PATH is this one");
  run(here, 0, env, out, sizeof out, &failed);
  ok(failed == ENOENT, "no PATH: /bin:/usr/bin");
  close(leak);
  return done();
}
