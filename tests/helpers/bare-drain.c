/* bare-drain - a queue program that takes the message and the envelope, keeps
   nothing, and succeeds: what is left is the cost of handing over. */
#include "bare.h"

static char buf[65536];

static void drain(int fd)
{
  while (bare_call(SYS_read, fd, (long)buf, sizeof buf) > 0)
    ;
}

void _start(void);
void _start(void)
{
  drain(0);
  drain(1);
  bare_call(SYS_exit_group, 0, 0, 0);
}
