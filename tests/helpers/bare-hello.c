/* bare-hello - the smallest server program: 16 bytes, then the end. */
#include "bare.h"

void _start(void);
void _start(void)
{
  static char const hello[] = "220 hello there\n";

  bare_call(SYS_write, 1, (long)hello, sizeof hello - 1);
  bare_call(SYS_exit_group, 0, 0, 0);
}
