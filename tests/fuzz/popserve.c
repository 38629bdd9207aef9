/*
 * Fuzz target: a whole dialogue after login, on a Maildir of three messages.
 * Holds: every reply is whole lines; without an answered QUIT the Maildir is
 * as it was; after it exactly what the report says is gone.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "popserve.h"

#define INPUT_MAX 1024 /* RETR sends far more than it gets */

static char const *const files[][2] = {
    {"box/new/1.a.h", "s: x\n\n.\nend"},
    {"box/cur/2.a.h:2,S", "s: y\r\n\r\nb\r\n"},
    {"box/cur/3 odd.h:2,", ""},
};
#define FILES (sizeof files / sizeof *files)

static void hold(int true)
{
  if (!true) abort();
}

/* In the working directory. */
static int box(void)
{
  return !access("box/cur", F_OK) ||
         (!mkdir("box", 0700) && !mkdir("box/new", 0700) &&
          !mkdir("box/cur", 0700));
}

static void fill(void)
{
  for (size_t i = 0; i < FILES; i++) {
    int fd = open(files[i][0], O_CREAT | O_TRUNC | O_WRONLY, 0600);
    size_t n = strlen(files[i][1]);

    hold(fd != -1 && write(fd, files[i][1], n) == (ssize_t)n);
    close(fd);
  }
}

static unsigned int left(void)
{
  unsigned int n = 0;

  for (size_t i = 0; i < FILES; i++)
    n += !access(files[i][0], F_OK);
  return n;
}

/* A client must not be able to see a line end where there is none. */
static void hold_lines(char const *s, size_t len)
{
  hold(len >= 2 && s[len - 2] == '\r' && s[len - 1] == '\n');
  for (size_t i = 0; i < len; i++) {
    if (s[i] == '\r') hold(s[i + 1] == '\n');
    if (s[i] == '\n') hold(i && s[i - 1] == '\r');
  }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  static struct conn c;
  static char out[1 << 20];
  struct popserve_report r;
  enum popserve_end end;
  struct maildrop m;
  size_t n = 0;
  int fd[2];

  if (size > INPUT_MAX) size = INPUT_MAX;
  signal(SIGPIPE, SIG_IGN);
  hold(box());
  fill();
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd)) abort();
  if (size && write(fd[1], data, size) != (ssize_t)size) abort();
  shutdown(fd[1], SHUT_WR);
  conn_init(&c, fd[0], fd[0], 5, CONN_IN);
  hold(maildrop_open(&m, "box"));
  hold(maildrop_count(&m) == FILES);
  end = popserve(&c, &m, "USER,", &r);
  maildrop_close(&m);
  close(fd[0]);
  for (ssize_t k; (k = read(fd[1], out + n, sizeof out - n)) > 0;)
    n += (size_t)k;
  close(fd[1]);
  hold_lines(out, n);
  hold(!r.failed && !r.error);
  if (end == POPSERVE_QUIT) {
    unsigned int moved = !access("box/cur/1.a.h:2,", F_OK);
    hold(left() + moved + r.removed == FILES);
    unlink("box/cur/1.a.h:2,");
  } else {
    hold(end == POPSERVE_EOF || end == POPSERVE_BARE);
    hold(left() == FILES && !r.removed);
  }
  return 0;
}
