#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/mman.h>

#include "turnstile.h"

static int lock(int fd, int command, short type, unsigned int place)
{
  struct flock l = {.l_type = type,
                    .l_whence = SEEK_SET,
                    .l_start = (off_t)place,
                    .l_len = 1};
  int r;

  do
    r = fcntl(fd, command, &l);
  while (r == -1 && errno == EINTR);
  return r == 0;
}

int turnstile_make(void) { return memfd_create("turnstile", MFD_CLOEXEC); }

int turnstile_enter(int fd, unsigned int n)
{
  unsigned int first = (unsigned int)getpid() % n;

  for (unsigned int i = 0; i < n; i++)
    if (lock(fd, F_SETLK, F_WRLCK, (first + i) % n))
      return (int)((first + i) % n);
  /* all are taken: process numbers spread who waits over the places */
  return lock(fd, F_SETLKW, F_WRLCK, first) ? (int)first : -1;
}

void turnstile_leave(int fd, int place)
{
  lock(fd, F_SETLK, F_UNLCK, (unsigned int)place);
}
