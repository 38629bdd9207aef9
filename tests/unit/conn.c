/* Unit test of src/lib/conn.c, over a socket pair. */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "conn.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct conn c;

static int open_pair(unsigned int timeout, size_t chunk)
{
  int p[2];

  if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) return -1;
  conn_init(&c, p[0], p[0], timeout, chunk);
  return p[1];
}

static int get(size_t max, enum conn_result want, char const *text)
{
  char *line;
  size_t len;
  enum conn_result r = conn_line(&c, max, &line, &len);

  if (r != want) return 0;
  return r || (len == strlen(text) && !memcmp(line, text, len));
}

static void lines(size_t chunk)
{
  int peer = open_pair(5, chunk);
  static char const in[] = "EHLO x\r\n\r\n"
                           "123456789\r\n"      /* 11: one too long for 10 */
                           "12345678901234\r\n" /* the same by far */
                           "12345678\r\n"       /* 10: fits */
                           "a\rb\r\n"
                           "bare\nQUIT\r\n"
                           "\n"
                           "half";

  write(peer, in, sizeof in - 1);
  shutdown(peer, SHUT_WR);
  ok(get(512, CONN_OK, "EHLO x"), "a line");
  ok(get(512, CONN_OK, ""), "an empty line");
  ok(get(10, CONN_TOO_LONG, 0), "one byte too long");
  ok(get(10, CONN_TOO_LONG, 0), "far too long");
  ok(get(10, CONN_OK, "12345678"), "as long as may be");
  ok(get(512, CONN_BARE, 0), "a bare CR");
  ok(get(512, CONN_BARE, 0), "a bare LF");
  ok(get(512, CONN_OK, "QUIT"), "what follows it is another line");
  ok(get(512, CONN_BARE, 0), "an LF alone");
  ok(get(512, CONN_EOF, 0), "half a line is no line");
  close(peer);
  close(c.fd_in);
}

int main(void)
{
  int peer;

  signal(SIGPIPE, SIG_IGN);

  lines(CONN_IN);
  lines(1);

  peer = open_pair(5, 1);
  write(peer, BYTES("USER x\r\nPASS y\r\n"));
  get(512, CONN_OK, "USER x");
  conn_release(&c);
  {
    char rest[32];
    ok(read(c.fd_in, rest, sizeof rest) == 8 && !memcmp(rest, "PASS y\r\n", 8),
       "chunk 1 leaves the next line to the next program");
  }
  close(peer);
  close(c.fd_in);

  peer = open_pair(0, CONN_IN);
  write(peer, BYTES("no end"));
  ok(get(512, CONN_TIMEOUT, 0), "no line in time");
  close(peer);
  close(c.fd_in);

  peer = open_pair(5, CONN_IN);
  conn_puts(&c, "220 a\r\n");
  conn_puts(&c, "250 b\r\n");
  write(peer, BYTES("x\r\n"));
  get(512, CONN_OK, "x");
  {
    char got[64];
    ok(recv(peer, got, sizeof got, MSG_DONTWAIT) == -1,
       "nothing is written while input is waiting");
    shutdown(peer, SHUT_WR);
    conn_flush(&c);
    ok(read(peer, got, sizeof got) == 14, "then all replies at once");
  }
  close(peer);
  conn_puts(&c, "x");
  ok(conn_flush(&c) == CONN_ERROR || conn_flush(&c) == CONN_ERROR,
     "a client that is gone is an error");
  close(c.fd_in);

  peer = open_pair(0, CONN_IN);
  {
    static char big[1 << 22];
    conn_put(&c, big, sizeof big);
    ok(conn_flush(&c) != CONN_OK, "a client that does not read runs out");
  }
  close(peer);
  close(c.fd_in);

  peer = open_pair(100, CONN_IN);
  conn_until(&c, 0);
  ok(get(512, CONN_TIMEOUT, 0), "the session's own end comes first");
  return done();
}
