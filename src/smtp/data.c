#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/env.h>
#include <skalibs/posixplz.h>
#include <skalibs/types.h>

#include "data.h"
#include "limits.h"
#include "login.h"
#include "smtptls.h"
#include "text.h"

/* ---- the queue program ---- */

/* RELAYREASON: for this message, whoever the next ones are for. */
static int add_reason(struct smtp const *s, stralloc *modifs)
{
  return stralloc_cats(modifs, "RELAYREASON=") &&
         stralloc_cats(modifs, relay_prefix(s->tr.relay, s->tr.relay_name)) &&
         stralloc_cats(modifs, s->tr.relay_name) && stralloc_0(modifs);
}

/* The environment of the queue program; to be freed, with *modifs. */
static char const **make_env(struct smtp const *s, stralloc *modifs)
{
  if (!login_env(s, modifs) || !smtptls_env(s, modifs) ||
      !add_reason(s, modifs) ||
      !env_addmodif(modifs, "POSTERN_SESSION", s->session))
    return 0;
  return smtp_environ(modifs);
}

static int put_received(struct smtp *s)
{
  struct received r = {
      .helo = s->helo.len ? s->helo.s : 0,
      .host = s->set->remote_host,
      .ip = s->set->remote_ip,
      .info = s->set->remote_info,
      .by = s->set->by,
      .protocol = s->tls.protocol,
      .cipher = s->tls.cipher,
      .tls = s->tls.active,
      .id = s->session,
      .rcpt = s->tr.rcpts == 1 ? s->tr.rcpt.s : 0,
      .esmtp = s->esmtp,
      .authenticated = !!s->user.len,
      .utf8 = s->tr.utf8,
      .now = time(0),
  };
  stralloc reason = STRALLOC_ZERO, text = STRALLOC_ZERO;
  int good =
      stralloc_cats(&reason, relay_prefix(s->tr.relay, s->tr.relay_name)) &&
      stralloc_cats(&reason, s->tr.relay_name) && stralloc_0(&reason);

  r.relay = reason.s;
  good = good && received_add(&r, &text);
  if (good) queue_put(&s->msg.queue, text.s, text.len);
  stralloc_free(&reason);
  stralloc_free(&text);
  return good;
}

static int start_queue(struct smtp *s)
{
  stralloc modifs = STRALLOC_ZERO;
  char const **envp = make_env(s, &modifs);
  int good;

  if (!envp) errno = ENOMEM;
  good = envp && queue_open(&s->msg.queue, s->set->queue, envp, LIMIT_QUEUE);
  if (!good) smtp_warn(s, s->set->queue[0], strerror(errno));
  free(envp);
  stralloc_free(&modifs);
  return good;
}

/* 1, or 0 after a reply to send.  The transaction is over then. */
static int begin(struct smtp *s, int chunked, char const **reply)
{
  struct message *m = &s->msg;

  *m = (struct message){.chunked = chunked, .hops = HOPS_ZERO};
  if (!start_queue(s)) {
    *reply = "451 4.3.0 unable to exec qq";
    return 0;
  }
  m->open = 1;
  msgid_start(&m->msgid);
  tain_now(&m->started);
  if (chunked)
    eod_start_chunks(&m->eod, s->set->barelf);
  else
    eod_start(&m->eod, s->set->barelf);
  *reply = "451 4.3.0 out of memory";
  return put_received(s);
}

/* ---- what arrives ---- */

static void judge(struct smtp *s)
{
  struct message *m = &s->msg;
  uint64_t most = s->set->databytes;

  if (m->eod.faults)
    m->fault = m->eod.faults & EOD_NUL ? DATA_NUL : DATA_BARE;
  else if (m->hops.count > RECEIVED_HOPS_MAX)
    m->fault = DATA_LOOP;
  else if (most && m->eod.size > most)
    m->fault = DATA_TOO_BIG;
}

/* Take up to most bytes of what conn has read. */
static void take(struct smtp *s, uint64_t most)
{
  struct message *m = &s->msg;
  struct conn *c = s->conn;
  size_t n = c->end - c->start, used, len;
  char *buf = c->in + c->start;

  if (n > most) n = (size_t)most;
  len = eod_feed(&m->eod, buf, n, &used);
  c->start += used;
  m->wire += used;
  s->bytes += used;
  if (m->fault) return;
  hops_feed(&m->hops, buf, len);
  msgid_feed(&m->msgid, buf, len);
  judge(s);
  if (m->fault)
    queue_cancel(&m->queue);
  else
    queue_put(&m->queue, buf, len);
}

/* A slow client may take longer for a longer message, and no longer. */
static enum conn_result fill(struct smtp *s)
{
  struct message const *m = &s->msg;
  struct conn *c = s->conn;
  tain kept = c->until, mine;
  uint64_t seconds = c->timeout + m->wire / LIMIT_BYTES_A_SECOND;
  enum conn_result r;

  if (seconds > LIMIT_SESSION) seconds = LIMIT_SESSION;
  tain_addsec(&mine, &m->started, (int)seconds);
  if (tain_less(&mine, &c->until)) c->until = mine;
  if (m->fault) conn_until(c, LIMIT_REFUSED);
  r = conn_fill(c);
  c->until = kept;
  return r;
}

static enum conn_result receive(struct smtp *s, uint64_t most)
{
  struct message *m = &s->msg;
  uint64_t end = m->wire + most;

  if (end < most) end = UINT64_MAX;
  while (!m->eod.ended && m->wire < end) {
    enum conn_result r = CONN_OK;

    if (s->conn->start == s->conn->end) r = fill(s);
    if (r) return r;
    take(s, end - m->wire);
  }
  return CONN_OK;
}

/* ---- the end ---- */

static char const *const fault_reply[] = {
    [DATA_GOOD] = 0,
    [DATA_TOO_BIG] =
        "552 5.3.4 sorry, that message size exceeds my databytes limit",
    [DATA_LOOP] = "554 5.4.6 too many hops, this message is looping",
    [DATA_BARE] = "550 5.6.11 lines must end with CR LF, nothing else",
    [DATA_NUL] = "550 5.6.0 NUL in the message",
};

static uint64_t milliseconds_since(tain const *start)
{
  tain now, took;

  tain_now(&now);
  tain_sub(&took, &now, start);
  return took.sec.x * 1000 + took.nano / 1000000;
}

static void log_queued(struct smtp *s, pid_t qp)
{
  size_t n;
  char const *id = msgid_get(&s->msg.msgid, &n);
  struct log l;

  smtp_log(s, &l, "queued");
  log_bytes(&l, "from", s->tr.sender.s, s->tr.sender.len);
  log_number(&l, "rcpts", s->tr.rcpts);
  log_number(&l, "size", s->msg.eod.size);
  log_number(&l, "qp", (uint64_t)qp);
  smtp_log_relay(&l, s->tr.relay, s->tr.relay_name);
  log_number(&l, "ms", milliseconds_since(&s->msg.started));
  if (id) log_bytes(&l, "msgid", id, n);
  log_end(&l);
}

static void accept_message(struct smtp *s, pid_t qp)
{
  char time_fmt[UINT64_FMT], qp_fmt[UINT64_FMT];

  time_fmt[uint64_fmt(time_fmt, (uint64_t)time(0))] = 0;
  qp_fmt[uint64_fmt(qp_fmt, (uint64_t)qp)] = 0;
  conn_puts(s->conn, "250 2.0.0 ok ");
  conn_puts(s->conn, time_fmt);
  smtp_reply2(s, " qp ", qp_fmt);
  log_queued(s, qp);
  s->messages++;
  s->commands = 0;
}

static void refuse(struct smtp *s, char const *reply)
{
  smtp_reply(s, reply);
  smtp_log_refused(s, s->msg.chunked ? "BDAT" : "DATA", reply);
}

static void hand_over(struct smtp *s)
{
  struct message *m = &s->msg;
  stralloc *e = &s->tr.envelope;
  pid_t qp = m->queue.pid;
  char reply[QUEUE_REPLY_MAX];
  int code;

  if (!stralloc_0(e)) {
    refuse(s, "451 4.3.0 out of memory");
    return;
  }
  m->open = 0;
  if (queue_close(&m->queue, e->s, e->len, reply, &code))
    accept_message(s, qp);
  else
    refuse(s, reply);
}

static void finish(struct smtp *s)
{
  if (s->msg.fault)
    refuse(s, fault_reply[s->msg.fault]);
  else
    hand_over(s);
  smtp_reset(s);
}

/* Nothing is queued of a message that did not arrive as a whole. */
static void broken_off(struct smtp *s, enum conn_result r)
{
  if (r == CONN_TIMEOUT && s->msg.fault) {
    refuse(s, fault_reply[s->msg.fault]);
    smtp_end(s, "timeout", 99);
  }
  smtp_reset(s);
  if (!s->end) smtp_fault(s, r);
}

void data_do(struct smtp *s, char *arg, size_t len)
{
  char const *reply;
  enum conn_result r;

  (void)arg;
  (void)len;
  reply = !s->tr.open    ? "503 5.5.1 MAIL first"
          : s->msg.open  ? "503 5.5.1 no DATA after BDAT"
          : !s->tr.rcpts ? "503 5.5.1 RCPT first"
                         : 0;
  if (reply) {
    smtp_reply(s, reply);
    return;
  }
  if (!begin(s, 0, &reply)) {
    refuse(s, reply);
    smtp_reset(s);
    return;
  }
  smtp_reply(s, "354 go ahead");
  r = receive(s, UINT64_MAX);
  if (r)
    broken_off(s, r);
  else
    finish(s);
}

/* ---- BDAT ---- */

/* SIZE [LAST] */
static int scan_chunk(char const *arg, size_t len, uint64_t *size, int *last)
{
  char s[21];
  size_t n = 0;

  while (n < len && arg[n] >= '0' && arg[n] <= '9' && n < sizeof s - 1) {
    s[n] = arg[n];
    n++;
  }
  s[n] = 0;
  if (!n || !uint640_scan(s, size)) return 0;
  *last = 0;
  if (n == len) return 1;
  if (arg[n] != ' ') return 0;
  while (n < len && arg[n] == ' ')
    n++;
  *last = 1;
  return text_equal(arg + n, len - n, "LAST", 4);
}

/* The octets of a refused chunk are read, or they would become commands. */
static enum conn_result discard(struct smtp *s, uint64_t n)
{
  struct conn *c = s->conn;
  tain kept = c->until;
  enum conn_result r = CONN_OK;

  conn_until(c, c->timeout);
  while (n && !r) {
    size_t have = c->end - c->start;

    if (have > n) have = (size_t)n;
    c->start += have;
    n -= have;
    if (n) r = conn_fill(c);
  }
  c->until = kept;
  return r;
}

static void refuse_chunk(struct smtp *s, uint64_t size, char const *reply)
{
  enum conn_result r = discard(s, size);

  if (r)
    smtp_fault(s, r);
  else
    refuse(s, reply);
}

static void take_chunk(struct smtp *s, uint64_t size, int last)
{
  struct message *m = &s->msg;
  enum conn_result r = receive(s, size);
  char fmt[UINT64_FMT];

  if (r) {
    broken_off(s, r);
    return;
  }
  if (last) {
    eod_finish_chunks(&m->eod);
    if (m->eod.faults && !m->fault) {
      judge(s);
      queue_cancel(&m->queue);
    }
  }
  if (last || m->fault) {
    finish(s);
    return;
  }
  fmt[uint64_fmt(fmt, size)] = 0;
  conn_puts(s->conn, "250 2.0.0 ");
  smtp_reply2(s, fmt, " octets received");
}

void data_chunk(struct smtp *s, char *arg, size_t len)
{
  char const *reply = 0;
  uint64_t size;
  int last;

  if (!scan_chunk(arg, len, &size, &last)) {
    /* how much follows is not known */
    smtp_reply(s, "501 5.5.4 BDAT SIZE [LAST]");
    smtp_end(s, "bdat", 1);
    return;
  }
  if (!s->tr.open) reply = "503 5.5.1 MAIL first";
  /* here and not where other verbs are refused: its octets must be read */
  if (smtptls_missing(s)) reply = SMTPTLS_MISSING;
  if (!reply && !s->tr.rcpts) reply = "503 5.5.1 RCPT first";
  if (reply) {
    refuse_chunk(s, size, reply);
    return;
  }
  if (!s->msg.open && !begin(s, 1, &reply)) {
    refuse_chunk(s, size, reply);
    smtp_reset(s);
    return;
  }
  take_chunk(s, size, last);
}
