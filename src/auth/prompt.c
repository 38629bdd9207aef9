#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <sys/signalfd.h>

#include <skalibs/allreadwrite.h>

#include "prompt.h"

static enum prompt_result check(char const *buf, size_t len, size_t size)
{
  if (len >= size) return PROMPT_TOO_LONG;
  return memchr(buf, 0, len) ? PROMPT_NUL : PROMPT_OK;
}

/* One byte at a time: what follows the line belongs to somebody else. */
static enum prompt_result read_line(int fd, char *buf, size_t size, size_t *len)
{
  for (*len = 0;;) {
    char c;
    ssize_t n = read(fd, &c, 1);

    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return PROMPT_FAILED;
    if (!n && !*len) {
      errno = 0;
      return PROMPT_FAILED;
    }
    if (!n || c == '\n') break;
    if (*len < size) buf[*len] = c;
    if (*len < size) ++*len;
  }
  if (*len < size) buf[*len] = 0;
  return check(buf, *len, size);
}

/* Wait for input; 0 if a signal came first. */
static int wait_input(int fd, int signals)
{
  struct pollfd x[2] = {{.fd = fd, .events = POLLIN},
                        {.fd = signals, .events = POLLIN}};

  while (poll(x, 2, -1) < 0)
    if (errno != EINTR) return 0;
  return !x[1].revents;
}

static enum prompt_result ask(int fd, int signals, char const *question,
                              char *buf, size_t size, size_t *len)
{
  enum prompt_result r = PROMPT_FAILED;

  fd_write(fd, question, strlen(question));
  if (wait_input(fd, signals))
    r = read_line(fd, buf, size, len);
  else
    errno = EINTR;
  fd_write(fd, "\n", 1);
  return r;
}

static enum prompt_result ask_twice(int fd, int signals, char *buf, size_t size,
                                    size_t *len)
{
  char again[1024];
  size_t alen = 0;
  enum prompt_result r = ask(fd, signals, "Password: ", buf, size, len);

  if (r != PROMPT_OK) return r;
  r = ask(fd, signals, "Again: ", again, sizeof again, &alen);
  if (r == PROMPT_OK && (alen != *len || memcmp(again, buf, alen)))
    r = PROMPT_DIFFER;
  explicit_bzero(again, sizeof again);
  return r;
}

static enum prompt_result ask_terminal(int fd, struct termios const *old,
                                       char *buf, size_t size, size_t *len)
{
  static int const ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  struct termios quiet = *old;
  enum prompt_result r = PROMPT_FAILED;
  sigset_t set, mask;
  int signals;

  sigemptyset(&set);
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
    sigaddset(&set, ending[i]);
  signals = signalfd(-1, &set, SFD_CLOEXEC);
  if (signals < 0) return r;
  sigprocmask(SIG_BLOCK, &set, &mask);
  quiet.c_lflag &= ~(tcflag_t)ECHO;
  if (!tcsetattr(fd, TCSAFLUSH, &quiet)) {
    r = ask_twice(fd, signals, buf, size, len);
    tcsetattr(fd, TCSAFLUSH, old);
  }
  close(signals);
  /* the signal that came, if one did, acts now */
  sigprocmask(SIG_SETMASK, &mask, 0);
  return r;
}

enum prompt_result prompt_password(int fd, char *buf, size_t size, size_t *len)
{
  struct termios old;
  enum prompt_result r;

  *len = 0;
  if (tcgetattr(fd, &old) < 0)
    r = read_line(fd, buf, size, len);
  else
    r = ask_terminal(fd, &old, buf, size, len);
  if (r != PROMPT_OK) explicit_bzero(buf, size);
  return r;
}
