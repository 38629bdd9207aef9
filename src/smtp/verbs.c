#include <string.h>

#include <skalibs/types.h>

#include "data.h"
#include "limits.h"
#include "login.h"
#include "naming.h"
#include "recipient.h"
#include "smtptls.h"
#include "text.h"
#include "verbs.h"

typedef void verb_do(struct smtp *, char *arg, size_t len);

/* ---- HELO, EHLO ---- */

static int keep_helo(struct smtp *s, char const *arg, size_t len)
{
  int good = len && len <= LIMIT_HELO && mailbox_is_utf8(arg, len) &&
             !memchr(arg, ' ', len);

  smtp_reset(s);
  if (!good) {
    smtp_reply(s, "501 5.5.4 a host name, please");
    return 0;
  }
  if (!stralloc_copyb(&s->helo, arg, len) || !stralloc_0(&s->helo)) {
    smtp_reply(s, "451 4.3.0 out of memory");
    return 0;
  }
  return 1;
}

static void do_helo(struct smtp *s, char *arg, size_t len)
{
  if (!keep_helo(s, arg, len)) return;
  s->esmtp = 0;
  smtp_reply2(s, "250 ", s->set->greeting.s);
}

static void do_ehlo(struct smtp *s, char *arg, size_t len)
{
  char size[UINT64_FMT];

  if (!keep_helo(s, arg, len)) return;
  s->esmtp = 1;
  size[uint64_fmt(size, s->set->databytes)] = 0;
  smtp_reply2(s, "250-", s->set->greeting.s);
  smtp_reply(s, "250-PIPELINING");
  smtp_reply2(s, "250-SIZE ", size);
  if (s->ucspitls.offered) smtp_reply(s, "250-STARTTLS");
  login_offer(s);
  smtp_reply(s, "250-8BITMIME");
  smtp_reply(s, "250-SMTPUTF8");
  smtp_reply(s, "250-ENHANCEDSTATUSCODES");
  smtp_reply(s, "250-CHUNKING");
  smtp_reply(s, "250 HELP");
}

/* ---- MAIL ---- */

static int is(struct mailbox_param const *p, char const *name)
{
  return text_equal(p->name, p->nlen, name, strlen(name));
}

static int value_is(struct mailbox_param const *p, char const *value)
{
  return p->value && text_equal(p->value, p->vlen, value, strlen(value));
}

/* 1*20DIGIT (RFC 1870); what does not fit 64 bits is the largest. */
static int scan_size(struct mailbox_param const *p, uint64_t *size)
{
  char s[21];

  if (!p->vlen || p->vlen > 20) return 0;
  for (size_t i = 0; i < p->vlen; i++) {
    if (p->value[i] < '0' || p->value[i] > '9') return 0;
    s[i] = p->value[i];
  }
  s[p->vlen] = 0;
  if (!uint640_scan(s, size)) *size = UINT64_MAX;
  return 1;
}

/* RFC 3461 section 4; what it means is not believed. */
static int is_xtext(char const *s, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (s[i] < '!' || s[i] > '~' || s[i] == '=') return 0;
    if (s[i] != '+') continue;
    for (int k = 0; k < 2; k++)
      if (++i >= n || !s[i] || !strchr("0123456789ABCDEF", s[i])) return 0;
  }
  return n > 0;
}

enum { GOT_SIZE = 1, GOT_BODY = 2, GOT_UTF8 = 4, GOT_AUTH = 8 };

/* The fault of one parameter, or 0. */
static char const *mail_param(struct smtp *s, struct mailbox_param const *p,
                              unsigned int *got)
{
  unsigned int which = is(p, "SIZE")                                ? GOT_SIZE
                       : is(p, "BODY")                              ? GOT_BODY
                       : is(p, "SMTPUTF8")                          ? GOT_UTF8
                       : is(p, "AUTH") && settings_has_auth(s->set) ? GOT_AUTH
                                                                    : 0;
  uint64_t size;

  if (!which) return "555 5.5.4 unknown parameter";
  if (*got & which) return "501 5.5.4 the same parameter twice";
  *got |= which;
  switch (which) {
  case GOT_SIZE:
    if (!scan_size(p, &size)) return "501 5.5.4 SIZE is a number";
    if (s->set->databytes && size > s->set->databytes)
      return "552 5.3.4 sorry, that message size exceeds my databytes limit";
    return 0;
  case GOT_BODY:
    return value_is(p, "7BIT") || value_is(p, "8BITMIME")
               ? 0
               : "501 5.5.4 BODY is 7BIT or 8BITMIME";
  case GOT_UTF8: return p->value ? "501 5.5.4 SMTPUTF8 has no value" : 0;
  default:
    return p->value && is_xtext(p->value, p->vlen)
               ? 0
               : "501 5.5.4 AUTH is xtext or <>";
  }
}

static char const *mail_params(struct smtp *s, char const *arg, size_t len,
                               unsigned int *got)
{
  struct mailbox_param p;
  size_t pos = 0;
  int r;

  while ((r = mailbox_param(arg, len, &pos, &p)) > 0) {
    char const *fault = mail_param(s, &p, got);
    if (fault) return fault;
  }
  return r < 0 ? "501 5.5.4 syntax error in the parameters" : 0;
}

static char const *mail_fault(struct smtp *s, char const *arg, size_t len)
{
  struct mailbox *m = &s->tr.sender;
  unsigned int got = 0;
  size_t used;
  char const *fault = gate_sender(m, arg, len, &used);

  if (!fault) fault = mail_params(s, arg + used, len - used, &got);
  if (fault) return fault;
  s->tr.utf8 = !!(got & GOT_UTF8);
  return gate_utf8(m, s->tr.utf8);
}

static int start_envelope(struct smtp *s)
{
  stralloc *e = &s->tr.envelope;

  return stralloc_copyb(e, "F", 1) &&
         stralloc_catb(e, s->tr.sender.s, s->tr.sender.len + 1);
}

static void do_mail(struct smtp *s, char *arg, size_t len)
{
  char const *fault;

  if (s->tr.open) {
    smtp_reply(s, "503 5.5.1 MAIL was given; RSET, or end that one first");
    return;
  }
  if (s->by_starttls && !s->helo.len) {
    smtp_reply(s, "503 5.5.1 EHLO first");
    return;
  }
  if (gate_wants_auth(s->set, s->user.len ? s->user.s : 0)) {
    smtp_reply(s, GATE_NEEDS_AUTH);
    smtp_log_refused(s, "MAIL", "530 authentication required");
    return;
  }
  fault = mail_fault(s, arg, len);
  if (!fault && !start_envelope(s)) fault = "451 4.3.0 out of memory";
  if (fault) {
    smtp_reply(s, fault);
    smtp_log_refused(s, "MAIL", fault);
    smtp_reset(s);
    return;
  }
  s->tr.open = 1;
  s->tr.bad_sender = !!gate_bad_sender(s->set, &s->tr.sender);
  naming_ask(s);
  login_idle(s);
  smtp_reply(s, "250 2.1.0 ok");
}

static void do_rcpt(struct smtp *s, char *arg, size_t len)
{
  if (!s->tr.open)
    smtp_reply(s, "503 5.5.1 MAIL first");
  else if (s->msg.open)
    smtp_reply(s, "503 5.5.1 the message has begun");
  else {
    size_t before = s->tr.rcpts;

    recipient_add(s, arg, len);
    if (s->tr.rcpts > before) s->commands--;
  }
}

/* ---- the others ---- */

static void do_rset(struct smtp *s, char *arg, size_t len)
{
  (void)arg;
  (void)len;
  smtp_reset(s);
  smtp_reply(s, "250 2.0.0 flushed");
}

static void do_noop(struct smtp *s, char *arg, size_t len)
{
  (void)arg;
  (void)len;
  smtp_reply(s, "250 2.0.0 ok");
}

static void do_vrfy(struct smtp *s, char *arg, size_t len)
{
  (void)arg;
  (void)len;
  smtp_reply(s, "252 2.5.0 send some mail, i'll try my best");
}

static void do_help(struct smtp *s, char *arg, size_t len)
{
  (void)arg;
  (void)len;
  smtp_reply(s, "214 2.0.0 this is postern: RFC 5321 says it all");
}

static void do_quit(struct smtp *s, char *arg, size_t len)
{
  (void)arg;
  (void)len;
  smtp_reply2(s, "221 2.0.0 ", s->set->greeting.s);
  smtp_end(s, "quit", 0);
}

static void do_later(struct smtp *s, char *arg, size_t len)
{
  (void)arg;
  (void)len;
  smtp_reply(s, "502 5.5.1 unimplemented");
}

enum arg {
  ANY,  /* whatever follows is the verb's */
  NONE, /* nothing may follow */
  FROM, /* FROM: and the rest */
  TO,
};

static struct verb {
  char const *name;
  enum arg arg;
  int in_clear; /* even where TLS is required and not there yet */
  verb_do *run;
} const verbs[] = {
    {"HELO", ANY, 1, do_helo},         {"EHLO", ANY, 1, do_ehlo},
    {"MAIL", FROM, 0, do_mail},        {"RCPT", TO, 0, do_rcpt},
    {"DATA", NONE, 0, data_do},        {"BDAT", ANY, 1, data_chunk},
    {"RSET", NONE, 1, do_rset},        {"NOOP", ANY, 1, do_noop},
    {"VRFY", ANY, 0, do_vrfy},         {"HELP", ANY, 1, do_help},
    {"QUIT", NONE, 1, do_quit},        {"AUTH", ANY, 0, login_do},
    {"STARTTLS", NONE, 1, smtptls_do}, {"EXPN", ANY, 0, do_later},
    {"ETRN", ANY, 0, do_later},        {"TURN", ANY, 0, do_later},
    {"SEND", ANY, 0, do_later},        {"SOML", ANY, 0, do_later},
    {"SAML", ANY, 0, do_later},
};

static struct verb const *find(char const *name, size_t len)
{
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (text_equal(name, len, verbs[i].name, strlen(verbs[i].name)))
      return verbs + i;
  return 0;
}

/* FROM: or TO:, and blanks after it, which many clients send. */
static int skip_keyword(char **arg, size_t *len, char const *keyword)
{
  size_t n = strlen(keyword);

  if (*len < n || !text_equal(*arg, n, keyword, n)) return 0;
  *arg += n;
  *len -= n;
  while (*len && **arg == ' ') {
    (*arg)++;
    (*len)--;
  }
  return 1;
}

static void refuse_in_clear(struct smtp *s, struct verb const *v)
{
  smtp_reply(s, SMTPTLS_MISSING);
  if (v->run == do_mail) smtp_log_refused(s, "MAIL", SMTPTLS_MISSING);
}

/* Does it send, by the right of who authenticated? */
static int sends(struct verb const *v)
{
  return v->run == do_mail || v->run == do_rcpt || v->run == data_do ||
         v->run == data_chunk;
}

static void run(struct smtp *s, struct verb const *v, char *arg, size_t len)
{
  if (!v->in_clear && smtptls_missing(s))
    refuse_in_clear(s, v);
  else if (sends(v) && !login_stands(s))
    return;
  else if (v->arg == NONE && len)
    smtp_reply(s, "501 5.5.4 no argument here");
  else if (v->arg == FROM && !skip_keyword(&arg, &len, "FROM:"))
    smtp_reply(s, "501 5.5.4 MAIL FROM:<address>");
  else if (v->arg == TO && !skip_keyword(&arg, &len, "TO:"))
    smtp_reply(s, "501 5.5.4 RCPT TO:<address>");
  else
    v->run(s, arg, len);
}

void verbs_do(struct smtp *s, char *line, size_t len)
{
  char *blank = memchr(line, ' ', len);
  size_t n = blank ? (size_t)(blank - line) : len;
  struct verb const *v = find(line, n);

  if (len + 2 > LIMIT_LINE && !(v && v->run == login_do)) {
    smtp_reply(s, "500 5.5.2 line too long");
    return;
  }
  if (memchr(line, 0, len)) {
    smtp_reply(s, "500 5.5.2 NUL in a command");
    return;
  }
  if (!v) {
    smtp_reply(s, "500 5.5.2 unrecognised");
    return;
  }
  while (n < len && line[n] == ' ')
    n++;
  while (len > n && (line[len - 1] == ' ' || line[len - 1] == '\t'))
    len--;
  run(s, v, line + n, len - n);
}
