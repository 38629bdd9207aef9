/* Unit test of src/smtp/byserver.c: an auth server that is this test's child,
   and reads from a script. */
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "byserver.h"
#include "dialogue.h"
#include "unit.h"

#define GREETING "VERSION\t1\t2\nSPID\t1\nCUID\t1\nCOOKIE\tx\n"
#define MECHS                                                                  \
  "MECH\tPLAIN\tplaintext\nMECH\tlogin\tplaintext\nMECH\tCRAM-MD5\n"           \
  "MECH\tSCRAM-SHA-256\nMECH\tSCRAM-SHA-256-PLUS\nMECH\tEXTERNAL\n"            \
  "MECH\tANONYMOUS\tanonymous\nMECH\tSECRET\tprivate\n"                        \
  "MECH\tWAY-TOO-LONG-FOR-A-NAME\nMECH\tGSSAPI\n"

static char asked[65536]; /* what the server was sent, of the last session */

/* One connection after the other gets what script says: the greeting, and one
   answer for each line that is not part of the client's greeting. */
static void serve(int listener, char const *const *script)
{
  int conn = accept(listener, 0, 0), out = open("asked", O_WRONLY | O_APPEND);
  FILE *f = fdopen(conn, "r");
  char line[20000];

  dprintf(conn, "%s", *script++);
  while (fgets(line, sizeof line, f)) {
    if (!strncmp(line, "VERSION", 7) || !strncmp(line, "CPID", 4)) continue;
    write(out, line, strlen(line));
    if (!*script) continue;
    if (!**script) break; /* gone */
    dprintf(conn, "%s", *script++);
  }
  exit(0);
}

static pid_t start(char const *const *script)
{
  struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "auth"};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  pid_t pid;

  unlink("auth");
  bind(fd, (struct sockaddr *)&sa, sizeof sa);
  listen(fd, 5);
  close(open("asked", O_WRONLY | O_CREAT | O_TRUNC, 0600));
  fflush(stdout);
  pid = fork();
  if (!pid) serve(fd, script);
  close(fd);
  return pid;
}

/* The replies to in, after the greeting. */
static char const *session(struct settings const *set,
                           char const *const *script, char const *in)
{
  pid_t pid = start(script);
  char const *got = dialogue_rest(set, in);
  int fd;
  ssize_t n;

  waitpid(pid, 0, 0);
  fd = open("asked", O_RDONLY);
  n = read(fd, asked, sizeof asked - 1);
  asked[n > 0 ? n : 0] = 0;
  close(fd);
  return got;
}

static char const *const list[] = {GREETING MECHS "DONE\n", 0};

static void offers(struct settings *set, char const *want, char const *name)
{
  char const *got = session(set, list, "EHLO c\r\n"),
             *auth = strstr(got, "250-AUTH");
  char line[256] = "";

  if (auth) snprintf(line, sizeof line, "%.*s", (int)strcspn(auth, "\r"), auth);
  ok(!strcmp(line, want), name);
  if (strcmp(line, want)) printf("# %s\n", line);
}

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void lists(struct settings *set)
{
  offers(set, "250-AUTH CRAM-MD5 SCRAM-SHA-256 GSSAPI", "in clear");
  set->plain_auth = 1;
  offers(set, "250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 GSSAPI",
         "passwords in clear");
  set->plain_auth = 0;
  set->tls = (struct tlsfacts){.active = 1};
  offers(set, "250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 GSSAPI", "TLS");
  set->named = "login scram-sha-256-plus NOPE";
  offers(set, "250-AUTH LOGIN", "-m");
  set->tls.endpoint = HEX;
  offers(set, "250-AUTH LOGIN", "an end point alone");
  set->named = 0;
  set->tls = (struct tlsfacts){.active = 1, .exporter = HEX};
  offers(set,
         "250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS "
         "GSSAPI",
         "an exporter");
  stralloc_copyb(&set->relaycerts, HEX " mx2", 69);
  set->tls.fingerprint = HEX;
  offers(set,
         "250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS "
         "EXTERNAL GSSAPI",
         "a certificate");
}

static void requests(struct settings *set)
{
  static char const *const right[] = {GREETING MECHS "DONE\n",
                                      "OK\t1\tuser=joe@example.org\n", 0};
  static char const *const rounds[] = {GREETING MECHS "DONE\n",
                                       "CONT\t1\tc2F5\n", "CONT\t1\t\n",
                                       "OK\t1\tuser=joe\n", 0};

  set->remote_ip = "192.0.2.7";
  ok(strstr(session(set, right, "EHLO c\r\nAUTH EXTERNAL =\r\nAUTH LOGIN\r\n"),
            "\r\n235 2.7.0 ok, go ahead\r\n503 5.5.1 you're already") &&
         strstr(asked, "AUTH\t1\tEXTERNAL\tservice=smtp\tnologin\tsession=") ==
             asked &&
         strstr(asked, "\trip=192.0.2.7\tsecured\tvalid-client-cert\t"
                       "cert_username=mx2\ttls-exporter=" HEX "\tresp=\n"),
     "EXTERNAL, and all that is known");
  ok(strstr(session(set, rounds,
                    "EHLO c\r\nAUTH scram-sha-256 YQ==\r\nYg==\r\n\r\n"),
            "\r\n334 c2F5\r\n334 \r\n235 ") &&
         strstr(asked, "\tresp=YQ==\nCONT\t1\tYg==\nCONT\t1\t\n"),
     "a dialogue");
  ok(strstr(session(set, rounds, "EHLO c\r\nAUTH GSSAPI\r\n*\r\nNOOP\r\n"),
            "\r\n334 c2F5\r\n501 5.7.0 auth exchange canceled\r\n250 ") &&
         !strstr(asked, "resp") && strstr(asked, "\nCANCEL\t1\n"),
     "it is cancelled");
}

static char const *const bad[] = {"YQ=",   "YR==", "Y Q==", "YQ==\t", "YQ=*",
                                  "YWJj=", "====", "-_-_",  "YQ",     "="};

static void refused(struct settings *set)
{
  static char const *const script[] = {GREETING MECHS "DONE\n",
                                       "CONT\t1\tc2F5\n", 0};

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char in[128];

    snprintf(in, sizeof in, "EHLO c\r\nAUTH GSSAPI\r\n%s\r\n", bad[i]);
    ok(strstr(session(set, script, in),
              "\r\n334 c2F5\r\n501 5.5.2 malformed auth input\r\n") &&
           strstr(asked, "\nCANCEL\t1\n") && !strstr(asked, "CONT"),
       bad[i]);
    if (!strcmp(bad[i], "=")) continue; /* is the empty one in a command */
    snprintf(in, sizeof in, "EHLO c\r\nAUTH GSSAPI %s\r\n", bad[i]);
    if (!strcmp(bad[i], "YQ==\t")) continue; /* blanks end a command */
    ok(strstr(session(set, script, in), "501 5.5.2") && !*asked, "at once");
  }
}

static void failures(struct settings *set)
{
  static char const *const wrong[] = {GREETING MECHS "DONE\n",
                                      "FAIL\t1\tuser=joe\n", 0};
  static char const *const temp[] = {
      GREETING MECHS "DONE\n", "FAIL\t1\tuser=joe\ttemp\treason=ill\n", 0};
  static char const *const gone[] = {GREETING MECHS "DONE\n", "", 0};
  static char const *const rubbish[] = {GREETING MECHS "DONE\n",
                                        "CONT\t1\tnot base64\n", 0};
  char const *got;

  got = session(set, wrong, "EHLO c\r\nAUTH PLAIN YQ==\r\n");
  ok(strstr(got, "\r\n535 5.7.8 authentication failed\r\n"), "wrong");
  got = session(set, temp, "EHLO c\r\nAUTH PLAIN YQ==\r\n");
  ok(strstr(got, "\r\n454 4.7.0 "), "nobody can tell");
  /* the server is not there any more when it is asked again */
  got = session(set, gone,
                "EHLO c\r\nAUTH PLAIN YQ==\r\nAUTH PLAIN YQ==\r\n"
                "EHLO c\r\n");
  ok(strstr(got, "\r\n454 4.7.0 ") && !strstr(got, "235") &&
         strstr(strstr(got, "454"), "250-AUTH PLAIN"),
     "gone: 454, and what was known is offered");
  got = session(set, rubbish, "EHLO c\r\nAUTH PLAIN YQ==\r\n");
  ok(strstr(got, "\r\n454 4.7.0 ") && !strstr(got, "334"), "rubbish");
  unlink("auth");
  got = dialogue_rest(set, "EHLO c\r\nAUTH PLAIN YQ==\r\nAUTH FOO\r\nNOOP\r\n");
  ok(!strstr(got, "250-AUTH") && strstr(got, "250 HELP\r\n454 4.7.0 ") &&
         strstr(got, "\r\n250 2.0.0"),
     "never there: nothing is offered");
}

/* Whoever does not log in keeps no connection. */
static void idle(struct settings *set)
{
  static char const *const right[] = {GREETING MECHS "DONE\n", 0};

  ok(strstr(session(set, right, "EHLO c\r\nMAIL FROM:<a@b>\r\nRSET\r\n"),
            "250 2.1.0") &&
         !*asked,
     "a session without login");
  ok(!strstr(dialogue_rest(set, "HELO c\r\nMAIL FROM:<a@b>\r\nAUTH PLAIN\r\n"),
             "454"),
     "without EHLO nobody asks");
}

int main(void)
{
  struct settings set = dialogue_settings();

  set.auth_socket = "auth";
  lists(&set);
  requests(&set);
  refused(&set);
  failures(&set);
  idle(&set);
  settings_free(&set);
  return done();
}
