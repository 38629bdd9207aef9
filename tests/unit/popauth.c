/* Unit test of src/pop3/popauth.c.  The auth server is a socket that holds its
   answers beforehand, and afterwards what was said to it. */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "popauth.h"
#include "unit.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define GREETING                                                               \
  "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\n"            \
  "MECH\tSCRAM-SHA-256\tmutual-auth\nMECH\tSCRAM-SHA-256-PLUS\n"               \
  "MECH\tCRAM-MD5\tdictionary\nMECH\tEXTERNAL\nMECH\tANONYMOUS\n"              \
  "MECH\tXOAUTH2\nDONE\n"

static struct {
  struct authclient client;
  struct popauth a;
  int far; /* the server's end */
  char said[65536];
} x;

/* With a server that says that, or, if it is 0, with none. */
static void begin(char const *answers)
{
  int fd[2];

  memset(&x, 0, sizeof x);
  x.far = -1;
  x.a.host = "mx.example";
  x.a.session = "s1";
  x.a.remote_ip = "192.0.2.7";
  x.a.local_ip = "192.0.2.1";
  if (!answers) return;
  socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
  x.far = fd[1];
  write(fd[1], answers, strlen(answers));
  shutdown(fd[1], SHUT_WR);
  x.client.timeout = 5;
  x.client.path = "/nonexistent/s";
  x.a.server = &x.client;
  authclient_adopt(&x.client, fd[0]);
}

/* What the server was told, after its greeting. */
static char const *end(void)
{
  size_t n = 0;
  ssize_t r;
  char *line;

  popauth_free(&x.a);
  if (x.far == -1) return "";
  while ((r = read(x.far, x.said + n, sizeof x.said - 1 - n)) > 0)
    n += (size_t)r;
  x.said[n] = 0;
  close(x.far);
  line = strchr(x.said, '\n');
  line = line ? strchr(line + 1, '\n') : 0;
  return line ? line + 1 : "";
}

static int is(stralloc const *sa, char const *s)
{
  return sa->len == strlen(s) && (!sa->len || !memcmp(sa->s, s, sa->len));
}

static int names(char const *s)
{
  stralloc sa = STRALLOC_ZERO;
  int good = popauth_names(&x.a, &sa) && is(&sa, s);

  stralloc_free(&sa);
  return good;
}

static enum popauth_offer choose(char const *s)
{
  return popauth_choose(&x.a, s, strlen(s));
}

static void offers(void)
{
  begin(0);
  x.a.mechanisms = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_CRAM_MD5);
  ok(names(" CRAM-MD5"), "own: no password on an open wire");
  ok(choose("PLAIN") == POPAUTH_TLS && choose("LOGIN") == POPAUTH_UNKNOWN &&
         choose("cram-md5") == POPAUTH_OFFERED &&
         choose("CRAM-MD") == POPAUTH_UNKNOWN &&
         popauth_password(&x.a) == POPAUTH_TLS,
     "and what is offered is what is accepted");
  x.a.plain = 1;
  ok(names(" PLAIN CRAM-MD5") && choose("plain") == POPAUTH_OFFERED &&
         popauth_password(&x.a) == POPAUTH_OFFERED,
     "own: on a private one");
  x.a.mechanisms = 0;
  ok(names("") && popauth_password(&x.a) == POPAUTH_OFFERED,
     "USER is not one of them");
  end();

  begin(GREETING);
  ok(names(" SCRAM-SHA-256 CRAM-MD5"), "a server's: nothing to be overheard");
  ok(choose("XOAUTH2") == POPAUTH_TLS && choose("PLAIN") == POPAUTH_TLS &&
         choose("SCRAM-SHA-256-PLUS") == POPAUTH_UNKNOWN &&
         choose("EXTERNAL") == POPAUTH_UNKNOWN &&
         choose("ANONYMOUS") == POPAUTH_UNKNOWN,
     "nor what cannot be");
  x.a.plain = 1;
  ok(names(" PLAIN LOGIN SCRAM-SHA-256 CRAM-MD5 XOAUTH2") &&
         choose("EXTERNAL") == POPAUTH_UNKNOWN,
     "a server's: on a private wire");
  x.a.exporter = HEX;
  ok(names(" PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS CRAM-MD5 XOAUTH2"),
     "something to bind to");
  ok(choose("scram-sha-256-plus") == POPAUTH_OFFERED &&
         !strcmp(x.a.mechanism, "SCRAM-SHA-256-PLUS"),
     "or this");
  authclient_close(&x.client);
  ok(names(" PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS CRAM-MD5 XOAUTH2") &&
         x.a.why && choose("PLAIN") == POPAUTH_OFFERED,
     "a server that is gone: what was last known");
  end();

  begin("VERSION\t1\t1\nMECH\tCRAM-MD5\nDONE\n");
  x.a.plain = 1;
  ok(names(" CRAM-MD5") && popauth_password(&x.a) == POPAUTH_UNKNOWN,
     "no PLAIN, no USER");
  end();
  begin("");
  ok(names("") && x.a.why && choose("PLAIN") == POPAUTH_GONE,
     "a server that was never there");
  x.a.plain = 1;
  ok(popauth_password(&x.a) == POPAUTH_GONE, "nor for USER");
  end();
}

static void own(void)
{
  begin(0);
  x.a.mechanisms = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_CRAM_MD5);
  x.a.plain = 1;
  choose("PLAIN");
  ok(popauth_start(&x.a, "AGpvZQByaWdodA==", 16) == POPAUTH_READY &&
         is(&x.a.sasl.user, "joe") && is(&x.a.sasl.secret, "right"),
     "own: credentials");
  popauth_end(&x.a);
  ok(!x.a.sasl.user.s && !x.a.sasl.secret.s, "nothing is left of them");
  ok(popauth_start(&x.a, 0, 0) == POPAUTH_CHALLENGE && is(&x.a.out, "") &&
         popauth_feed(&x.a, "*", 1) == POPAUTH_CANCELLED,
     "own: cancelled");
  ok(popauth_start(&x.a, "=", 1) == POPAUTH_BAD, "own: nothing is no answer");
  choose("CRAM-MD5");
  ok(popauth_start(&x.a, 0, 0) == POPAUTH_CHALLENGE && x.a.out.len > 20,
     "own: a challenge");
  ok(popauth_pass(&x.a, "joe", 3, "p w", 3) == POPAUTH_READY &&
         is(&x.a.sasl.user, "joe") && is(&x.a.sasl.secret, "p w") &&
         !x.a.sasl.challenge.len && x.a.sasl.mechanism == SASL_NONE,
     "USER and PASS, with nothing of it left");
  end();
}

#define HEAD "\tservice=pop3\tnologin\tsession=s1\tlip=192.0.2.1\trip=192.0.2.7"

static void served(void)
{
  begin(GREETING "OK\t1\tuser=Joe@example.org\ttoken=abc\n"
                 "FAIL\t2\tuser=joe\treason=no\nFAIL\t3\n"
                 "FAIL\t4\tuser=joe\ttemp\treason=later\nOK\t5\tuser=joe\n");
  x.a.plain = 1;
  popauth_password(&x.a);
  ok(popauth_pass(&x.a, "joe", 3, "right", 5) == POPAUTH_READY &&
         is(&x.a.sasl.user, "Joe@example.org") && is(&x.a.sasl.secret, "abc"),
     "OK: whom the server names, and its token");
  ok(popauth_pass(&x.a, "tim", 3, "x", 1) == POPAUTH_WRONG &&
         is(&x.a.sasl.user, "joe") && !x.a.sasl.secret.len,
     "FAIL");
  ok(popauth_pass(&x.a, "tim", 3, "x", 1) == POPAUTH_WRONG &&
         is(&x.a.sasl.user, "tim"),
     "FAIL of nobody");
  ok(popauth_pass(&x.a, "tim", 3, "x", 1) == POPAUTH_FAILED &&
         !strcmp(x.a.why, "later"),
     "FAIL for now");
  ok(popauth_pass(&x.a, "tim", 3, "x", 1) == POPAUTH_READY &&
         !x.a.sasl.secret.len,
     "OK without a token");
  ok(popauth_pass(&x.a, "tim", 3, "x", 1) == POPAUTH_FAILED,
     "no answer is no judgement");
  ok(!strncmp(end(),
              "AUTH\t1\tPLAIN" HEAD "\tsecured\tresp=AGpvZQByaWdodA==\n"
              "AUTH\t2\tPLAIN" HEAD "\tsecured\tresp=AHRpbQB4\n",
              2 * strlen("AUTH\t1\tPLAIN" HEAD "\tsecured\tresp=") + 26),
     "what it is asked");
}

#define CONT "Q0hBTExFTkdF" /* CHALLENGE */

static void exchanges(void)
{
  begin(GREETING "CONT\t1\t" CONT "\nCONT\t1\t\nOK\t1\tuser=joe\n"
                 "CONT\t2\t\nCONT\t3\t\nCONT\t4\t\nOK\t5\tuser=tim\n");
  x.a.exporter = HEX;
  choose("scram-sha-256-plus");
  ok(popauth_start(&x.a, "bg==", 4) == POPAUTH_CHALLENGE &&
         is(&x.a.out, CONT) &&
         popauth_feed(&x.a, "YQ==", 4) == POPAUTH_CHALLENGE &&
         is(&x.a.out, "") && popauth_feed(&x.a, "", 0) == POPAUTH_READY &&
         is(&x.a.sasl.user, "joe"),
     "challenge, empty challenge, empty answer");
  popauth_end(&x.a);
  choose("SCRAM-SHA-256");
  ok(popauth_start(&x.a, 0, 0) == POPAUTH_CHALLENGE &&
         popauth_feed(&x.a, "*", 1) == POPAUTH_CANCELLED,
     "cancelled");
  popauth_end(&x.a);
  ok(popauth_start(&x.a, 0, 0) == POPAUTH_CHALLENGE &&
         popauth_feed(&x.a, "YR==", 4) == POPAUTH_BAD,
     "base64 with something in it");
  popauth_end(&x.a);
  ok(popauth_start(&x.a, "=", 1) == POPAUTH_CHALLENGE &&
         popauth_feed(&x.a, "=", 1) == POPAUTH_BAD,
     "= is the empty answer only at first");
  popauth_end(&x.a);
  ok(popauth_start(&x.a, "", 0) == POPAUTH_BAD &&
         popauth_start(&x.a, "a", 1) == POPAUTH_BAD,
     "the server is not asked about rubbish");
  ok(popauth_feed(&x.a, "YQ==", 4) == POPAUTH_BAD, "nor when none was begun");
  ok(popauth_start(&x.a, 0, 0) == POPAUTH_READY, "and all goes on");
  ok(!strcmp(end(),
             "AUTH\t1\tSCRAM-SHA-256-PLUS" HEAD "\ttls-exporter=" HEX
             "\tresp=bg==\nCONT\t1\tYQ==\nCONT\t1\t\n"
             "AUTH\t2\tSCRAM-SHA-256" HEAD "\ttls-exporter=" HEX "\nCANCEL\t2\n"
             "AUTH\t3\tSCRAM-SHA-256" HEAD "\ttls-exporter=" HEX "\nCANCEL\t3\n"
             "AUTH\t4\tSCRAM-SHA-256" HEAD "\ttls-exporter=" HEX
             "\tresp=\nCANCEL\t4\n"
             "AUTH\t5\tSCRAM-SHA-256" HEAD "\ttls-exporter=" HEX "\n"),
     "what it is asked");
}

static void no_end(void)
{
  stralloc sa = STRALLOC_ZERO;
  enum popauth_step step;
  unsigned int rounds = 0;

  stralloc_cats(&sa, GREETING);
  for (int i = 0; i < 2 * POPAUTH_ROUNDS; i++)
    stralloc_cats(&sa, "CONT\t1\tYQ==\n");
  stralloc_0(&sa);
  begin(sa.s);
  choose("SCRAM-SHA-256");
  step = popauth_start(&x.a, 0, 0);
  while (step == POPAUTH_CHALLENGE && ++rounds)
    step = popauth_feed(&x.a, "", 0);
  ok(step == POPAUTH_FAILED && rounds == POPAUTH_ROUNDS,
     "a dialogue without end has one");
  ok(strstr(end(), "\nCANCEL\t1\n"), "and the server is told");
  stralloc_free(&sa);
}

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  offers();
  own();
  served();
  exchanges();
  no_end();
  return done();
}
