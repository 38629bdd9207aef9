/*
 * postern-smtpd: receive mail by SMTP.
 *
 * reads   descriptor 0 (the client), control files, RELAYCLIENT, RELAYREASON,
 *         TCPREMOTEIP and the other variables of postern-smtpd(8); with -a the
 *         auth server, with STARTTLS the descriptors of UCSPI-TLS
 * writes  descriptor 1 (the client), messages to the queue program, which it
 *         starts, one log line an event to descriptor 2
 * exits   0 the session ended, 1 ended by us for what the client did, 99 it
 *         took too long, 100 wrong usage or configuration, 111 no memory, or
 *         mailboxes.cdb not readable for who authenticated
 */
#include <signal.h>
#include <string.h>

#include <skalibs/djbunix.h>
#include <skalibs/sgetopt.h>
#include <skalibs/sig.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>

#include "conn.h"
#include "settings.h"
#include "smtp.h"
#include "text.h"

#define USAGE                                                                  \
  "postern-smtpd [ -C control ] [ -U mailboxes.cdb ] [ -N names "              \
  "[ -n recorder ] ] [ -q queue ] [ -m mechanisms ] [ -a socket | "            \
  "[ -O response|challenge ] [ -p ] [ -d ] "                                   \
  "[ [ hostname ] checker subprogram... ] ]"
#define dieusage() strerr_dieusage(100, USAGE)

#define WORDS 32

/* In a mechanism's name: RFC 4422. */
#define NAME_BYTES                                                             \
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static char const default_queue[] = "/var/qmail/bin/qmail-queue";

/* The auth server's may be any; it says which there are. */
static void name_mechanisms(struct settings *s, char const *names)
{
  char const *bad;

  if (s->auth_socket) {
    bad = names + strspn(names, NAME_BYTES " ");
    if (*bad) strerr_dief2x(100, "not a list of mechanisms: ", names);
    s->named = names;
  } else if (!sasl_list(names, &s->mechanisms, &bad))
    strerr_dief2x(100, "unknown mechanism: ", bad);
}

/* The words of option -what, between blanks; no quotes. */
static void split(char what, char const *line, stralloc *text,
                  char const *argv[WORDS + 1])
{
  char const option[] = {'-', what, 0};

  size_t n = 0;
  char *s;

  if (!stralloc_copys(text, line) || !stralloc_0(text))
    strerr_diefu1sys(111, "allocate memory");
  for (s = text->s + strspn(text->s, " "); *s;) {
    size_t len = strcspn(s, " ");
    int last = !s[len];

    if (n == WORDS) strerr_dief2x(100, "too many words in ", option);
    argv[n++] = s;
    s[len] = 0;
    s += len;
    if (!last) s += 1 + strspn(s + 1, " ");
  }
  argv[n] = 0;
  if (!n) strerr_dief2x(100, "no program in ", option);
}

/* Nobody is served by somebody who does not know what he may do. */
static _Noreturn void refuse(struct settings const *s)
{
  static char const reply[] = "421 4.3.0 unable to read controls\r\n";
  struct conn conn;

  conn_init(&conn, 0, 1, 10, CONN_IN);
  conn_puts(&conn, reply);
  conn_flush(&conn);
  strerr_dief1x(100, s->control.why.len ? s->control.why.s : "out of memory");
}

int main(int argc, char const *const *argv)
{
  struct settings s = {.control = {.dir = "control"},
                       .mechanisms =
                           SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_LOGIN)};
  char const *queue_argv[WORDS + 1] = {default_queue, 0};
  char const *recorder[WORDS + 1] = {0};
  stralloc queue_text = STRALLOC_ZERO, recorder_text = STRALLOC_ZERO;
  subgetopt l = SUBGETOPT_ZERO;
  char const *names = 0;
  int dabrowski = 0, code;
  struct conn conn;

  PROG = SMTP_PROGRAM;
  for (;;) {
    int opt = subgetopt_r(argc, argv, "C:U:N:n:q:m:a:O:pd", &l);

    if (opt == -1) break;
    switch (opt) {
    case 'C': s.control.dir = l.arg; break;
    case 'U': s.mailboxes = l.arg; break;
    case 'N': s.names = l.arg; break;
    case 'n': split('n', l.arg, &recorder_text, recorder); break;
    case 'q': split('q', l.arg, &queue_text, queue_argv); break;
    case 'm': names = l.arg; break;
    case 'a': s.auth_socket = l.arg; break;
    case 'O':
      if (!checker_order_scan(l.arg, &s.order)) dieusage();
      break;
    case 'p': s.prove = 1; break;
    case 'd': dabrowski = 1; break;
    default: dieusage();
    }
  }
  argc -= l.ind;
  argv += l.ind;
  if (s.auth_socket && (argc || dabrowski || s.prove)) dieusage();
  if (dabrowski && argc == 1) dieusage();
  if (dabrowski && argc) s.auth_host = *argv++;
  if (*argv) s.checker = argv;
  if (names) name_mechanisms(&s, names);
  s.queue = queue_argv;
  if (*recorder && !s.names) dieusage();
  if (!*recorder) {
    recorder[0] = "postern-name-record";
    recorder[1] = s.names;
  }
  s.recorder = recorder;

  if (sig_ignore(SIGPIPE) < 0) strerr_diefu1sys(111, "ignore SIGPIPE");
  signal(SIGCHLD, SIG_DFL);
  if (!settings_load(&s)) refuse(&s);
  conn_init(&conn, 0, 1, s.timeout, CONN_IN);
  code = smtp_run(&s, &conn);
  conn_release(&conn);
  settings_free(&s);
  stralloc_free(&queue_text);
  stralloc_free(&recorder_text);
  return code;
}
