/* Unit test of src/smtp/smtptls.c: what STARTTLS changes.  The other side of
   UCSPI-TLS is this test; no byte is encrypted. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "dialogue.h"
#include "limits.h"
#include "smtptls.h"
#include "unit.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FACTS "SSL_PROTOCOL=TLSv1.3\0SSL_CIPHER=X\0"
#define CERT "POSTERN_CERT_SHA256=" HEX "\0"
#define BYTES(s) s, sizeof s - 1

static char got[65536]; /* what the client got, in clear and then inside */
static char logged[65536];
static int code;

static void slurp(int fd, char *end, char const *until)
{
  size_t n = strlen(got);
  ssize_t r;

  while (!(end && strstr(got, until)) &&
         (r = read(fd, got + n, sizeof got - 1 - n)) > 0)
    got[n += (size_t)r] = 0;
}

static void read_log(void)
{
  int fd = open("log", O_RDONLY);
  ssize_t r = read(fd, logged, sizeof logged - 1);

  logged[r > 0 ? r : 0] = 0;
  close(fd);
}

/* The program's side. */
static int application(struct settings *set, int client, int ctl, int data)
{
  static struct conn conn;

  dup2(open("log", O_CREAT | O_TRUNC | O_WRONLY, 0600), 2);
  dup2(client, 0);
  dup2(client, 1);
  close(client);
  set->ucspitls = (struct ucspitls){.offered = 1,
                                    .required = set->ucspitls.required,
                                    .ctl = ctl,
                                    .in = data,
                                    .out = data};
  signal(SIGPIPE, SIG_IGN);
  conn_init(&conn, 0, 1, set->timeout, CONN_IN);
  return smtp_run(set, &conn);
}

/*
 * The client says clear and, after 220, inside; the answer of the other side is
 * facts (0: it closes).  1 if TLS was asked for.
 */
static int session(struct settings *set, char const *clear, char const *facts,
                   size_t n, char const *inside)
{
  int client[2], ctl[2], data[2], status, asked;
  char byte = 0;
  pid_t pid;

  got[0] = 0;
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ctl);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data);
  write(client[1], clear, strlen(clear));
  fflush(stdout);
  pid = fork();
  if (!pid) {
    close(client[1]);
    close(ctl[1]);
    close(data[1]);
    exit(application(set, client[0], ctl[0], data[0]));
  }
  close(client[0]);
  close(ctl[0]);
  close(data[0]);
  asked = read(ctl[1], &byte, 1) == 1 && byte == 'Y';
  if (asked) {
    slurp(client[1], got, "220 2.0.0 ready");
    if (facts) write(ctl[1], facts, n);
    write(data[1], inside, strlen(inside));
    shutdown(data[1], SHUT_WR);
  }
  close(ctl[1]);
  if (asked && facts)
    slurp(data[1], 0, 0);
  else
    slurp(client[1], 0, 0);
  waitpid(pid, &status, 0);
  close(client[1]);
  close(data[1]);
  code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  read_log();
  return asked;
}

/* After the reply of 220. */
static char const *inside(void)
{
  char const *s = strstr(got, "220 2.0.0 ready to start TLS\r\n");
  return s ? s + 30 : "";
}

static int has(char const *s) { return !!strstr(got, s); }
static int says(char const *s) { return !!strstr(logged, s); }

static void memory(struct settings *set)
{
  ok(session(set, "EHLO evil\r\nSTARTTLS\r\n", BYTES(FACTS "\0"),
             "EHLO c\r\nSTARTTLS\r\nQUIT\r\n") &&
         has("250-STARTTLS\r\n") && !strstr(inside(), "250-STARTTLS") &&
         strstr(inside(), "503 5.5.1 TLS is active\r\n") && !code,
     "offered, done, and not offered again");
  ok(says("tls session=") && says(" protocol=TLSv1.3 cipher=X\n"), "the log");
  ok(session(set,
             "EHLO evil\r\nMAIL FROM:<x@y>\r\nRCPT TO:<a@local.example>"
             "\r\nSTARTTLS\r\n",
             BYTES(FACTS "\0"),
             "DATA\r\nRCPT TO:<a@local.example>\r\nMAIL FROM:<a@b>\r\n"
             "EHLO c\r\nDATA\r\nMAIL FROM:<a@b>\r\n") &&
         !strncmp(inside(),
                  "503 5.5.1 MAIL first\r\n503 5.5.1 MAIL first\r\n"
                  "503 5.5.1 EHLO first\r\n250-mx.example\r\n",
                  80) &&
         strstr(inside(), "503 5.5.1 MAIL first\r\n250 2.1.0 ok\r\n"),
     "nothing of before is remembered");
}

static void behind(struct settings *set)
{
  ok(!session(set,
              "EHLO c\r\nSTARTTLS\r\nMAIL FROM:<x@y>\r\nRCPT "
              "TO:<a@local.example>\r\n",
              BYTES(FACTS "\0"), "") &&
         has("554 5.5.1 nothing may follow STARTTLS\r\n") && !has("250 2.1") &&
         !has("220 2.0.0") && code == 1 &&
         says("why=data\\x20behind\\x20STARTTLS\n"),
     "bytes behind STARTTLS");
  ok(!session(set, "STARTTLS\r\nN", BYTES(FACTS "\0"), "") && has("554 5.5.1"),
     "even one");
}

static void failures(struct settings *set)
{
  ok(session(set, "STARTTLS\r\n", 0, 0, "") && code == 1 &&
         says("tls session=") && says("why=no\\x20handshake\n"),
     "no handshake");
  ok(session(set, "STARTTLS\r\n", BYTES("SSL_PROTOCOL=a b\0\0"), "NOOP\r\n") &&
         code == 111 && says("why=damaged\\x20facts\n") && !*inside(),
     "damaged facts");
}

static void required(struct settings *set)
{
  set->ucspitls.required = 1;
  ok(session(set, "EHLO c\r\nMAIL FROM:<a@b>\r\nSTARTTLS\r\n",
             BYTES(FACTS "\0"), "EHLO c\r\nMAIL FROM:<a@b>\r\n") &&
         has("\r\n" SMTPTLS_MISSING "\r\n220 ") &&
         strstr(inside(), "250 2.1.0 ok") && says("refused session=") &&
         says("verb=MAIL code=530"),
     "TLS is required, and comes");
  set->ucspitls.required = 0;
}

#define TO_FOREIGN                                                             \
  "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@foreign.example>\r\n"

static void certificates(struct settings *set)
{
  static char const list[] = HEX " mx2";

  ok(session(set, "STARTTLS\r\n", BYTES(FACTS CERT "\0"), TO_FOREIGN) &&
         has("\r\n553 5.7.1") && says("cert=" HEX "\n"),
     "a certificate that is not listed");
  stralloc_copyb(&set->relaycerts, list, sizeof list);
  ok(session(set, "STARTTLS\r\n", BYTES(FACTS CERT "\0"), TO_FOREIGN) &&
         has("\r\n250 2.1.5") && says("cert=" HEX " name=mx2\n") &&
         says("relay=cert:mx2 code=250\n"),
     "one that is listed");
  ok(session(set, "STARTTLS\r\n", BYTES(FACTS "\0"), TO_FOREIGN) &&
         has("\r\n553 5.7.1"),
     "none");
}

static int modifs_are(struct smtp const *s, char const *want)
{
  stralloc sa = STRALLOC_ZERO;
  int good = smtptls_env(s, &sa) && stralloc_0(&sa);

  for (size_t i = 0; good && i + 1 < sa.len; i++)
    if (!sa.s[i]) sa.s[i] = ' ';
  good = good && !strcmp(sa.s, want);
  stralloc_free(&sa);
  return good;
}

#define GONE                                                                   \
  "POSTERN_TLS_EXPORTER POSTERN_TLS_ENDPOINT UCSPITLS SSLCTLFD SSLREADFD "     \
  "SSLWRITEFD "

static void environment(void)
{
  struct smtp s = {0};

  ok(modifs_are(&s, "SSL_PROTOCOL SSL_CIPHER SSL_TLS_SNI_SERVERNAME "
                    "SSL_CLIENT_S_DN POSTERN_CERT_SHA256 " GONE),
     "no TLS: nothing of it for the queue program");
  s.tls = (struct tlsfacts){1,           "TLSv1.3", "X", "() { x; }",
                            "() { y; }", HEX,       HEX, HEX};
  ok(modifs_are(&s, "SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=X "
                    "SSL_TLS_SNI_SERVERNAME SSL_CLIENT_S_DN "
                    "POSTERN_CERT_SHA256=" HEX " " GONE),
     "TLS from the beginning");
  s.by_starttls = 1;
  ok(modifs_are(&s, "SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=X "
                    "SSL_TLS_SNI_SERVERNAME SSL_CLIENT_S_DN "
                    "POSTERN_CERT_SHA256=" HEX " " GONE "POSTERN_TLS=TLSv1.3 "),
     "TLS by STARTTLS");
}

int main(void)
{
  struct settings set = dialogue_settings();

  signal(SIGPIPE, SIG_IGN); /* as postern-smtpd does */
  memory(&set);
  behind(&set);
  failures(&set);
  required(&set);
  certificates(&set);
  environment();
  set.ucspitls = (struct ucspitls){0};
  set.tls.active = 1;
  ok(!strcmp(dialogue_rest(&set, "STARTTLS\r\n"),
             "503 5.5.1 TLS is active\r\n"),
     "implicit TLS");
  settings_free(&set);
  return done();
}
