/* Unit test of src/smtp/smtp.c: how a session begins and ends. */
#include "dialogue.h"
#include "limits.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *name;
  char const *in;
  size_t n;
  int code;
  char const *want; /* after the greeting */
} const t[] = {
    {"QUIT", BYTES("QUIT\r\n"), 0, "221 2.0.0 mx.example\r\n"},
    {"nothing", BYTES(""), 0, ""},
    {"half a line", BYTES("QUI"), 0, ""},
    {"a bare LF", BYTES("NOOP\nQUIT\r\n"), 1,
     "500 5.5.2 bare CR or LF in a command\r\n"},
    {"a bare CR", BYTES("NOOP\rQUIT\r\n"), 1,
     "500 5.5.2 bare CR or LF in a command\r\n"},
    {"nothing after QUIT", BYTES("QUIT\r\nNOOP\r\n"), 0,
     "221 2.0.0 mx.example\r\n"},
};

int main(void)
{
  struct settings set = dialogue_settings();
  static char many[LIMIT_ERRORS * 8];
  size_t n = 0;
  int code;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    char const *got = dialogue(&set, t[i].in, t[i].n, &code);

    ok(!strncmp(got, "220 mx.example ESMTP\r\n", 22) &&
           !strcmp(got + 22, t[i].want) && code == t[i].code,
       t[i].name);
  }
  for (int i = 0; i <= LIMIT_ERRORS; i++)
    n += (size_t)sprintf(many + n, "FOO\r\n");
  ok(strstr(dialogue(&set, many, n, &code), "421 4.7.0 too many errors\r\n") &&
         code == 1,
     "too many errors");
  set.timeout = 0;
  {
    static struct conn conn;
    int p[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    conn_init(&conn, p[0], p[0], 0, CONN_IN);
    close(open("log", O_WRONLY | O_CREAT, 0600));
    ok(smtp_run(&set, &conn) == 99, "a client that says nothing");
    close(p[0]);
    close(p[1]);
  }
  settings_free(&set);
  return done();
}
