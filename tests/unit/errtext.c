/* Unit test of src/accept/errtext.c: one row per case. */
#include <errno.h>
#include <string.h>

#include "errtext.h"
#include "unit.h"

static struct {
  int number;
  char const *want;
} const t[] = {
    {ENOENT, "file does not exist"},
    {EADDRINUSE, "address already used"},
    {EACCES, "access denied"},
    {EPERM, "permission denied"},
    {EAGAIN, "temporary failure"},
    {EPROTO, "protocol error"},
    {EMFILE, "process cannot open more files"},
    {EXDEV, "Invalid cross-device link"}, /* the C library's */
};

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    ok(!strcmp(errtext(t[i].number), t[i].want), t[i].want);
  return done();
}
