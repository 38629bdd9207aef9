#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/iopause.h>
#include <skalibs/tai.h>

#include "chain.h"
#include "child.h"
#include "queue.h"

#define FIRST_FD 16       /* beyond those that the program gets */
#define CANCEL_SECONDS 10 /* for a program that need only notice */

static struct {
  int code;
  char const *reply;
} const replies[] = {
    {11, "554 5.1.3 envelope address too long for qq"},
    {31, "554 5.3.0 mail server permanently rejected message"},
    {32, "554 5.7.1 mail server rejected message"},
    {33, "554 5.7.1 mail server rejected message"},
    {34, "554 5.7.1 mail server rejected message"},
    {51, "451 4.3.0 qq out of memory"},
    {52, "451 4.3.0 qq timeout"},
    {53, "451 4.3.0 qq write error or disk full"},
    {54, "451 4.3.0 qq read error"},
    {55, "451 4.3.0 qq unable to read configuration"},
    {56, "451 4.3.0 qq trouble making network connection"},
    {61, "451 4.3.0 qq trouble in home directory"},
    {62, "451 4.3.0 qq trouble creating files in queue"},
    {63, "451 4.3.0 qq trouble creating files in queue"},
    {64, "451 4.3.0 qq trouble creating files in queue"},
    {65, "451 4.3.0 qq trouble creating files in queue"},
    {66, "451 4.3.0 qq trouble creating files in queue"},
    {71, "451 4.3.0 mail server temporarily rejected message"},
    {72, "451 4.4.1 connection to mail server timed out"},
    {73, "451 4.4.1 connection to mail server rejected"},
    {74, "451 4.4.2 communication with mail server failed"},
    {81, "451 4.3.0 qq internal bug"},
    {91, "451 4.3.0 qq internal bug"},
    {115, "554 5.1.3 envelope address too long for qq"},
    {120, "451 4.3.0 unable to exec qq"},
    {126, "451 4.3.0 unable to exec qq"},
    {127, "451 4.3.0 unable to exec qq"},
    {CHILD_LATE, "451 4.3.0 qq timeout"},
};

static char const *fixed_reply(int code)
{
  for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
    if (replies[i].code == code) return replies[i].reply;
  if (code >= CHILD_SIGNAL) return "451 4.3.0 qq crashed";
  if (code >= 11 && code <= 40) return "554 5.3.0 qq permanent problem";
  return "451 4.3.0 qq temporary problem";
}

/* D or Z, then the first line of a text, of which only what can be shown is
   shown.  0 if that is not what it is. */
static int custom_reply(char const *text, size_t n, char *reply)
{
  size_t len;

  if (n > QUEUE_TEXT_MAX) n = QUEUE_TEXT_MAX;
  if (n < 3 || (text[0] != 'D' && text[0] != 'Z')) return 0;
  strcpy(reply, text[0] == 'D' ? "554 5.3.0 " : "451 4.3.0 ");
  len = strlen(reply);
  for (size_t i = 1; i < n; i++) {
    if (text[i] == '\n' || text[i] == '\r' || !text[i]) break;
    reply[len++] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
  }
  reply[len] = 0;
  return len > 12;
}

void queue_reply(int code, char const *text, size_t n,
                 char reply[QUEUE_REPLY_MAX])
{
  if ((code == 82 || code == 88) && custom_reply(text, n, reply)) return;
  strcpy(reply, fixed_reply(code));
}

static void close_all(int p[6])
{
  int e = errno;

  for (int i = 0; i < 6; i++)
    if (p[i] >= 0) close(p[i]);
  errno = e;
}

/* Three pipes, none of whose ends is one that the program gets. */
static int make_pipes(int p[6])
{
  for (int i = 0; i < 6; i++)
    p[i] = -1;
  for (int i = 0; i < 6; i += 2) {
    int raw[2];

    if (pipe2(raw, O_CLOEXEC) == -1) return 0;
    p[i] = fcntl(raw[0], F_DUPFD_CLOEXEC, FIRST_FD);
    p[i + 1] = fcntl(raw[1], F_DUPFD_CLOEXEC, FIRST_FD);
    close(raw[0]);
    close(raw[1]);
    if (p[i] < 0 || p[i + 1] < 0) return 0;
  }
  return 1;
}

int queue_open(struct queue *q, char const *const *argv,
               char const *const *envp, unsigned int timeout)
{
  struct chain_fd fds[] = {{.to = 0}, {.to = 1}, {.to = 4}, {.to = 6}};
  int p[6], failed = 0;

  *q = (struct queue){.message = -1, .envelope = -1, .error = -1};
  if (!make_pipes(p)) {
    close_all(p);
    return 0;
  }
  fds[0].from = p[0];
  fds[1].from = p[2];
  fds[2].from = fds[3].from = p[5];
  q->pid = chain_spawn(argv, envp, fds, sizeof fds / sizeof *fds, CHAIN_CALL,
                       &failed);
  if (q->pid < 0 || failed) {
    int e = failed ? failed : errno;

    close_all(p);
    if (q->pid > 0) waitpid_nointr(q->pid, 0, 0);
    q->pid = 0;
    errno = e;
    return 0;
  }
  close(p[0]);
  close(p[2]);
  close(p[5]);
  q->message = p[1];
  q->envelope = p[3];
  q->error = p[4];
  q->timeout = timeout;
  ndelay_on(q->message);
  ndelay_on(q->envelope);
  ndelay_on(q->error);
  return 1;
}

static void deadline_in(tain *t, tain *now, unsigned int seconds)
{
  tain_now(now);
  tain_addsec(t, now, (int)seconds);
}

static int write_all(struct queue const *q, int fd, char const *s, size_t n)
{
  iopause_fd x = {.fd = fd, .events = IOPAUSE_WRITE};
  tain now, until;
  int waiting = 0;

  while (n) {
    ssize_t w = write(fd, s, n);

    if (w >= 0) {
      s += w;
      n -= (size_t)w;
      waiting = 0;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!waiting) deadline_in(&until, &now, q->timeout);
      waiting = 1;
      if (iopause_stamp(&x, 1, &until, &now) <= 0 && errno != EINTR) return 0;
      if (!tain_less(&now, &until)) return 0;
    } else if (errno != EINTR) {
      return 0;
    }
  }
  return 1;
}

void queue_put(struct queue *q, char const *s, size_t n)
{
  if (!q->failed && !write_all(q, q->message, s, n)) q->failed = 1;
}

static void close_writers(struct queue *q)
{
  if (q->message >= 0) close(q->message);
  if (q->envelope >= 0) close(q->envelope);
  q->message = q->envelope = -1;
}

/* How it ended: see code in queue.h. */
static int reap(struct queue *q)
{
  int code = child_wait(q->pid, q->timeout);

  q->pid = 0;
  return code;
}

int queue_close(struct queue *q, char const *envelope, size_t n,
                char reply[QUEUE_REPLY_MAX], int *code)
{
  char text[QUEUE_TEXT_MAX];
  ssize_t len;

  close(q->message);
  q->message = -1;
  if (!q->failed && !write_all(q, q->envelope, envelope, n)) q->failed = 1;
  close_writers(q);
  *code = reap(q);
  len = read(q->error, text, sizeof text);
  close(q->error);
  q->error = -1;
  reply[0] = 0;
  if (!*code && !q->failed) return 1;
  /* it cannot have read what could not be written to it */
  queue_reply(*code ? *code : 54, text, len > 0 ? (size_t)len : 0, reply);
  return 0;
}

void queue_cancel(struct queue *q)
{
  if (!q->pid) return;
  if (q->timeout > CANCEL_SECONDS) q->timeout = CANCEL_SECONDS;
  close_writers(q);
  close(q->error);
  q->error = -1;
  reap(q);
}
