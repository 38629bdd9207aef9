/* Unit test of src/auth/prompt.c, from pipes; tests/auth/postern-passwd.t has
   a terminal. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "prompt.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *name;
  char const *in;
  size_t len;
  enum prompt_result want;
  char const *got;
} const t[] = {
    {"a line", BYTES("secret\n"), PROMPT_OK, "secret"},
    {"no newline", BYTES("secret"), PROMPT_OK, "secret"},
    {"the first of two", BYTES("secret\nmore\n"), PROMPT_OK, "secret"},
    {"blanks and CR stay", BYTES(" s t\r\n"), PROMPT_OK, " s t\r"},
    {"an empty line", BYTES("\n"), PROMPT_OK, ""},
    {"nothing", BYTES(""), PROMPT_FAILED, 0},
    {"as long as may be", BYTES("123456789\n"), PROMPT_OK, "123456789"},
    {"a byte longer", BYTES("1234567890\n"), PROMPT_TOO_LONG, 0},
    {"much longer", BYTES("123456789012345678901234567890\n"), PROMPT_TOO_LONG,
     0},
    {"a NUL", BYTES("se\0ret\n"), PROMPT_NUL, 0},
};

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    char buf[10] = "xxxxxxxxx", zero[10] = {0};
    size_t len;
    int p[2];

    pipe(p);
    write(p[1], t[i].in, t[i].len);
    close(p[1]);
    errno = EIO;
    ok(prompt_password(p[0], buf, sizeof buf, &len) == t[i].want, t[i].name);
    if (t[i].got)
      ok(len == strlen(t[i].got) && !strcmp(buf, t[i].got), "what was read");
    else
      ok(!memcmp(buf, zero, sizeof buf), "nothing is kept");
    if (t[i].want == PROMPT_FAILED) ok(!errno, "end of input is no error");
    close(p[0]);
  }
  {
    char buf[10];
    size_t len;
    ok(prompt_password(-1, buf, sizeof buf, &len) == PROMPT_FAILED &&
           errno == EBADF,
       "a closed descriptor");
  }
  return done();
}
