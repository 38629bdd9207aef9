/* Unit test of src/auth/authlisten.c: what is a greeting only, how a socket is
   bound, and that a process is made when there is something to serve. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "authlisten.h"
#include "unit.h"

#define HELLO "VERSION\t1\t1\nCPID\t42\n"

static struct {
  char const *s;
  int quiet;
} const t[] = {
    {HELLO, 1},
    {"", 1},
    {"V", 1},
    {"VERSION\t1\t1", 1},
    {"VERSION\t1\t1\n", 1},
    {"VERSION\t1\t1\nC", 1},
    {"VERSION\t1\t1\nCPID\t4", 1},
    {HELLO "A", 0},
    {HELLO "\n", 0},
    {"X", 0},
    {"VERSION\n", 0},
    {"VERSION\t2\t1\n", 0},
    {"CPID\t42\n", 0},
    {"VERSION\t1\t1\nAUTH\t1\n", 0},
    {"VERSION\t1\t1\nVERSION\t1\t1\n", 0},
};

static int client(char const *path)
{
  struct sockaddr_un sa = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);

  strcpy(sa.sun_path, path);
  if (connect(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static void bind_it(void)
{
  struct stat st;
  char name[200];
  int a, b, fd;

  umask(077);
  a = authlisten_bind("s");
  ok(a >= 0 && stat("s", &st) == 0 && S_ISSOCK(st.st_mode) &&
         (st.st_mode & 0777) == 0666,
     "bound, whatever umask says");
  ok(fcntl(a, F_GETFD) == FD_CLOEXEC, "close-on-exec");
  fd = client("s");
  ok(fd >= 0, "it listens");
  close(fd);
  b = authlisten_bind("s");
  ok(b >= 0, "again, over what is there");
  fd = client("s");
  close(a);
  ok(fd >= 0, "and that is the new one's");
  close(fd);
  close(b);
  close(open("file", O_WRONLY | O_CREAT, 0600));
  ok(authlisten_bind("file") == -1 && errno == EEXIST &&
         stat("file", &st) == 0 && S_ISREG(st.st_mode),
     "a file stays a file");
  ok(authlisten_bind("none/s") == -1 && errno == ENOENT, "no directory");
  memset(name, 'x', sizeof name);
  name[107] = 0;
  ok(authlisten_bind(name) == -1 && errno == ENAMETOOLONG, "a long name");
}

/* --- a server in a process of its own --- */

static int log_fd;

static void tell(char c) { (void)write(log_fd, &c, 1); }

static int greet(void *data, stralloc *out, unsigned int connection)
{
  char c = (char)('0' + connection % 10);

  (void)data;
  return stralloc_catb(out, &c, 1);
}

static int serve(void *data)
{
  char buf[256];
  ssize_t n;

  (void)data;
  tell('s');
  while ((n = read(0, buf, sizeof buf)) > 0)
    if (write(1, buf, (size_t)n) != n) return 1;
  return 0;
}

static void reload(void *data)
{
  (void)data;
  tell('r');
}

static void trouble(void *data, char const *what, int e)
{
  (void)data;
  tell(!strcmp(what, "fork") && e == EAGAIN     ? 'f'
       : !strcmp(what, "accept") && e == EMFILE ? 'e'
                                                : '?');
}

static pid_t start(unsigned int n, int *told, void (*limit)(void))
{
  struct authlisten l = {.n = n,
                         .greet = greet,
                         .serve = serve,
                         .reload = reload,
                         .trouble = trouble,
                         .keep = -1};
  int p[2];
  pid_t pid;

  if (pipe(p) < 0) exit(1);
  l.fd = authlisten_bind("s");
  pid = fork();
  if (!pid) {
    log_fd = 2;
    dup2(p[1], 2);
    close(p[0]);
    close(p[1]);
    if (limit) limit();
    _exit(authlisten(&l) < 0);
  }
  close(l.fd);
  close(p[1]);
  *told = p[0];
  return pid;
}

/* Is there a byte, and is it that?  Waits for one. */
static int says(int fd, char c)
{
  char got = 0;

  return read(fd, &got, 1) == 1 && got == c;
}

static int silent(int fd)
{
  struct pollfd x = {.fd = fd, .events = POLLIN};

  return poll(&x, 1, 50) == 0;
}

/* Whichever speaks first: is it a? */
static int first(int a, int b)
{
  struct pollfd x[] = {{.fd = a, .events = POLLIN},
                       {.fd = b, .events = POLLIN}};

  return poll(x, 2, -1) > 0 && x[0].revents;
}

static void put(int fd, char const *s)
{
  if (write(fd, s, strlen(s)) < 0) exit(1);
}

static int echoes(int fd, char const *s)
{
  char buf[256];
  size_t n = 0, want = strlen(s);

  while (n < want) {
    ssize_t r = read(fd, buf + n, sizeof buf - n);

    if (r <= 0) return 0;
    n += (size_t)r;
  }
  return n == want && !memcmp(buf, s, n);
}

static int stop(pid_t pid, int told)
{
  int status;

  kill(pid, SIGTERM);
  waitpid(pid, &status, 0);
  close(told);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void serves(void)
{
  int told, a, b;
  pid_t pid = start(10, &told, 0);

  a = client("s");
  ok(says(a, '1'), "greeted");
  put(a, HELLO);
  ok(silent(told), "a greeting makes no process");
  b = client("s");
  ok(says(b, '2'), "another");
  put(b, HELLO "AUTH");
  ok(says(told, 's') && echoes(b, HELLO "AUTH"), "who asks is served");
  put(a, "CANCEL");
  ok(says(told, 's') && echoes(a, HELLO "CANCEL"),
     "from the first byte on, when he asks");
  kill(pid, SIGHUP);
  ok(says(told, 'r'), "SIGHUP");
  ok(stop(pid, told), "SIGTERM ends it");
  ok(read(a, &told, 1) == 0 && read(b, &told, 1) == 0, "and the children");
  close(a);
  close(b);
}

/* A client that has a process is none of the parent's any more: its end is not
   the end of the next one, whose descriptor has the same number. */
static void apart(void)
{
  int told, a, b;
  pid_t pid = start(10, &told, 0);

  a = client("s");
  put(a, HELLO "AUTH");
  ok(says(a, '1') && says(told, 's') && echoes(a, HELLO "AUTH"), "served");
  b = client("s");
  put(b, HELLO);
  ok(says(b, '2') && silent(told), "the next has said its greeting");
  close(a);
  ok(silent(b), "and stays when the first one goes");
  put(b, "AUTH");
  ok(says(told, 's') && echoes(b, HELLO "AUTH"), "and is served");
  close(b);
  ok(stop(pid, told), "SIGTERM ends it");
}

static void limits(void)
{
  int told, a, b, c;
  pid_t pid = start(2, &told, 0);

  a = client("s");
  b = client("s");
  ok(says(a, '1') && says(b, '2'), "two");
  c = client("s");
  ok(silent(c), "the third waits");
  put(a, HELLO);
  close(a);
  ok(says(c, '3'), "until one goes that had said its greeting");
  put(b, "AUTH");
  ok(says(told, 's') && echoes(b, "AUTH"), "one is served");
  a = client("s");
  ok(silent(a), "and counts");
  close(b);
  ok(says(a, '4'), "until its process has ended");
  close(a);
  close(c);
  ok(stop(pid, told), "SIGTERM ends it");
}

static void no_descriptors(void)
{
  struct rlimit r = {12, 12};

  setrlimit(RLIMIT_NOFILE, &r);
}

static void no_processes(void)
{
  struct rlimit r = {0, 0};

  setrlimit(RLIMIT_NPROC, &r);
  if (!geteuid() && (setgid(54321) < 0 || setuid(54321) < 0)) _exit(1);
}

static void poverty(void)
{
  int told, fd[8], n = 0;
  pid_t pid = start(10, &told, no_descriptors);

  for (; n < 8; n++) {
    fd[n] = client("s");
    if (!first(fd[n], told)) break;
    (void)says(fd[n], (char)('1' + n));
  }
  ok(n > 1 && n < 8 && says(told, 'e'), "no descriptor for one more");
  close(fd[0]);
  ok(says(fd[n], (char)('1' + n)), "it is accepted when there is one");
  for (int i = 1; i <= n; i++)
    close(fd[i]);
  ok(stop(pid, told), "SIGTERM ends it");

  pid = start(10, &told, no_processes);
  fd[0] = client("s");
  put(fd[0], "AUTH");
  ok(says(fd[0], '1') && says(told, 'f'), "no process for it");
  ok(says(told, 'f'), "it is tried again");
  fd[1] = client("s");
  ok(silent(fd[1]), "meanwhile nobody is accepted");
  close(fd[0]);
  close(fd[1]);
  ok(stop(pid, told), "SIGTERM ends it");
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    ok(authlisten_quiet(t[i].s, strlen(t[i].s)) == t[i].quiet, t[i].s);
  signal(SIGPIPE, SIG_IGN);
  bind_it();
  serves();
  apart();
  limits();
  poverty();
  return done();
}
