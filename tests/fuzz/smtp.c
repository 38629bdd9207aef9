/*
 * Fuzz a whole session: the input is what the client sends.
 *
 * The queue program is not there; what would be handed to it is looked at: a
 * client without rights sends to nobody but local domains, there is no more
 * than one message for each end of data or last chunk, and what is queued holds
 * neither CR nor NUL.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "queue.h"
#include "smtp.h"
#include "text.h"

static unsigned int queued;

static void check(int cond)
{
  if (!cond) abort();
}

int queue_open(struct queue *q, char const *const *argv,
               char const *const *envp, unsigned int timeout)
{
  (void)argv;
  (void)envp;
  *q = (struct queue){.pid = 1, .timeout = timeout};
  return 1;
}

void queue_put(struct queue *q, char const *s, size_t n)
{
  check(q->pid == 1 && !memchr(s, '\r', n) && !memchr(s, 0, n));
}

static int ends_with(char const *s, char const *end)
{
  size_t n = strlen(s), e = strlen(end);
  return n > e && text_equal(s + n - e, e, end, e);
}

int queue_close(struct queue *q, char const *envelope, size_t n,
                char reply[QUEUE_REPLY_MAX], int *code)
{
  char const *s = envelope;
  unsigned int rcpts = 0;

  check(q->pid == 1 && n > 2 && !s[n - 1] && !s[n - 2] && s[0] == 'F');
  for (s += strlen(s) + 1; *s; s += strlen(s) + 1) {
    check(*s == 'T');
    check(ends_with(s, "@local.example") || ends_with(s, "@mx.example"));
    check(!strchr(s, '%') && !strchr(s, '!') &&
          strchr(s, '@') == strrchr(s, '@'));
    rcpts++;
  }
  check(rcpts && s == envelope + n - 1);
  queued++;
  q->pid = 0;
  reply[0] = 0;
  *code = 0;
  return 1;
}

void queue_cancel(struct queue *q) { q->pid = 0; }

void queue_reply(int code, char const *text, size_t n,
                 char reply[QUEUE_REPLY_MAX])
{
  (void)code;
  (void)text;
  (void)n;
  reply[0] = 0;
}

/* How often a message may have ended at most. */
static unsigned int ends(char const *s, size_t n)
{
  unsigned int count = 0;

  for (size_t i = 0; i + 5 <= n; i++)
    count += !memcmp(s + i, "\r\n.\r\n", 5);
  for (size_t i = 0; i + 4 <= n; i++)
    count += text_equal(s + i, 4, "LAST", 4);
  return count;
}

static void lists(struct settings *s)
{
  stralloc_copyb(&s->me, "mx.example", 11);
  stralloc_copyb(&s->greeting, "mx.example", 11);
  stralloc_copyb(&s->localiphost, "local.example", 14);
  stralloc_copyb(&s->rcpthosts, "local.example", 14);
  s->me.len--;
  s->greeting.len--;
  s->localiphost.len--;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size);
int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  static struct conn conn;
  struct settings s = {.control = {.dir = "/nonexistent"},
                       .has_rcpthosts = 1,
                       .maxrcpt = 10,
                       .databytes = 2000,
                       .timeout = 5,
                       .by = "mx.example",
                       .remote_ip = "192.0.2.7",
                       .local_ip = "192.0.2.1",
                       .relayreason = "rule:x"};
  int in = memfd_create("in", MFD_CLOEXEC), out = open("/dev/null", O_WRONLY);
  int code, keep = dup(2);

  check(in >= 0 && write(in, data, size) == (ssize_t)size);
  lseek(in, 0, SEEK_SET);
  lists(&s);
  if (size && data[0] & 1) s.barelf = EOD_NORMALIZE;
  queued = 0;
  signal(SIGPIPE, SIG_IGN);
  dup2(out, 2); /* the log */
  conn_init(&conn, in, out, s.timeout, size && data[0] & 2 ? 7 : CONN_IN);
  code = smtp_run(&s, &conn);
  dup2(keep, 2);
  check(code == 0 || code == 1);
  check(queued <= ends((char const *)data, size));
  settings_free(&s);
  close(keep);
  close(in);
  close(out);
  return 0;
}
