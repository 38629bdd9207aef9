/* drain - a queue program that takes the message and the envelope, keeps
   nothing, and succeeds: what is left is the cost of handing over. */
#include <unistd.h>

static int drain(int fd)
{
  static char buf[65536];
  ssize_t n;

  do {
    n = read(fd, buf, sizeof buf);
  } while (n > 0);
  return n < 0;
}

int main(void) { _exit(drain(0) || drain(1) ? 54 : 0); }
