/* Unit test of src/lib/authclient.c: what a server says, and how it goes. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authclient.h"
#include "text.h"
#include "unit.h"

#define HELLO "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tCRAM-MD5\tactive\n"

static struct authclient a = {.timeout = 20};
static stralloc out = STRALLOC_ZERO;
static char big[70000];

/* The server's end, to which nobody listens any more than it must. */
static int peer;

/* Lines as the name of a test. */
static char const *shown(char const *lines)
{
  static char s[200];

  s[text_escape(s, sizeof s - 1, lines, strlen(lines))] = 0;
  return s;
}

/* Greet a server that has said all that it will ever say. */
static int meet(char const *s, size_t len)
{
  int p[2];

  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p);
  peer = p[1];
  write(peer, s, len);
  shutdown(peer, SHUT_WR);
  return authclient_adopt(&a, p[0]);
}

static void part(void)
{
  authclient_close(&a);
  close(peer);
}

/* what the client wrote, and whether it is that */
static int wrote(char const *want)
{
  char s[1024];
  ssize_t n = recv(peer, s, sizeof s - 1, MSG_DONTWAIT);

  s[n > 0 ? n : 0] = 0;
  if (!strcmp(s, want)) return 1;
  printf("# wrote %s", s);
  return 0;
}

static struct {
  char const *s;
  int good;
  char const *why; /* "" if good */
} const greetings[] = {
    {HELLO "DONE\n", 1, ""},
    {"MECH\tPLAIN\nVERSION\t1\t99\tx\nDONE\tx\n", 1, ""},
    {"VERSION\t1\n\nNONSENSE\nSPID\t1\nCOOKIE\nDONE\n", 1, ""},
    {HELLO, 0, "the server closed"},
    {HELLO "DONE", 0, "the server closed"},
    {"", 0, "the server closed"},
    {"MECH\tPLAIN\nDONE\n", 0, "no version of the protocol"},
    {"VERSION\t2\t0\nDONE\n", 0, "another version of the protocol"},
    {"VERSION\t11\t0\nDONE\n", 0, "another version of the protocol"},
    {"VERSION\nDONE\n", 0, "another version of the protocol"},
};

static struct {
  char const *line;
  char const *name; /* 0: none is shown */
  int plaintext;
} const mechs[] = {
    {"MECH\tplain\tplaintext", "PLAIN", 1},
    {"MECH\tSCRAM-SHA-256-PLUS\tactive\tdictionary", "SCRAM-SHA-256-PLUS", 0},
    {"MECH\tX_123456789012345678", "X_123456789012345678", 0},
    {"MECH\tX", "X", 0},
    {"MECH\tX\tplaintext=1", "X", 0},
    {"MECH\tLogin", "LOGIN", 1},
    {"MECH\tXOAUTH2", "XOAUTH2", 1},
    {"MECH\tX_1234567890123456789", 0, 0},
    {"MECH\tA B", 0, 0},
    {"MECH\tA\001nB", 0, 0},
    {"MECH\tA\001", "A", 0},
    {"MECH\tA\rB", 0, 0},
    {"MECH\t", 0, 0},
    {"MECH", 0, 0},
    {"MECH\tX\tactive\tprivate", 0, 0},
    {"MECH\tANONYMOUS\tanonymous", 0, 0},
};

static void greeting(void)
{
  char s[256];

  for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
    a.why[0] = 0;
    ok(meet(greetings[i].s, strlen(greetings[i].s)) == greetings[i].good &&
           a.open == greetings[i].good && !strcmp(a.why, greetings[i].why),
       shown(greetings[i].s));
    part();
  }
  for (size_t i = 0; i < sizeof mechs / sizeof *mechs; i++) {
    struct authclient_mech const *m = a.mech;
    size_t want = mechs[i].name ? 1 : 0;

    snprintf(s, sizeof s, "VERSION\t1\n%s\nDONE\n", mechs[i].line);
    ok(meet(s, strlen(s)) && a.n == want &&
           (!want || (!strcmp(m->name, mechs[i].name) &&
                      m->plaintext == mechs[i].plaintext)),
       shown(mechs[i].line));
    part();
  }
}

static size_t many_mechs(unsigned int n)
{
  size_t len = (size_t)sprintf(big, "VERSION\t1\n");

  for (unsigned int i = 0; i < n; i++)
    len += (size_t)sprintf(big + len, "MECH\tM%u\n", i);
  return len + (size_t)sprintf(big + len, "MECH\tM0\nDONE\n");
}

static void bounds(void)
{
  size_t len;

  ok(meet(big, many_mechs(AUTHCLIENT_MECHS)) && a.n == AUTHCLIENT_MECHS &&
         authclient_find(&a, "m31", 3) == a.mech + 31 &&
         !authclient_find(&a, "m3x", 3) && !authclient_find(&a, "", 0),
     "as many mechanisms as may be; found in any letter case");
  part();
  ok(!authclient_find(&a, "m31", 3), "none without a connection");
  ok(!meet(big, many_mechs(AUTHCLIENT_MECHS + 1)) &&
         !strcmp(a.why, "too many mechanisms"),
     "one more");
  part();

  len = (size_t)sprintf(big, "VERSION\t1\n");
  memset(big + len, 'x', sizeof big - len);
  ok(!meet(big, sizeof big) && !strcmp(a.why, "line too long"),
     "a line without an end");
  part();
  for (size_t i = len; i < sizeof big; i += 2)
    big[i] = '\n';
  ok(!meet(big, sizeof big) && !strcmp(a.why, "greeting too long"),
     "lines without an end");
  part();
  memset(big + len, '\t', 64);
  ok(!meet(big, sizeof big) && !strcmp(a.why, "too many words in a line"),
     "a line of many words");
  part();
}

static struct {
  char const *says;
  enum authclient_result result;
  char const *text; /* challenge, user or why */
  int open;         /* can the connection go on? */
} const answers[] = {
    {"OK\t1\tuser=joe\n", AUTHCLIENT_OK, "joe", 1},
    {"OK\t1\tx\ty=z\tuser=a\001tb\tuser=z\n", AUTHCLIENT_OK, "a\tb", 1},
    {"OK\t1\tuser=joe\tnologin\n", AUTHCLIENT_WRONG, "nologin", 1},
    {"OK\t1\tuser=joe\treason=x\tnologin\n", AUTHCLIENT_WRONG, "x", 1},
    {"OK\t1\tuser=joe\tnologin\tproxy\n", AUTHCLIENT_OK, "joe", 1},
    {"OK\t1\n", AUTHCLIENT_TEMP, "no user in the answer", 0},
    {"OK\t1\tuser=\n", AUTHCLIENT_TEMP, "no user in the answer", 0},
    {"OK\t1\tuser=a\0010b\n", AUTHCLIENT_TEMP, "no user in the answer", 0},
    {"CONT\t1\tQUJD\n", AUTHCLIENT_CONT, "QUJD", 1},
    {"CONT\t1\t\n", AUTHCLIENT_CONT, "", 1},
    {"CONT\t1\n", AUTHCLIENT_CONT, "", 1},
    {"CONT\t1\tQU\001rJD\n", AUTHCLIENT_TEMP, "no base64 in the answer", 0},
    {"CONT\t1\tQU JD\n", AUTHCLIENT_TEMP, "no base64 in the answer", 0},
    {"FAIL\t1\n", AUTHCLIENT_WRONG, "refused", 1},
    {"FAIL\t1\treason=\tcode\n", AUTHCLIENT_WRONG, "refused", 1},
    {"FAIL\t1\tuser=u\n", AUTHCLIENT_WRONG, "refused", 1},
    {"FAIL\t1\tuser=u\treason=not\001now\n", AUTHCLIENT_WRONG, "not\now", 1},
    {"FAIL\t1\tcode=user_disabled\n", AUTHCLIENT_WRONG, "user_disabled", 1},
    {"FAIL\t1\ttemp\n", AUTHCLIENT_TEMP, "refused", 1},
    {"FAIL\t1\tuser=u\tcode=temp_fail\n", AUTHCLIENT_TEMP, "temp_fail", 1},
    {"FAIL\t1\tcode=temp_fail\treason=x\n", AUTHCLIENT_TEMP, "x", 1},
    {"FAIL\t1\treason=temp\n", AUTHCLIENT_WRONG, "temp", 1},
    {"SURE\t1\tuser=joe\n", AUTHCLIENT_TEMP, "unknown answer", 0},
    {"OK\t2\tuser=joe\n", AUTHCLIENT_TEMP, "the server closed", 0},
    {"OK\t01\tuser=joe\n", AUTHCLIENT_TEMP, "the server closed", 0},
    {"OK\n", AUTHCLIENT_TEMP, "the server closed", 0},
    {"FAIL\t7\nOK\t1\tuser=joe\n", AUTHCLIENT_OK, "joe", 1},
    {"OK\t1\tuser=joe", AUTHCLIENT_TEMP, "the server closed", 0},
    {"", AUTHCLIENT_TEMP, "the server closed", 0},
};

static struct authclient_request const request = {.service = "smtp",
                                                  .mechanism = "PLAIN",
                                                  .initial = "AGEAYg==",
                                                  .initial_len = 8};

static char const *text(enum authclient_result r)
{
  if (r == AUTHCLIENT_OK) return a.user.s;
  if (r != AUTHCLIENT_CONT) return a.why;
  stralloc_0(&out);
  return out.s;
}

static void answer(void)
{
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    enum authclient_result r;
    char s[1024];

    snprintf(s, sizeof s, HELLO "DONE\n%s", answers[i].says);
    a.id = 0;
    meet(s, strlen(s));
    r = authclient_start(&a, &request, &out);
    ok(r == answers[i].result && !strcmp(text(r), answers[i].text) &&
           a.open == answers[i].open,
       shown(answers[i].says));
    part();
  }
  a.id = 0;
  meet(big, (size_t)sprintf(big, HELLO "DONE\n%sOK\t1\tuser=a\n",
                            "X\t9\nX\t9\nX\t9\nX\t9\nX\t9\nX\t9\nX\t9\nX\t9\n"
                            "X\t9\nX\t9\nX\t9\nX\t9\nX\t9\nX\t9\nX\t9\nX\t9\n"
                            "X\t9\n"));
  ok(authclient_start(&a, &request, &out) == AUTHCLIENT_TEMP && !a.open &&
         !strcmp(a.why, "no answer among many lines"),
     "lines that are no answer are counted");
  part();
}

#define FIRST "VERSION\t1\t1\nCPID\t%u\n"

static char const *after_first(char const *rest)
{
  static char s[1024];

  snprintf(s, sizeof s, FIRST "%s", (unsigned int)getpid(), rest);
  return s;
}

static void requests(void)
{
  static char const all[] = HELLO "DONE\nOK\t1\tuser=joe\ttoken=t:1\n"
                                  "CONT\t2\tQQ==\nOK\t2\tuser=a\n"
                                  "CONT\t3\t\nFAIL\t4\tuser=b\n";
  static char const last[] =
      HELLO "DONE\nCONT\t4294967295\tQQ==\nOK\t1\tuser=x\n";
  struct authclient_request r = {.service = "pop3",
                                 .mechanism = "cram-md5",
                                 .session = "a\tb",
                                 .remote_ip = "::1",
                                 .local_ip = "192.0.2.1",
                                 .secured = 1,
                                 .cert_user = "c",
                                 .exporter = "00ff",
                                 .endpoint = "11"};

  a.id = 0;
  meet(all, sizeof all - 1);
  ok(wrote(after_first("")), "the greeting");
  ok(authclient_start(&a, &request, &out) == AUTHCLIENT_OK &&
         !strcmp(a.token.s, "t:1"),
     "user and token");
  ok(wrote("AUTH\t1\tPLAIN\tservice=smtp\tnologin\tresp=AGEAYg==\n"),
     "a request");
  ok(authclient_start(&a, &r, &out) == AUTHCLIENT_CONT && !a.user.len &&
         !a.token.len,
     "nothing is left of the attempt before");
  ok(wrote("AUTH\t2\tcram-md5\tservice=pop3\tnologin\tsession=a\001tb\t"
           "lip=192.0.2.1\trip=::1\tsecured\tvalid-client-cert\t"
           "cert_username=c\ttls-exporter=00ff\ttls-server-end-point=11\n"),
     "all that can be said");
  ok(authclient_continue(&a, "QUI=", 4, &out) == AUTHCLIENT_OK &&
         wrote("CONT\t2\tQUI=\n"),
     "and its answer");
  r = request;
  r.initial_len = 0;
  authclient_start(&a, &r, &out);
  ok(wrote("AUTH\t3\tPLAIN\tservice=smtp\tnologin\tresp=\n"),
     "an empty response");
  authclient_cancel(&a);
  ok(wrote("CANCEL\t3\n"), "given up");
  ok(authclient_start(&a, &request, &out) == AUTHCLIENT_WRONG &&
         !strcmp(a.user.s, "b"),
     "and it goes on; who failed");
  ok(wrote("AUTH\t4\tPLAIN\tservice=smtp\tnologin\tresp=AGEAYg==\n"),
     "under a number of its own");
  r.initial = "a\nb";
  r.initial_len = 3;
  ok(authclient_start(&a, &r, &out) == AUTHCLIENT_WRONG && wrote("") &&
         !strcmp(a.why, "no base64"),
     "what is no base64 is not passed on");
  r.mechanism = "LOGIN";
  r.initial = 0;
  ok(authclient_start(&a, &r, &out) == AUTHCLIENT_TEMP && a.open && wrote("") &&
         !strcmp(a.why, "no such mechanism"),
     "nor a mechanism that is not there");
  part();
  ok(authclient_continue(&a, "", 0, &out) == AUTHCLIENT_TEMP,
     "nothing to go on with");
  authclient_cancel(&a);

  a.id = 4294967294u;
  meet(last, sizeof last - 1);
  authclient_start(&a, &request, &out);
  ok(authclient_continue(&a, "\t", 1, &out) == AUTHCLIENT_WRONG,
     "a bad answer ends the attempt");
  ok(wrote(after_first("AUTH\t4294967295\tPLAIN\tservice=smtp\tnologin\t"
                       "resp=AGEAYg==\nCANCEL\t4294967295\n")),
     "which the server is told");
  ok(authclient_start(&a, &request, &out) == AUTHCLIENT_OK, "numbers begin "
                                                            "anew");
  part();
}

/* A server that serves one answer for each connection, n of them, and dies. */
static pid_t server(char const *path, unsigned int n)
{
  struct sockaddr_un sa = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  pid_t pid;

  strcpy(sa.sun_path, path);
  bind(fd, (struct sockaddr *)&sa, sizeof sa);
  listen(fd, 1);
  pid = fork();
  if (!pid) {
    alarm(60); /* only a failing test lets it wait */
    while (n--) {
      char s[512];
      size_t len = 0;
      int c = accept(fd, 0, 0);

      dprintf(c, HELLO "DONE\n");
      while (!memchr(s, 'A', len)) {
        ssize_t r = read(c, s + len, sizeof s - len);
        if (r <= 0) break;
        len += (size_t)r;
      }
      dprintf(c, "OK\t%s\tuser=n%u\n", strtok(strstr(s, "AUTH") + 5, "\t"), n);
      close(c);
    }
    _exit(0);
  }
  close(fd);
  return pid;
}

static void connections(void)
{
  struct authclient b = {.path = "s", .timeout = 20};
  pid_t pid;
  int status;

  unlink("s");
  ok(authclient_start(&b, &request, &out) == AUTHCLIENT_TEMP &&
         !strcmp(b.why, "unable to connect: No such file or directory"),
     "no server");
  pid = server("s", 2);
  ok(authclient_start(&b, &request, &out) == AUTHCLIENT_OK &&
         !strcmp(b.user.s, "n1"),
     "a server");
  ok(b.fd > 2 && b.fd < 16 && fcntl(b.fd, F_GETFD) == FD_CLOEXEC,
     "its descriptor");
  ok(authclient_start(&b, &request, &out) == AUTHCLIENT_OK &&
         !strcmp(b.user.s, "n0"),
     "a connection that broke while it was idle");
  waitpid(pid, &status, 0);
  ok(authclient_start(&b, &request, &out) == AUTHCLIENT_TEMP && !b.open &&
         !strcmp(b.why, "unable to connect: Connection refused"),
     "the server is gone");
  unlink("s");
  pid = server("s", 1);
  ok(authclient_start(&b, &request, &out) == AUTHCLIENT_OK, "and back");
  waitpid(pid, &status, 0);
  authclient_free(&b);
  ok(!b.in.s && !b.user.s && !b.token.s && !b.open, "all is freed");
  unlink("s");

  memset(big, 'x', 200);
  big[200] = 0;
  b.path = big;
  ok(!authclient_open(&b) &&
         !strcmp(b.why, "unable to connect: File name too long"),
     "a long path");
}

/* Connections that nobody accepts, until no more fit. */
static void deadlines(void)
{
  struct authclient b = {.path = "s", .timeout = 0};
  struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "s"};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0), c, n = 0;

  bind(fd, (struct sockaddr *)&sa, sizeof sa);
  listen(fd, 0);
  b.timeout = 1;
  ok(!authclient_open(&b) && !strcmp(b.why, "timeout"), "no greeting in time");
  do {
    c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    n++;
  } while (!connect(c, (struct sockaddr *)&sa, sizeof sa) && n < 100);
  ok(!authclient_open(&b) &&
         !strcmp(b.why, "unable to connect: Connection timed out"),
     "nobody accepts");
  authclient_free(&b);
  unlink("s");
}

int main(void)
{
  greeting();
  bounds();
  answer();
  requests();
  connections();
  deadlines();
  authclient_free(&a);
  stralloc_free(&out);
  return done();
}
