/* unixlisten - a socket at a path. */
#include "unixlisten.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unit.h"

static int can_connect(char const *path)
{
  struct sockaddr_un sa = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0), r;

  strcpy(sa.sun_path, path);
  r = connect(fd, (struct sockaddr *)&sa, sizeof sa);
  close(fd);
  return !r;
}

int main(void)
{
  struct unixlisten u, v;
  char path[200];
  struct stat st;

  umask(022);
  ok(unixlisten_open(&u, "s", 0666) && can_connect("s"), "open");
  ok(!lstat("s", &st) && (st.st_mode & 07777) == 0666, "with its mode");
  ok(umask(022) == 022, "the umask is as it was");
  ok(fcntl(u.fd, F_GETFD) == FD_CLOEXEC && fcntl(u.fd, F_GETFL) & O_NONBLOCK,
     "close-on-exec, without waiting");
  ok(!unixlisten_open(&v, "s", 0666) && errno == EADDRINUSE && can_connect("s"),
     "somebody serves there");
  close(u.fd);
  ok(unixlisten_open(&v, "s", 0600) && can_connect("s"), "nobody any more");
  unixlisten_close(&v);
  ok(lstat("s", &st) < 0, "close");

  unixlisten_open(&u, "s", 0600);
  unlink("s");
  unixlisten_open(&v, "s", 0600);
  unixlisten_close(&u);
  ok(can_connect("s"), "a path that is another's now is left alone");
  unixlisten_close(&v);

  close(open("s", O_CREAT | O_WRONLY, 0600));
  ok(!unixlisten_open(&u, "s", 0600) && !lstat("s", &st) && S_ISREG(st.st_mode),
     "a file is not replaced");
  ok(!unixlisten_open(&u, "no/s", 0600) && errno == ENOENT, "no directory");
  memset(path, 'a', sizeof path);
  path[sizeof path - 1] = 0;
  ok(!unixlisten_open(&u, path, 0600) && errno == ENAMETOOLONG, "too long");
  ok(!unixlisten_open(&u, "", 0600), "empty");
  return done();
}
