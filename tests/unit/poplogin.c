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
  char text[512]; /* in order: mechanism:user:secret:challenge, a blank after
                     each */
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
  strncat(a->text, s->secret.s ? s->secret.s : "", s->secret.len);
  strcat(a->text, s->challenge.len ? ":+ " : ": ");
  /* the password "right" is right */
  return s->secret.len == 5 && !memcmp(s->secret.s, "right", 5) ? CHECKER_OK
                                                                : a->answer;
}

static void refused(void *data, struct sasl const *s, char const *mechanism,
                    enum checker_result r, char const *why)
{
  struct asked *a = data;

  strcat(a->text, r == CHECKER_WRONG ? "no " : "nobody ");
  strcat(a->text, mechanism);
  strcat(a->text, ":");
  strncat(a->text, s->user.s ? s->user.s : "", s->user.len);
  strcat(a->text, ":");
  strcat(a->text, why);
  strcat(a->text, " ");
}

static void trouble(void *data, char const *why)
{
  struct asked *a = data;

  strcat(a->text, *why ? "trouble " : "trouble? ");
}

/* What the client says in clear, and on the private wire; what it got. */
static struct wire {
  char const *in;
  size_t len;
  int fd[2];
  char got[65536];
} clear, secret;
static struct popauth auth;
static int handshake;

static void open_wire(struct wire *w, char const *in, size_t len)
{
  socketpair(AF_UNIX, SOCK_STREAM, 0, w->fd);
  w->in = in;
  w->len = len;
  write(w->fd[1], in, len);
  shutdown(w->fd[1], SHUT_WR);
}

static void close_wire(struct wire *w)
{
  size_t n = 0;
  ssize_t r;

  close(w->fd[0]);
  while ((r = read(w->fd[1], w->got + n, sizeof w->got - 1 - n)) > 0)
    n += (size_t)r;
  w->got[n] = 0;
  close(w->fd[1]);
}

static int stls(void *data, struct conn *c)
{
  tain until = c->until;

  strcat(((struct asked *)data)->text, "stls ");
  if (!handshake) return 0;
  conn_init(c, secret.fd[0], secret.fd[0], 5, 1);
  c->until = until;
  auth.plain = 1;
  return 1;
}

static enum poplogin_end talk_both(struct poplogin *p, char const *in,
                                   size_t len, char const *in2)
{
  static struct conn c;
  enum poplogin_end end;

  open_wire(&clear, in, len);
  open_wire(&secret, in2, strlen(in2));
  conn_init(&c, clear.fd[0], clear.fd[0], 5, 1);
  *asked.text = 0;
  p->auth = &auth;
  auth.host = p->host;
  p->check = check;
  p->refused = refused;
  p->trouble = trouble;
  p->stls = stls;
  p->data = &asked;
  end = poplogin(p, &c);
  close_wire(&clear);
  close_wire(&secret);
  popauth_free(&auth);
  return end;
}

static enum poplogin_end talk(struct poplogin *p, char const *in, size_t len)
{
  return talk_both(p, in, len, "");
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
    {"STLS is not offered", 1, CHECKER_OK, "STLS\r\n",
     "-ERR no such command here\r\n", POPLOGIN_EOF, ""},
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
    struct poplogin p = {.host = "mx.example", .attempts = 3};
    enum poplogin_end end;

    auth = (struct popauth){.mechanisms = PLAIN | LOGIN, .plain = t[i].plain};
    asked.answer = t[i].answer;
    end = talk(&p, t[i].in, strlen(t[i].in));
    ok(end == t[i].end && !strcmp(asked.text, t[i].asked) &&
           !strncmp(clear.got, GREETING, sizeof GREETING - 1) &&
           !strcmp(clear.got + sizeof GREETING - 1, t[i].out),
       t[i].name);
  }
}

static void secrets_without_tls(void)
{
  struct poplogin p = {.host = "mx.example", .apop = 1, .attempts = 3};
  static char const in[] = "APOP jo e c4c9334bac560ecc979e58001b3e22fb\r\n"
                           "APOP joe\r\nCAPA\r\nAUTH CRAM-MD5\r\n*\r\n";

  auth = (struct popauth){.mechanisms = PLAIN | CRAM};
  asked.answer = CHECKER_WRONG;
  talk(&p, in, sizeof in - 1);
  ok(!strcmp(asked.text, "apop:jo e:c4c9334bac560ecc979e58001b3e22fb:+ "),
     "APOP");
  ok(!strncmp(clear.got, "+OK mx.example <", 16) &&
         strstr(clear.got, "@mx.example>\r\n-ERR [AUTH]"),
     "its timestamp is in the greeting");
  ok(strstr(clear.got, "\r\n-ERR a user name and a digest are needed\r\n"),
     "its form is checked");
  ok(strstr(clear.got, "+OK\r\nSASL CRAM-MD5\r\nTOP\r\n"), "what CAPA says");
  ok(strstr(clear.got, "\r\n+ P") && strstr(clear.got, "-ERR cancelled"),
     "CRAM-MD5 begins with a challenge");
}

static void limits(void)
{
  struct poplogin p = {.host = "x", .attempts = 3};
  static char in[POPLOGIN_LINES * 8 + 4096];
  size_t n = 0;

  auth = (struct popauth){.plain = 1};
  for (int i = 0; i < POPLOGIN_LINES + 1; i++, n += 6)
    memcpy(in + n, "NOOP\r\n", 6);
  ok(talk(&p, in, n) == POPLOGIN_REFUSED &&
         strstr(clear.got, "-ERR log in first\r\n-ERR too many commands\r\n"),
     "commands without end");
  memset(in, 'x', 2000);
  memcpy(in + 2000, "\r\nQUIT\r\n", 8);
  ok(talk(&p, in, 2008) == POPLOGIN_QUIT &&
         !strcmp(clear.got, "+OK x\r\n-ERR the line is too long\r\n+OK\r\n"),
     "a line that is too long");
  ok(talk(&p, "USER a\0b\r\n", 10) == POPLOGIN_EOF &&
         strstr(clear.got, "-ERR no such command\r\n"),
     "a NUL cuts nothing");
}

/* ---- STLS ---- */

#define CAPA_END                                                               \
  "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n"              \
  "EXPIRE NEVER\r\nIMPLEMENTATION postern\r\n.\r\n"
#define ERR_FIRST "-ERR STLS first\r\n"

static struct {
  char const *name;
  enum poplogin_tls tls;
  int required;
  int plain; /* before */
  int handshake;
  char const *in, *out;   /* in clear, without the greeting */
  char const *in2, *out2; /* on the private wire */
  enum poplogin_end end;
  char const *asked;
} const tls[] = {
    {"STLS, and what it changes", POPLOGIN_OFFERED, 0, 0, 1, "CAPA\r\nSTLS\r\n",
     "+OK\r\nSTLS\r\n" CAPA_END "+OK\r\n", "CAPA\r\nUSER joe\r\nPASS right\r\n",
     "+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n" CAPA_END "+OK\r\n", POPLOGIN_SERVED,
     "stls user:joe:right: "},
    {"nothing behind STLS is obeyed", POPLOGIN_OFFERED, 0, 1, 1,
     "STLS\r\nUSER joe\r\nPASS right\r\n", "+OK\r\n", "NOOP\r\n",
     "-ERR log in first\r\n", POPLOGIN_EOF, "stls "},
    {"a USER before it is forgotten", POPLOGIN_OFFERED, 0, 1, 1,
     "USER joe\r\nSTLS\r\n", "+OK\r\n+OK\r\n", "PASS right\r\n",
     "-ERR USER first\r\n", POPLOGIN_EOF, "stls "},
    {"the wrong attempts are not", POPLOGIN_OFFERED, 0, 1, 1,
     "USER a\r\nPASS b\r\nUSER a\r\nPASS b\r\nSTLS\r\n",
     "+OK\r\n" ERR_AUTH "+OK\r\n" ERR_AUTH "+OK\r\n",
     "USER a\r\nPASS b\r\nNOOP\r\n", "+OK\r\n" ERR_MANY, POPLOGIN_REFUSED,
     "user:a:b: user:a:b: stls user:a:b: "},
    {"once only", POPLOGIN_OFFERED, 0, 0, 1, "stls\r\n", "+OK\r\n",
     "STLS\r\nCAPA x\r\nQUIT\r\n",
     "-ERR TLS is active\r\n-ERR no argument is allowed\r\n+OK\r\n",
     POPLOGIN_QUIT, "stls "},
    {"it has no argument", POPLOGIN_OFFERED, 0, 0, 1, "STLS now\r\nSTLS \r\n",
     "-ERR no argument is allowed\r\n+OK\r\n", "", "", POPLOGIN_EOF, "stls "},
    {"a handshake that fails ends all", POPLOGIN_OFFERED, 0, 1, 0,
     "STLS\r\nQUIT\r\n", "+OK\r\n", "QUIT\r\n", "", POPLOGIN_NO_TLS, "stls "},
    {"required: nothing else before it", POPLOGIN_OFFERED, 1, 1, 1,
     "USER joe\r\nPASS right\r\nAUTH PLAIN AGpvZQByaWdodA==\r\n"
     "APOP joe c4c9334bac560ecc979e58001b3e22fb\r\nNOOP\r\nFROB\r\nCAPA\r\n"
     "STLS\r\n",
     ERR_FIRST ERR_FIRST ERR_FIRST ERR_FIRST ERR_FIRST ERR_FIRST
     "+OK\r\nSTLS\r\n" CAPA_END "+OK\r\n",
     "USER joe\r\nPASS right\r\n", "+OK\r\n", POPLOGIN_SERVED,
     "stls user:joe:right: "},
    {"required: but one may leave", POPLOGIN_OFFERED, 1, 1, 1, "QUIT\r\n",
     "+OK\r\n", "", "", POPLOGIN_QUIT, ""},
    {"required, and not to be had", POPLOGIN_CLEAR, 1, 1, 1,
     "USER joe\r\nSTLS\r\nCAPA\r\n",
     ERR_FIRST "-ERR [SYS/TEMP] no TLS now\r\n+OK\r\n" CAPA_END, "", "",
     POPLOGIN_EOF, ""},
    {"private from the beginning", POPLOGIN_PRIVATE, 1, 1, 1,
     "STLS\r\nUSER joe\r\nPASS right\r\n", "-ERR TLS is active\r\n+OK\r\n", "",
     "", POPLOGIN_SERVED, "user:joe:right: "},
};

static void private_wire(void)
{
  for (size_t i = 0; i < sizeof tls / sizeof *tls; i++) {
    struct poplogin p = {.host = "mx.example",
                         .tls = tls[i].tls,
                         .tls_required = tls[i].required,
                         .attempts = 3};
    enum poplogin_end end;

    auth = (struct popauth){.mechanisms = PLAIN | LOGIN, .plain = tls[i].plain};
    asked.answer = CHECKER_WRONG;
    handshake = tls[i].handshake;
    end = talk_both(&p, tls[i].in, strlen(tls[i].in), tls[i].in2);
    ok(end == tls[i].end && !strcmp(asked.text, tls[i].asked) &&
           !strncmp(clear.got, GREETING, sizeof GREETING - 1) &&
           !strcmp(clear.got + sizeof GREETING - 1, tls[i].out) &&
           !strcmp(secret.got, tls[i].out2),
       tls[i].name);
  }
}

/* The timestamp of the greeting is the session's. */
static void apop_after(void)
{
  struct poplogin p = {
      .host = "mx.example", .apop = 1, .tls = POPLOGIN_OFFERED, .attempts = 3};
  static char const in[] = "STLS\r\n";

  auth = (struct popauth){.plain = 0};
  handshake = 1;
  asked.answer = CHECKER_OK;
  talk_both(&p, in, sizeof in - 1,
            "APOP joe c4c9334bac560ecc979e58001b3e22fb\r\n");
  ok(!strcmp(asked.text, "stls apop:joe:c4c9334bac560ecc979e58001b3e22fb:+ "),
     "APOP after STLS");
}

/* ---- an auth server ---- */

#define MECHS "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tX\nDONE\n"
#define ERR_NOW "-ERR [SYS/TEMP] unable to judge a login now\r\n"

static struct {
  char const *name;
  char const *server; /* what it says */
  int plain;
  enum checker_result answer; /* of the next program */
  char const *in, *out;
  enum poplogin_end end;
  char const *asked;
} const served[] = {
    {"its mechanisms", MECHS, 1, CHECKER_OK, "CAPA\r\n",
     "+OK\r\nUSER\r\nSASL PLAIN X\r\n" CAPA_END, POPLOGIN_EOF, ""},
    {"on an open wire", MECHS, 0, CHECKER_OK,
     "CAPA\r\nUSER a\r\nAUTH PLAIN\r\nAUTH Y\r\n",
     "+OK\r\nSASL X\r\n" CAPA_END ERR_TLS ERR_TLS "-ERR no such mechanism\r\n",
     POPLOGIN_EOF, ""},
    {"USER and PASS", MECHS "OK\t1\tuser=Tim\ttoken=t\n", 1, CHECKER_OK,
     "USER joe\r\nPASS x\r\nSTAT\r\n", "+OK\r\n", POPLOGIN_SERVED,
     "user:Tim:t: "},
    {"challenges", MECHS "CONT\t1\tYQ==\nCONT\t1\t\nOK\t1\tuser=tim\n", 0,
     CHECKER_OK, "AUTH x =\r\nYg==\r\n\r\nSTAT\r\n", "+ YQ==\r\n+ \r\n",
     POPLOGIN_SERVED, "X:tim:: "},
    {"its no is as ours", MECHS "FAIL\t1\tuser=tim\nFAIL\t2\nFAIL\t3\n", 1,
     CHECKER_OK,
     "AUTH X\r\nUSER joe\r\nPASS x\r\nAUTH PLAIN AGEAYg==\r\nQUIT\r\n",
     ERR_AUTH "+OK\r\n" ERR_AUTH ERR_MANY, POPLOGIN_REFUSED,
     "no X:tim:refused no user:joe:refused no PLAIN::refused "},
    {"nobody judges: not a wrong password, but counted",
     MECHS "FAIL\t1\tuser=tim\ttemp\n", 1, CHECKER_OK,
     "AUTH X\r\nUSER joe\r\nPASS x\r\nAUTH X\r\nQUIT\r\n",
     ERR_NOW "+OK\r\n" ERR_NOW ERR_NOW, POPLOGIN_FAILED,
     "nobody X:tim:refused nobody user:joe:unable to connect: No such file or "
     "directory nobody X::unable to connect: No such file or directory "},
    {"it was never there", "", 1, CHECKER_OK,
     "CAPA\r\nUSER a\r\nAUTH X\r\nPASS a\r\nQUIT\r\n",
     "+OK\r\n" CAPA_END ERR_NOW ERR_NOW ERR_NOW, POPLOGIN_FAILED,
     "trouble trouble trouble trouble "},
    {"the next program fails", MECHS "OK\t1\tuser=tim\n", 1, CHECKER_FAILED,
     "AUTH X\r\nQUIT\r\n",
     "-ERR [SYS/TEMP] unable to serve the mailbox now\r\n", POPLOGIN_FAILED,
     "X:tim:: "},
    {"cancelled, malformed, and right",
     MECHS "CONT\t1\t\nCONT\t2\t\nOK\t3\tuser=tim\n", 1, CHECKER_OK,
     "AUTH X\r\n*\r\nAUTH X\r\n=\r\nAUTH X ?\r\nAUTH X\r\n",
     "+ \r\n-ERR cancelled\r\n+ \r\n" ERR_BAD ERR_BAD, POPLOGIN_SERVED,
     "X:tim:: "},
};

static void server(void)
{
  for (size_t i = 0; i < sizeof served / sizeof *served; i++) {
    struct poplogin p = {.host = "mx.example", .attempts = 3};
    struct authclient client = {.path = "/nonexistent/s", .timeout = 5};
    enum poplogin_end end;
    int fd[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
    write(fd[1], served[i].server, strlen(served[i].server));
    shutdown(fd[1], SHUT_WR);
    authclient_adopt(&client, fd[0]);
    auth = (struct popauth){.server = &client, .plain = served[i].plain};
    asked.answer = served[i].answer;
    end = talk(&p, served[i].in, strlen(served[i].in));
    close(fd[1]);
    ok(end == served[i].end && !strcmp(asked.text, served[i].asked) &&
           !strcmp(clear.got + sizeof GREETING - 1, served[i].out),
       served[i].name);
  }
}

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  table();
  secrets_without_tls();
  limits();
  private_wire();
  apop_after();
  server();
  return done();
}
