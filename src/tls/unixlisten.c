#include "unixlisten.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BACKLOG 4096 /* the system cuts it to its own limit */

/* 1 if nobody serves at the address; an old socket is removed. */
static int is_free(struct sockaddr_un const *sa)
{
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;
  struct stat st;

  if (fd < 0) return 0;
  r = connect(fd, (struct sockaddr const *)sa, sizeof *sa);
  close(fd);
  if (!r || errno == EAGAIN) {
    errno = EADDRINUSE;
    return 0;
  }
  if (errno != ECONNREFUSED) return 1;
  if (!lstat(sa->sun_path, &st) && S_ISSOCK(st.st_mode)) unlink(sa->sun_path);
  return 1;
}

int unixlisten_open(struct unixlisten *u, char const *path, mode_t mode)
{
  struct sockaddr_un sa = {.sun_family = AF_UNIX};
  struct stat st;
  mode_t mask;
  int r;

  if (!*path || strlen(path) >= sizeof sa.sun_path) {
    errno = ENAMETOOLONG;
    return 0;
  }
  strcpy(sa.sun_path, path);
  if (!is_free(&sa)) return 0;
  u->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (u->fd < 0) return 0;
  u->path = path;
  mask = umask(0777);
  r = bind(u->fd, (struct sockaddr *)&sa, sizeof sa);
  umask(mask);
  if (!r && !lstat(path, &st)) {
    u->dev = st.st_dev;
    u->ino = st.st_ino;
    if (!listen(u->fd, BACKLOG) && !chmod(path, mode)) return 1;
  }
  r = errno;
  close(u->fd);
  errno = r;
  return 0;
}

void unixlisten_close(struct unixlisten *u)
{
  struct stat st;

  if (!lstat(u->path, &st) && st.st_dev == u->dev && st.st_ino == u->ino)
    unlink(u->path);
  close(u->fd);
}
