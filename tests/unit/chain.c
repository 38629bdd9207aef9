/*
 * Unit test of src/lib/chain.c.  This executable plays the chain image: its
 * table has two programs, and its own file stands in PATH under their names.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <skalibs/env.h>
#include <skalibs/posixplz.h>
#include <skalibs/strerr.h>

#include "chain.h"
#include "unit.h"

static int marker; /* set before a chain_exec; an exec would clear it */
static int cloexec_fd, open_fd;
static int far_fd = -1; /* where the kernel counts descriptors */

static void handler(int s) { (void)s; }

/* Exits with bits for what it finds as it should not be. */
static int prog_look(int argc, char const *const *argv)
{
  struct sigaction usr1, usr2;
  int bad = 0;

  sigaction(SIGUSR1, 0, &usr1);
  sigaction(SIGUSR2, 0, &usr2);
  if (!marker) bad |= 1;
  if (argc != 2 || strcmp(argv[1], "arg")) bad |= 2;
  if (!getenv("NEW") || strcmp(getenv("NEW"), "value")) bad |= 4;
  if (getenv("OLD")) bad |= 8;
  if (fcntl(cloexec_fd, F_GETFD) != -1) bad |= 16;
  if (fcntl(open_fd, F_GETFD) == -1) bad |= 32;
  if (far_fd >= 0 && fcntl(far_fd, F_GETFD) != -1) bad |= 128;
  if (usr1.sa_handler != SIG_DFL || usr2.sa_handler != SIG_IGN) bad |= 64;
  return bad;
}

/* Goes one word on: a chain of two. */
static int prog_pass(int argc, char const *const *argv)
{
  stralloc modifs = STRALLOC_ZERO;

  (void)argc;
  env_addmodif(&modifs, "NEW", "value");
  env_addmodif(&modifs, "OLD", 0);
  chain_exec(argv + 1, &modifs);
}

/* Is descriptor 0 what the caller said, and the rest closed? */
static int prog_spawned(int argc, char const *const *argv)
{
  char c = 0;

  (void)argv;
  if (read(0, &c, 1) != 1 || c != 'x') return 1;
  if (fcntl(cloexec_fd, F_GETFD) != -1) return 2;
  return argc == 1 && getenv("SPAWNED") ? 0 : 3;
}

struct chain_program const chain_programs[] = {
    {"test-look", prog_look},
    {"test-pass", prog_pass},
    {"test-spawned", prog_spawned},
    {0, 0},
};

static int run(char const *const *argv)
{
  int status;
  pid_t pid = fork();

  if (!pid) {
    stralloc none = STRALLOC_ZERO;
    marker = 1;
    chain_exec(argv, &none);
  }
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int spawn(char const *name, int from, enum chain_how how)
{
  char const *const argv[] = {name, 0};
  char const *envp[] = {"PATH=bin:/usr/bin:/bin", "SPAWNED=1", 0, 0};
  struct chain_fd const fds[] = {{from, 0}};
  int status = -1, failed;
  pid_t pid;

  if (getenv("POSTERN_FUSE")) envp[2] = "POSTERN_FUSE=0";
  pid = chain_spawn(argv, envp, fds, 1, how, &failed);
  if (pid == -1) return -1;
  waitpid(pid, &status, 0);
  if (failed) return WEXITSTATUS(status) == 111 ? -failed : -2;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

static int pipe_with_x(void)
{
  int p[2];

  pipe2(p, O_CLOEXEC);
  write(p[1], "x", 1);
  close(p[1]);
  return p[0];
}

int main(int argc, char const *const *argv)
{
  char self[4096];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  char const *const both[] = {"test-pass", "test-look", "arg", 0};
  char const *const by_path[] = {"test-pass", "bin/test-look", "arg", 0};
  char const *const outside[] = {"test-pass", "false", 0};
  char const *const nowhere[] = {"test-pass", "nonexistent", 0};
  char const *const denied[] = {"test-pass", "bin/data", 0};
  struct stat st;

  PROG = "chain";
  /* executed for real, as test-look: nothing to see here */
  if (strcmp(argv[0], "test-look") == 0 || argc > 1) return 99;

  self[n > 0 ? n : 0] = 0;
  mkdir("bin", 0755);
  mkdir("other", 0755);
  symlink(self, "bin/test-look");
  symlink(self, "bin/test-pass");
  symlink(self, "bin/test-spawned");
  symlink("/bin/true", "other/test-look");
  close(open("bin/data", O_CREAT | O_WRONLY, 0644));
  setenv("PATH", "bin:/usr/bin:/bin", 1);
  setenv("OLD", "x", 1);
  cloexec_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  open_fd = open("/dev/null", O_RDONLY);
  if (!stat("/proc/self/fd", &st) && st.st_size)
    far_fd = fcntl(cloexec_fd, F_DUPFD_CLOEXEC, 400);
  else
    printf("# this kernel does not count descriptors\n");
  signal(SIGUSR1, handler);
  signal(SIGUSR2, SIG_IGN);

  ok(chain_main(2, both + 1) == 1 + 4 + 8 + 16 + 64 + (far_fd < 0 ? 0 : 128),
     "the image's main calls the program of its name, with its arguments");
  ok(run(both) == 0, "two programs of the image: called, as after an exec");
  ok(run(by_path) == 0, "named by a path: the same");
  ok(run(outside) == 1, "a program outside the image: executed");
  ok(run(nowhere) == 127, "not found: 127");
  ok(run(denied) == 126, "cannot be run: 126");
  setenv("PATH", "other:bin:/usr/bin:/bin", 1);
  ok(run(both) == 0, "a namesake earlier in PATH is executed instead");
  ok(WEXITSTATUS(system("test-look")) == 0, "(it is /bin/true)");
  setenv("PATH", "bin:/usr/bin:/bin", 1);
  ok(spawn("test-spawned", pipe_with_x(), CHAIN_CALL) == 0,
     "spawned: called in a child");
  ok(spawn("cat", pipe_with_x(), CHAIN_CALL) == 0, "spawned: executed");
  ok(spawn("test-look", pipe_with_x(), CHAIN_EXECUTE) == 99,
     "spawned: executed though it is of this image");
  ok(spawn("nonexistent", pipe_with_x(), CHAIN_CALL) == -ENOENT,
     "spawned: not found");
  ok(spawn("bin/data", pipe_with_x(), CHAIN_CALL) == -EACCES,
     "spawned: cannot be run");
  ok(spawn("test-spawned", 999, CHAIN_CALL) == 111,
     "spawned: no such descriptor");
  setenv("POSTERN_FUSE", "0", 1);
  ok(spawn("test-look", pipe_with_x(), CHAIN_CALL) == 99,
     "spawned: POSTERN_FUSE=0");
  ok(run(both) == 99, "POSTERN_FUSE=0: executed");
  return done();
}
