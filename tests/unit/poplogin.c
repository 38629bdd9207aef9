/* Unit test of src/pop3/poplogin.c: dialogues over a socket pair. */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "poplogin.h"
#include "unit.h"

#define PLAIN SASL_BIT(SASL_PLAIN)
#define LOGIN SASL_BIT(SASL_LOGIN)
#define CRAM (1U << SASL_CRAM_MD5)

static struct asked {
  char text[512]; /* mechanism:user:secret:challenge, a blank after each */
  enum checker_result answer;
} asked;

static enum checker_result check(void *data, struct conn *c,
                                 struct sasl const *s, char const *mechanism)
{
  struct asked *a = data;

  (void)c;
  strcat(a->text, mechanism);
  strcat(a->text, ":");
  strncat(a->text, s->user.s, s->user.len);
  strcat(a->text, ":");
  strncat(a->text, s->secret.s, s->secret.len);
  strcat(a->text, s->challenge.len ? ":+ " : ": ");
  /* the password "right" is right */
  return s->secret.len == 5 && !memcmp(s->secret.s, "right", 5) ? CHECKER_OK
                                                                : a->answer;
}

static char replies[65536];

static enum poplogin_end talk(struct poplogin *p, char const *in, size_t len)
{
  static struct conn c;
  enum poplogin_end end;
  size_t n = 0;
  ssize_t r;
  int fd[2];

  socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
  conn_init(&c, fd[0], fd[0], 5, 1);
  write(fd[1], in, len);
  shutdown(fd[1], SHUT_WR);
  *asked.text = 0;
  p->check = check;
  p->data = &asked;
  end = poplogin(p, &c);
  close(fd[0]);
  while ((r = read(fd[1], replies + n, sizeof replies - 1 - n)) > 0)
    n += (size_t)r;
  replies[n] = 0;
  close(fd[1]);
  return end;
}

#define ERR_TLS "-ERR a password is accepted under TLS only\r\n"
#define ERR_AUTH "-ERR [AUTH] wrong user name or password\r\n"
#define ERR_MANY "-ERR [AUTH] too many attempts\r\n"
#define ERR_BAD "-ERR malformed answer\r\n"

static struct {
  char const *name;
  int plain;
  enum checker_result answer;
  char const *in;
  char const *out; /* after the greeting */
  enum poplogin_end end;
  char const *asked;
} const t[] = {
    {"QUIT", 1, CHECKER_WRONG, "QUIT\r\n", "+OK\r\n", POPLOGIN_QUIT, ""},
    {"no QUIT", 1, CHECKER_WRONG, "", "", POPLOGIN_EOF, ""},
    {"USER, PASS", 1, CHECKER_WRONG, "USER joe\r\nPASS right\r\nSTAT\r\n",
     "+OK\r\n", POPLOGIN_SERVED, "user:joe:right: "},
    {"blanks belong to a password", 1, CHECKER_WRONG,
     "USER joe\r\nPASS  r t \r\n", "+OK\r\n" ERR_AUTH, POPLOGIN_EOF,
     "user:joe: r t : "},
    {"PASS first", 1, CHECKER_WRONG, "PASS right\r\n", "-ERR USER first\r\n",
     POPLOGIN_EOF, ""},
    {"a wrong password takes the user with it", 1, CHECKER_WRONG,
     "USER joe\r\nPASS x\r\nPASS right\r\n",
     "+OK\r\n" ERR_AUTH "-ERR USER first\r\n", POPLOGIN_EOF, "user:joe:x: "},
    {"no user name", 1, CHECKER_WRONG, "USER\r\nUSER \r\n",
     "-ERR a user name is needed\r\n-ERR a user name is needed\r\n",
     POPLOGIN_EOF, ""},
    {"no password", 1, CHECKER_WRONG, "USER joe\r\nPASS\r\nPASS \r\n",
     "+OK\r\n-ERR a password is needed\r\n-ERR a password is needed\r\n",
     POPLOGIN_EOF, ""},
    {"three wrong ones", 1, CHECKER_WRONG,
     "USER a\r\nPASS b\r\nAUTH PLAIN AGEAYg==\r\nUSER a\r\nPASS b\r\n"
     "USER a\r\n",
     "+OK\r\n" ERR_AUTH ERR_AUTH "+OK\r\n" ERR_MANY, POPLOGIN_REFUSED,
     "user:a:b: PLAIN:a:b: user:a:b: "},
    {"too long for the checker looks the same", 1, CHECKER_TOO_LONG,
     "USER a\r\nPASS b\r\n", "+OK\r\n" ERR_AUTH, POPLOGIN_EOF, "user:a:b: "},
    {"a checker in trouble", 1, CHECKER_FAILED, "USER a\r\nPASS b\r\nNOOP\r\n",
     "+OK\r\n-ERR [SYS/TEMP] unable to serve the mailbox now\r\n",
     POPLOGIN_FAILED, "user:a:b: "},
    {"without TLS no password", 0, CHECKER_OK,
     "USER joe\r\nPASS right\r\nAUTH PLAIN\r\nAUTH LOGIN\r\n",
     ERR_TLS ERR_TLS ERR_TLS ERR_TLS, POPLOGIN_EOF, ""},
    {"an initial response", 1, CHECKER_WRONG, "AUTH PLAIN AGpvZQByaWdodA==\r\n",
     "", POPLOGIN_SERVED, "PLAIN:joe:right: "},
    {"a prompt", 1, CHECKER_WRONG, "auth plain\r\nAGpvZQByaWdodA==\r\n",
     "+ \r\n", POPLOGIN_SERVED, "PLAIN:joe:right: "},
    {"AUTH LOGIN", 1, CHECKER_WRONG, "AUTH LOGIN\r\nam9l\r\ncmlnaHQ=\r\n",
     "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n", POPLOGIN_SERVED,
     "LOGIN:joe:right: "},
    {"cancelled", 1, CHECKER_WRONG, "AUTH PLAIN\r\n*\r\nQUIT\r\n",
     "+ \r\n-ERR cancelled\r\n+OK\r\n", POPLOGIN_QUIT, ""},
    {"not base64", 1, CHECKER_WRONG, "AUTH PLAIN\r\n?\r\nAUTH PLAIN =\r\n",
     "+ \r\n" ERR_BAD ERR_BAD, POPLOGIN_EOF, ""},
    {"nobody asks about half an exchange", 1, CHECKER_OK,
     "AUTH LOGIN\r\nam9l\r\n", "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n",
     POPLOGIN_EOF, ""},
    {"mechanisms that are not offered", 1, CHECKER_OK,
     "AUTH CRAM-MD5\r\nAUTH GSSAPI\r\nAUTH\r\nAUTH \r\n",
     "-ERR no such mechanism\r\n-ERR no such mechanism\r\n"
     "-ERR a mechanism is needed\r\n-ERR a mechanism is needed\r\n",
     POPLOGIN_EOF, ""},
    {"APOP is not offered", 1, CHECKER_OK,
     "APOP joe c4c9334bac560ecc979e58001b3e22fb\r\n",
     "-ERR no such command here\r\n", POPLOGIN_EOF, ""},
    {"other commands", 1, CHECKER_WRONG, "STAT\r\nFROB\r\nQUIT now\r\n\r\n",
     "-ERR log in first\r\n-ERR no such command\r\n"
     "-ERR no argument is allowed\r\n-ERR no such command\r\n",
     POPLOGIN_EOF, ""},
    {"a bare LF ends the session", 1, CHECKER_OK, "USER joe\nPASS right\r\n",
     "-ERR a line must end with CR LF\r\n", POPLOGIN_BARE, ""},
    {"so it does in an exchange", 1, CHECKER_OK,
     "AUTH PLAIN\r\nAGpvZQByaWdodA==\nQUIT\r\n",
     "+ \r\n-ERR a line must end with CR LF\r\n", POPLOGIN_BARE, ""},
    {"CAPA is the truth", 1, CHECKER_OK, "CAPA\r\n",
     "+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\nTOP\r\nUIDL\r\nRESP-CODES\r\n"
     "AUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\n"
     "IMPLEMENTATION postern\r\n.\r\n",
     POPLOGIN_EOF, ""},
    {"without TLS too", 0, CHECKER_OK, "CAPA\r\n",
     "+OK\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n"
     "EXPIRE NEVER\r\nIMPLEMENTATION postern\r\n.\r\n",
     POPLOGIN_EOF, ""},
};

#define GREETING "+OK mx.example\r\n"

static void table(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct poplogin p = {.host = "mx.example",
                         .mechanisms = PLAIN | LOGIN,
                         .plain = t[i].plain,
                         .attempts = 3};
    enum poplogin_end end;

    asked.answer = t[i].answer;
    end = talk(&p, t[i].in, strlen(t[i].in));
    ok(end == t[i].end && !strcmp(asked.text, t[i].asked) &&
           !strncmp(replies, GREETING, sizeof GREETING - 1) &&
           !strcmp(replies + sizeof GREETING - 1, t[i].out),
       t[i].name);
  }
}

static void secrets_without_tls(void)
{
  struct poplogin p = {.host = "mx.example",
                       .apop = 1,
                       .mechanisms = PLAIN | CRAM,
                       .attempts = 3};
  static char const in[] = "APOP jo e c4c9334bac560ecc979e58001b3e22fb\r\n"
                           "APOP joe\r\nCAPA\r\nAUTH CRAM-MD5\r\n*\r\n";

  asked.answer = CHECKER_WRONG;
  talk(&p, in, sizeof in - 1);
  ok(!strcmp(asked.text, "apop:jo e:c4c9334bac560ecc979e58001b3e22fb:+ "),
     "APOP");
  ok(!strncmp(replies, "+OK mx.example <", 16) &&
         strstr(replies, "@mx.example>\r\n-ERR [AUTH]"),
     "its timestamp is in the greeting");
  ok(strstr(replies, "\r\n-ERR a user name and a digest are needed\r\n"),
     "its form is checked");
  ok(strstr(replies, "+OK\r\nSASL CRAM-MD5\r\nTOP\r\n"), "what CAPA says");
  ok(strstr(replies, "\r\n+ P") && strstr(replies, "-ERR cancelled"),
     "CRAM-MD5 begins with a challenge");
}

static void limits(void)
{
  struct poplogin p = {.host = "x", .plain = 1, .attempts = 3};
  static char in[POPLOGIN_LINES * 8 + 4096];
  size_t n = 0;

  for (int i = 0; i < POPLOGIN_LINES + 1; i++, n += 6)
    memcpy(in + n, "NOOP\r\n", 6);
  ok(talk(&p, in, n) == POPLOGIN_REFUSED &&
         strstr(replies, "-ERR log in first\r\n-ERR too many commands\r\n"),
     "commands without end");
  memset(in, 'x', 2000);
  memcpy(in + 2000, "\r\nQUIT\r\n", 8);
  ok(talk(&p, in, 2008) == POPLOGIN_QUIT &&
         !strcmp(replies, "+OK x\r\n-ERR the line is too long\r\n+OK\r\n"),
     "a line that is too long");
  ok(talk(&p, "USER a\0b\r\n", 10) == POPLOGIN_EOF &&
         strstr(replies, "-ERR no such command\r\n"),
     "a NUL cuts nothing");
}

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  table();
  secrets_without_tls();
  limits();
  return done();
}
