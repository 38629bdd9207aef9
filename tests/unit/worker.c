/* worker - one connection, in a fork; tests/tls has the rest. */
#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "selfsigned.h"
#include "tlsclient.h"
#include "tlsctx.h"
#include "unit.h"

static struct tickets tickets;
static struct tlsctx *tls;

/* Our ends. */
struct ends {
  int control, client, data, life, done;
  pid_t pid;
};

static struct ends start(unsigned int handshake, unsigned int idle)
{
  int p[3][2], life[2], finished[2];
  struct ends e;

  for (int i = 0; i < 3; i++)
    socketpair(AF_UNIX, SOCK_STREAM, 0, p[i]);
  pipe(life);
  pipe(finished);
  e = (struct ends){p[0][0], p[1][0], p[2][0], life[1], finished[0], fork()};
  if (!e.pid) {
    struct worker_job const job = {
        .ctx = tls->ctx,
        .control = p[0][1],
        .client = p[1][1],
        .data = p[2][1],
        .life = life[0],
        .done = finished[1],
        .facts = 1,
        .session = "s.1",
        .ip = "::1",
        .deadline = worker_clock() + handshake * 1000,
        .idle = idle,
    };

    for (int i = 0; i < 3; i++)
      close(p[i][0]);
    close(life[1]);
    close(finished[0]);
    worker_run(&job);
  }
  for (int i = 0; i < 3; i++)
    close(p[i][1]);
  close(life[0]);
  close(finished[1]);
  return e;
}

static int finish(struct ends const *e)
{
  int status = -1;

  waitpid(e->pid, &status, 0);
  close(e->control);
  close(e->client);
  close(e->data);
  close(e->life);
  close(e->done);
  return status;
}

static void talking(int version)
{
  struct ends e = start(60, 60);
  SSL *ssl = tlsclient(e.client, version);
  char s[4096];
  pid_t pid = 0;
  ssize_t n;

  ok(SSL_do_handshake(ssl) == 1, "a handshake");
  ok(read(e.done, &pid, sizeof pid) == sizeof pid && pid == e.pid,
     "the master is told");
  n = recv(e.control, s, sizeof s, 0);
  ok(n > 20 && !memcmp(s, "SSL_PROTOCOL=TLSv1.", 19) && !s[n - 1] && !s[n - 2],
     "so is the application");
  ok(recv(e.control, s, 1, 0) == 0, "and no more");
  ok(SSL_write(ssl, "to", 2) == 2 && recv(e.data, s, sizeof s, 0) == 2 &&
         !memcmp(s, "to", 2),
     "to the application");
  ok(send(e.data, "from", 4, 0) == 4 && SSL_read(ssl, s, sizeof s) == 4 &&
         !memcmp(s, "from", 4),
     "from it");
  shutdown(e.data, SHUT_WR);
  ok(SSL_read(ssl, s, sizeof s) == 0 &&
         SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN,
     "its end is a close_notify");
  ok(SSL_write(ssl, "more", 4) == 4 && recv(e.data, s, sizeof s, 0) == 4,
     "the other direction goes on");
  SSL_shutdown(ssl);
  ok(recv(e.data, s, sizeof s, 0) == 0, "until it ends");
  SSL_free(ssl);
  ok(finish(&e) == 0, "and then the process");
}

static void failing(void)
{
  struct ends e = start(60, 60);
  char c;

  send(e.client, "EHLO x\r\nEHLO x\r\n", 16, 0);
  ok(recv(e.control, &c, 1, 0) == 0, "no TLS: not a word to the application");
  ok(finish(&e) == 0, "no TLS: ends");
  e = start(0, 60);
  ok(recv(e.control, &c, 1, 0) == 0 && finish(&e) == 0, "a deadline");
  e = start(60, 60);
  ok(write(e.life, "", 1) == 1 && recv(e.control, &c, 1, 0) == 0 &&
         finish(&e) == 0,
     "told to end");
  e = start(60, 60);
  close(e.life);
  e.life = -1;
  send(e.client, "EHLO x\r\nEHLO x\r\n", 16, 0);
  ok(recv(e.control, &c, 1, 0) == 0 && finish(&e) == 0,
     "nobody left to tell: goes on");
}

int main(void)
{
  stralloc c = STRALLOC_ZERO, k = STRALLOC_ZERO, bundle = STRALLOC_ZERO;
  struct bundle_entry e = {"default", {"FILE", 0, 0}, {"KEY", 0, 0}};
  char why[CERTSET_WHY];

  signal(SIGPIPE, SIG_IGN);
  selfsigned("EC", "ec", &c, &k);
  e.cert = (struct bundle_file){"FILE", c.s, c.len};
  e.key = (struct bundle_file){"KEY", k.s, k.len};
  bundle_add(&bundle, &e);
  tls = tlsctx_make(bundle.s, bundle.len, &tickets, 100, why);
  if (!tls) return 1;
  dup2(open("log", O_CREAT | O_WRONLY | O_APPEND, 0600), 2);
  talking(TLS1_2_VERSION);
  talking(TLS1_3_VERSION);
  failing();
  return done();
}
