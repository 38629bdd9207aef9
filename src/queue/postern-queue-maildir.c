/*
 * postern-queue-maildir: put an accepted message into Maildirs.
 *
 * reads   the message from descriptor 0, then sender and recipients from
 *         descriptor 1 (qmail-queue's protocol); mailboxes.cdb, aliases
 * writes  a file in each recipient's Maildir; if it refuses the message, the
 *         reason to descriptor 6 or 4, if one of them is a pipe
 * exits   0 the message is on disk for every recipient; else for none:
 *         11, 31, 82 refused, 51 to 66 and 91 as qmail-queue, 100 wrong usage
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <skalibs/sgetopt.h>
#include <skalibs/sig.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "aliases.h"
#include "cdbmap.h"
#include "deliver.h"
#include "envelope.h"
#include "log.h"
#include "maildir.h"
#include "message.h"
#include "session.h"
#include "text.h"
#include "users.h"

#define USAGE                                                                  \
  "postern-queue-maildir [ -A aliases ] [ -c catchall ] [ -m ] "               \
  "[ -t tmpdir ] [ -T timeout ] mailboxes.cdb"
#define dieusage() strerr_dieusage(100, USAGE)

/* What the qmail family means by them; doc/exit-codes.md. */
enum {
  EXIT_ADDRESS = 11,
  EXIT_REFUSED = 31,
  EXIT_MEMORY = 51,
  EXIT_TIMEOUT = 52,
  EXIT_WRITE = 53,
  EXIT_READ = 54,
  EXIT_CONFIG = 55,
  EXIT_HOME = 61,
  EXIT_CREATE = 64,
  EXIT_PUBLISH = 66,
  EXIT_CUSTOM = 82,
  EXIT_ENVELOPE = 91,
};

struct queue {
  char const *aliases_path;
  char const *catchall;
  char const *tmpdir;
  char const *mailboxes_path;
  unsigned int timeout;
  int make;
  char session[SESSION_FMT];
  struct aliases aliases;
  cdbmap mailboxes;
  struct message message;
  struct envelope envelope;
  struct delivery *deliveries;
  size_t count;
};

static void parse_options(struct queue *q, int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "A:c:mt:T:", &l);

    if (opt == -1) break;
    switch (opt) {
    case 'A': q->aliases_path = l.arg; break;
    case 'c': q->catchall = l.arg; break;
    case 'm': q->make = 1; break;
    case 't': q->tmpdir = l.arg; break;
    case 'T':
      if (!uint0_scan(l.arg, &q->timeout) || !q->timeout) dieusage();
      break;
    default: dieusage();
    }
  }
  if (argc - l.ind != 1) dieusage();
  q->mailboxes_path = argv[l.ind];
}

static int is_pipe_to_write(int fd)
{
  struct stat st;
  int flags = fcntl(fd, F_GETFL);

  return flags != -1 && (flags & O_ACCMODE) != O_RDONLY && !fstat(fd, &st) &&
         (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/*
 * Refuse for good.  notqmail listens on descriptor 6, the combined patches on
 * 4; who listens on neither gets the general code.
 */
static _Noreturn void refuse(struct queue const *q, char const *why,
                             char const *address, char const *code)
{
  char text[256], shown[129];
  int fd = is_pipe_to_write(6) ? 6 : is_pipe_to_write(4) ? 4 : -1;
  struct log l;
  size_t n;

  log_start(&l, PROG, "refused", q->session);
  log_string(&l, "reason", why);
  log_string(&l, "address", address);
  log_end(&l);
  if (fd < 0) _exit(EXIT_REFUSED);

  shown[text_escape(shown, sizeof shown - 1, address, strlen(address))] = 0;
  strcpy(text, "D");
  strcat(strcat(strcat(text, why), ": "), shown);
  strcat(strcat(strcat(text, " (#"), code), ")");
  n = strlen(text);
  _exit(write(fd, text, n) == (ssize_t)n ? EXIT_CUSTOM : EXIT_REFUSED);
}

static void timed_out(int sig)
{
  (void)sig;
  _exit(EXIT_TIMEOUT);
}

static void read_message(struct queue *q)
{
  switch (message_read(&q->message, 0, q->tmpdir)) {
  case MESSAGE_OK: return;
  case MESSAGE_MEMORY: strerr_diefu1sys(EXIT_MEMORY, "keep the message");
  case MESSAGE_READ: strerr_diefu1sys(EXIT_READ, "read the message");
  case MESSAGE_CREATE:
    strerr_diefu2sys(EXIT_CREATE, "create a file in ", q->tmpdir);
  case MESSAGE_WRITE:
    strerr_diefu2sys(EXIT_WRITE, "write a file in ", q->tmpdir);
  }
}

/* Up to the final NUL, not to the end of file: a parent may keep the pipe. */
static void read_envelope(struct queue *q)
{
  stralloc sa = STRALLOC_ZERO;
  enum envelope_result r = ENVELOPE_MORE;

  while (r == ENVELOPE_MORE) {
    ssize_t n;

    if (!stralloc_readyplus(&sa, 65536))
      strerr_diefu1sys(EXIT_MEMORY, "read the envelope");
    n = read(1, sa.s + sa.len, 65536);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) strerr_diefu1sys(EXIT_READ, "read the envelope");
    if (!n) strerr_dief1x(EXIT_READ, "the envelope ends too early");
    sa.len += (size_t)n;
    r = envelope_parse(&q->envelope, sa.s, sa.len);
  }
  if (r == ENVELOPE_TOO_LONG) strerr_dief1x(EXIT_ADDRESS, "address too long");
  if (r == ENVELOPE_TOO_MANY)
    strerr_dief1x(EXIT_ENVELOPE, "too many recipients");
  if (r == ENVELOPE_CONTROL)
    strerr_dief1x(EXIT_REFUSED, "control byte in an address");
  if (r == ENVELOPE_BAD || !q->envelope.count)
    strerr_dief1x(EXIT_ENVELOPE, "malformed envelope");
}

static void open_files(struct queue *q)
{
  struct aliases_error e;
  char line[SIZE_FMT];
  int r;

  if (!cdbmap_open(&q->mailboxes, q->mailboxes_path))
    strerr_diefu2sys(EXIT_CONFIG, "open ", q->mailboxes_path);
  if (!q->aliases_path) return;
  r = aliases_load(&q->aliases, q->aliases_path, &e);
  if (r < 0) strerr_diefu2sys(EXIT_CONFIG, "read ", q->aliases_path);
  if (r) return;
  line[size_fmt(line, e.line)] = 0;
  strerr_dief5x(EXIT_CONFIG, q->aliases_path, ":", line, ": ", e.why);
}

static int mailbox_exists(char const *name, size_t n, void *data)
{
  cdbmap const *m = data;
  char const *record;
  size_t len;

  return cdbmap_find(m, name, n, &record, &len);
}

/* Who gets it: names of mailboxes, and addresses that are none. */
static void resolve(struct queue *q, stralloc *mailboxes, stralloc *unknown)
{
  char const *pos = q->envelope.rcpts, *rcpt;

  while ((rcpt = envelope_rcpt(&pos))) {
    switch (aliases_expand(&q->aliases, rcpt, strlen(rcpt), mailbox_exists,
                           &q->mailboxes, mailboxes, unknown)) {
    case ALIASES_OK: break;
    case ALIASES_ERROR: strerr_diefu2sys(EXIT_CONFIG, "look up ", rcpt);
    case ALIASES_LOOP:
      strerr_dief3x(EXIT_CONFIG, q->aliases_path, ": loop at ", rcpt);
    case ALIASES_TOO_MANY:
      strerr_dief3x(EXIT_CONFIG, q->aliases_path, ": too much for ", rcpt);
    }
  }
}

static void add(struct queue *q, char const *address, char const *maildir)
{
  if (message_was_delivered_to(&q->message, address))
    refuse(q, "this message is looping, it was delivered before to", address,
           "5.4.6");
  if (!maildir_check(maildir) &&
      !(errno == ENOENT && q->make && maildir_make(maildir)))
    strerr_diefu2sys(EXIT_HOME, "use Maildir ", maildir);
  q->deliveries[q->count].address = address;
  q->deliveries[q->count++].maildir = maildir;
}

static void add_mailbox(struct queue *q, char const *name)
{
  stralloc sa = STRALLOC_ZERO; /* lives as long as the delivery */
  struct user u;
  int r = users_find(&q->mailboxes, name, strlen(name), &sa, &u);

  if (r < 0) strerr_diefu2sys(EXIT_CONFIG, "look up ", name);
  if (!r) strerr_dief2x(EXIT_CONFIG, "mailbox is gone: ", name);
  if (!*u.maildir) strerr_dief2x(EXIT_HOME, "no home for mailbox ", name);
  add(q, name, u.maildir);
}

static size_t count_strings(stralloc const *sa)
{
  size_t n = 0;

  for (size_t i = 0; i < sa->len; i++)
    n += !sa->s[i];
  return n;
}

static void plan(struct queue *q)
{
  stralloc mailboxes = STRALLOC_ZERO, unknown = STRALLOC_ZERO;
  size_t i;

  resolve(q, &mailboxes, &unknown);
  if (unknown.len && !q->catchall)
    refuse(q, "no mailbox here by that name", unknown.s, "5.1.1");
  q->deliveries = calloc(count_strings(&mailboxes) + count_strings(&unknown),
                         sizeof *q->deliveries);
  if (!q->deliveries) strerr_diefu1sys(EXIT_MEMORY, "deliver");
  for (i = 0; i < mailboxes.len; i += strlen(mailboxes.s + i) + 1)
    add_mailbox(q, mailboxes.s + i);
  for (i = 0; i < unknown.len; i += strlen(unknown.s + i) + 1)
    add(q, unknown.s + i, q->catchall);
}

static void run(struct queue *q)
{
  size_t failed = 0;
  enum deliver_result r = deliver(q->deliveries, q->count, &q->message,
                                  q->envelope.sender, &failed);
  char const *maildir = q->deliveries[failed].maildir;

  /* on a full disk the directory cannot grow either */
  if (r && (errno == ENOSPC || errno == EDQUOT)) r = DELIVER_WRITE;
  switch (r) {
  case DELIVER_OK: return;
  case DELIVER_MEMORY: strerr_diefu1sys(EXIT_MEMORY, "deliver");
  case DELIVER_CREATE:
    strerr_diefu2sys(EXIT_CREATE, "create a file in ", maildir);
  case DELIVER_WRITE: strerr_diefu2sys(EXIT_WRITE, "write a file in ", maildir);
  case DELIVER_PUBLISH:
    strerr_diefu2sys(EXIT_PUBLISH, "publish a file in ", maildir);
  }
}

static void log_deliveries(struct queue const *q)
{
  uint64_t bytes = q->message.hlen + q->message.tlen;

  for (size_t i = 0; i < q->count; i++) {
    struct log l;

    log_start(&l, PROG, "delivered", q->session);
    log_string(&l, "from", q->envelope.sender);
    log_string(&l, "to", q->deliveries[i].address);
    log_number(&l, "bytes", bytes);
    log_string(&l, "file", q->deliveries[i].name);
    log_end(&l);
  }
}

int main(int argc, char const *const *argv)
{
  struct queue q = {.tmpdir = "/tmp",
                    .timeout = 86400,
                    .aliases = ALIASES_ZERO,
                    .mailboxes = CDBMAP_ZERO};

  PROG = "postern-queue-maildir";
  parse_options(&q, argc, argv);
  session_get(q.session);
  umask(077);
  sig_ignore(SIGPIPE);
  sig_ignore(SIGXFSZ); /* a limit on files becomes an error of write */
  sig_catch(SIGALRM, timed_out);

  alarm(q.timeout);
  read_message(&q);
  read_envelope(&q);
  alarm(0);
  open_files(&q);
  plan(&q);
  run(&q);
  log_deliveries(&q);
  return 0;
}
