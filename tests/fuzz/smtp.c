/*
 * Fuzz a whole session: the input is what the client sends.
 *
 * The queue program is not there; what would be handed to it is looked at: a
 * client without rights sends to nobody but local domains, there is no more
 * than one message for each end of data or last chunk, and what is queued holds
 * neither CR nor NUL.
 *
 * TLS is not there either: what follows STARTTLS is what the client says
 * inside. The session must come to it with an empty buffer and, where TLS is
 * required, with nothing done.  The auth server is one that lets everybody in;
 * it must be asked for nothing that this wire may not carry, and for base64
 * only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "base64.h"
#include "queue.h"
#include "smtp.h"
#include "text.h"

static struct conn conn;
static struct settings *settings;
static int tls;   /* it began */
static int known; /* somebody logged in since */
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
  check(tls || !settings->ucspitls.required);
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
    check(known || ends_with(s, "@local.example") ||
          ends_with(s, "@mx.example"));
    if (known) {
      rcpts++;
      continue;
    }
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

int ucspitls_get(struct ucspitls *u, char const **why)
{
  (void)why;
  *u = (struct ucspitls){0};
  return 1;
}

void ucspitls_close(struct ucspitls *u) { u->offered = 0; }

void ucspitls_end(struct ucspitls *u) { ucspitls_close(u); }

int ucspitls_start(struct ucspitls *u, unsigned int seconds, stralloc *facts,
                   char const **why)
{
  static char const answer[] =
      "SSL_PROTOCOL=TLSv1.3\0SSL_CIPHER=X\0POSTERN_TLS_EXPORTER="
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0";

  check(u->offered && !tls && conn.start == conn.end && !conn.out_len);
  check(seconds > 0 && seconds <= 60);
  u->offered = 0;
  *why = "no handshake";
  tls = 1;
  known = 0;
  return stralloc_copyb(facts, answer, sizeof answer);
}

static char const *const mechanisms[] = {"PLAIN", "LOGIN", "SCRAM-SHA-256",
                                         "SCRAM-SHA-256-PLUS", "EXTERNAL"};

int authclient_open(struct authclient *a)
{
  a->open = 1;
  a->n = sizeof mechanisms / sizeof *mechanisms;
  for (size_t i = 0; i < a->n; i++) {
    strcpy(a->mech[i].name, mechanisms[i]);
    a->mech[i].plaintext = i < 2;
  }
  return 1;
}

void authclient_close(struct authclient *a) { a->open = 0; }
void authclient_cancel(struct authclient *a) { check(a->open); }

void authclient_free(struct authclient *a)
{
  a->open = 0;
  stralloc_free(&a->user);
}

static void is_base64(char const *s, size_t n)
{
  char decoded[12288];
  size_t len;

  check(n <= sizeof decoded && base64_decode(decoded, &len, s, n));
}

static enum authclient_result enter(struct authclient *a)
{
  known = 1;
  return stralloc_copys(&a->user, "joe") ? AUTHCLIENT_OK : AUTHCLIENT_TEMP;
}

enum authclient_result authclient_start(struct authclient *a,
                                        struct authclient_request const *r,
                                        stralloc *out)
{
  char const *m = r->mechanism;

  authclient_open(a);
  check(tls || !settings->ucspitls.required);
  check(strcmp(m, "EXTERNAL") && !r->cert_user);
  check(!r->secured == !tls && !r->exporter == !tls);
  if (!r->secured) check(!strcmp(m, "SCRAM-SHA-256"));
  if (!r->initial) {
    out->len = 0;
    return AUTHCLIENT_CONT;
  }
  is_base64(r->initial, r->initial_len);
  return r->initial_len ? enter(a) : AUTHCLIENT_TEMP; /* no delay */
}

enum authclient_result authclient_continue(struct authclient *a,
                                           char const *line, size_t len,
                                           stralloc *out)
{
  is_base64(line, len);
  if (len < 4) return AUTHCLIENT_TEMP;
  if (line[0] != '/') return enter(a);
  return stralloc_copys(out, "AAAA") ? AUTHCLIENT_CONT : AUTHCLIENT_TEMP;
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
  size_t chunk = CONN_IN;

  check(in >= 0 && write(in, data, size) == (ssize_t)size);
  lseek(in, 0, SEEK_SET);
  lists(&s);
  if (size && data[0] & 1) s.barelf = EOD_NORMALIZE;
  if (size && data[0] & 4) s.auth_socket = "s";
  if (size && data[0] & 8) s.ucspitls.offered = 1;
  if (size && data[0] & 16) s.ucspitls.required = 1;
  settings = &s;
  queued = 0;
  tls = known = 0;
  if (size && data[0] & 2) chunk = 7;
  if (size && data[0] & 32) chunk = 1; /* nothing is behind a line */
  signal(SIGPIPE, SIG_IGN);
  dup2(out, 2); /* the log */
  conn_init(&conn, in, out, s.timeout, chunk);
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
