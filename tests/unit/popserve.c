/* Unit test of src/pop3/popserve.c: dialogues over a socket pair. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "popserve.h"
#include "unit.h"

static char replies[65536];
static struct popserve_report report;

static void put(char const *path, char const *text)
{
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

  write(fd, text, strlen(text));
  close(fd);
}

static void fill(void)
{
  put("box/new/1.a.h", "s: one\n\n.dot\nlast");
  put("box/new/2.a.h", "s: two\n\nb\n");
  put("box/new/3.a.h", "");
}

static enum popserve_end talk(char const *in)
{
  static struct conn c;
  enum popserve_end end;
  struct maildrop m;
  size_t n = 0;
  ssize_t r;
  int fd[2];

  socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
  conn_init(&c, fd[0], fd[0], 5, CONN_IN);
  write(fd[1], in, strlen(in));
  shutdown(fd[1], SHUT_WR);
  maildrop_open(&m, "box");
  end = popserve(&c, &m, "USER,SASL PLAIN,", &report);
  maildrop_close(&m);
  close(fd[0]);
  while ((r = read(fd[1], replies + n, sizeof replies - 1 - n)) > 0)
    n += (size_t)r;
  replies[n] = 0;
  close(fd[1]);
  return end;
}

static struct {
  char const *in;
  char const *out; /* after the greeting */
} const t[] = {
    {"STAT", "+OK 3 35\r\n"},
    {"STAT ", "+OK 3 35\r\n"},
    {"STAT 1", "-ERR no argument is allowed\r\n"},
    {"LIST", "+OK\r\n1 22\r\n2 13\r\n3 0\r\n.\r\n"},
    {"LIST 2", "+OK 2 13\r\n"},
    {"LIST 4", "-ERR no such message\r\n"},
    {"LIST 0", "-ERR no such message\r\n"},
    {"LIST 1x", "-ERR a message number is needed\r\n"},
    {"LIST 18446744073709551617", "-ERR a message number is needed\r\n"},
    {"LIST 4294967297", "-ERR no such message\r\n"},
    {"LIST -1", "-ERR a message number is needed\r\n"},
    {"UIDL", "+OK\r\n1 1.a.h\r\n2 2.a.h\r\n3 3.a.h\r\n.\r\n"},
    {"UIDL 3", "+OK 3 3.a.h\r\n"},
    {"RETR 1", "+OK 22 octets\r\ns: one\r\n\r\n..dot\r\nlast\r\n.\r\n"},
    {"RETR 2", "+OK 13 octets\r\ns: two\r\n\r\nb\r\n.\r\n"},
    {"RETR 3", "+OK 0 octets\r\n.\r\n"},
    {"RETR", "-ERR a message number is needed\r\n"},
    {"TOP 1 0", "+OK\r\ns: one\r\n\r\n.\r\n"},
    {"TOP 1 1", "+OK\r\ns: one\r\n\r\n..dot\r\n.\r\n"},
    {"TOP 1 18446744073709551615",
     "+OK\r\ns: one\r\n\r\n..dot\r\nlast\r\n.\r\n"},
    {"TOP 1", "-ERR a message number and a number of lines are needed\r\n"},
    {"TOP 4 1", "-ERR no such message\r\n"},
    {"NOOP", "+OK\r\n"},
    {"CAPA", "+OK\r\nUSER\r\nSASL PLAIN\r\nTOP\r\nUIDL\r\nRESP-CODES\r\n"
             "AUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\n"
             "IMPLEMENTATION postern\r\n.\r\n"},
    {"DELE 2\r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 2\r\nDELE 2\r\nLIST 2\r\nRSET\r\n"
     "STAT",
     "+OK\r\n+OK 2 22\r\n+OK\r\n1 22\r\n3 0\r\n.\r\n"
     "+OK\r\n1 1.a.h\r\n3 3.a.h\r\n.\r\n"
     "-ERR the message is deleted or gone\r\n"
     "-ERR the message is deleted or gone\r\n"
     "-ERR the message is deleted or gone\r\n+OK\r\n+OK 3 35\r\n"},
    {"USER joe", "-ERR you are logged in\r\n"},
    {"XTND x", "-ERR no such command\r\n"},
    {"", "-ERR no such command\r\n"},
    {"QUIT 1", "-ERR no argument is allowed\r\n"},
};

#define GREETING "+OK messages: 3\r\n"

static int replied(char const *want)
{
  size_t n = sizeof GREETING - 1;
  return !strncmp(replies, GREETING, n) && !strcmp(replies + n, want);
}

static int there(char const *path) { return !access(path, F_OK); }

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  mkdir("box", 0700);
  mkdir("box/new", 0700);
  mkdir("box/cur", 0700);
  fill();
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    char in[256];

    strcpy(in, t[i].in);
    strcat(in, "\r\n");
    ok(talk(in) == POPSERVE_EOF && replied(t[i].out),
       strchr(t[i].in, '\r') ? "a deleted message is not there"
       : *t[i].in            ? t[i].in
                             : "(empty line)");
  }

  ok(talk("DELE 1\r\nDELE 2\r\n") == POPSERVE_EOF && there("box/new/1.a.h"),
     "a connection that drops deletes nothing");
  ok(talk("DELE 1\r\nQUIT\nNOOP\r\n") == POPSERVE_BARE &&
         there("box/new/1.a.h") &&
         replied("+OK\r\n-ERR a line must end with CR LF\r\n"),
     "nor does a QUIT that ends in a bare LF");
  ok(talk("DELE 1\r\nRSET\r\nRETR 2\r\nDELE 2\r\nQUIT\r\nDELE 3\r\n") ==
             POPSERVE_QUIT &&
         there("box/cur/1.a.h:2,") && !there("box/new/2.a.h") &&
         !there("box/cur/2.a.h:2,"),
     "QUIT deletes what is marked");
  ok(report.retrieved == 1 && report.octets == 13 && report.removed == 1 &&
         !report.failed,
     "and the report says so");
  return done();
}
