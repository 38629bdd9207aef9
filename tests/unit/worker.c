/* worker - connections, in a fork; tests/tls has the rest. */
#include "worker.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
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

/* Our ends of a connection. */
struct ends {
  int control, client, data;
};

/* And of a worker. */
static int pair, life, through;
static pid_t pid;

static void start(unsigned int idle)
{
  int p[2], l[2], t[2];

  socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p);
  pipe(l);
  pipe(t);
  pid = fork();
  if (!pid) {
    struct worker_config const config = {.ctx = tls->ctx,
                                         .pair = p[1],
                                         .life = l[0],
                                         .through = t[1],
                                         .place = 7,
                                         .idle = idle};

    close(p[0]);
    close(l[1]);
    close(t[0]);
    worker_run(&config);
  }
  close(p[1]);
  close(l[0]);
  close(t[1]);
  pair = p[0];
  life = l[1];
  through = t[0];
}

static struct ends give(unsigned int handshake)
{
  struct worker_job job = {.facts = 1,
                           .turn = 9,
                           .deadline = worker_clock() + handshake * 1000,
                           .session = "s.1",
                           .ip = "::1"};
  int p[3][2];

  for (int i = 0; i < 3; i++)
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p[i]);
  job.control = p[0][1];
  job.client = p[1][1];
  job.data = p[2][1];
  worker_give(pair, &job);
  for (int i = 0; i < 3; i++)
    close(p[i][1]);
  return (struct ends){p[0][0], p[1][0], p[2][0]};
}

static void end(struct ends const *e)
{
  close(e->control);
  close(e->client);
  close(e->data);
}

static int is_free(void)
{
  char c[2];

  return recv(pair, c, sizeof c, 0) == 1 && *c == WORKER_FREE;
}

static int finish(void)
{
  int status = -1;

  close(pair);
  waitpid(pid, &status, 0);
  close(life);
  close(through);
  return status;
}

static unsigned int descriptors(void)
{
  char path[64];
  unsigned int n = 0;
  DIR *d;

  snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
  d = opendir(path);
  while (d && readdir(d))
    n++;
  if (d) closedir(d);
  return n;
}

static void talking(int version)
{
  struct ends e = give(60);
  SSL *ssl = tlsclient(e.client, version);
  struct worker_through t;
  char s[4096];
  ssize_t n;

  ok(SSL_do_handshake(ssl) == 1, "a handshake");
  ok(read(through, &t, sizeof t) == sizeof t && t.place == 7 && t.turn == 9,
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
  ok(is_free() && recv(e.control, s, 1, 0) == 0 && recv(e.client, s, 1, 0) == 0,
     "then it is free, and has nothing of it");
  end(&e);
}

static void several(void)
{
  unsigned int before, after;

  start(60);
  talking(TLS1_2_VERSION);
  before = descriptors();
  talking(TLS1_3_VERSION);
  talking(TLS1_3_VERSION);
  after = descriptors();
  ok(before == after && before, "no descriptor stays");
  ok(finish() == 0, "it ends when nobody can give it any more");
}

/* It must be free then. */
static void failing(void)
{
  struct ends e;
  char c;

  start(60);
  e = give(60);
  send(e.client, "EHLO x\r\nEHLO x\r\n", 16, 0);
  ok(recv(e.control, &c, 1, 0) == 0, "no TLS: not a word to the application");
  ok(is_free(), "no TLS: free");
  end(&e);
  e = give(0);
  ok(recv(e.control, &c, 1, 0) == 0 && is_free(), "a deadline");
  end(&e);
  talking(TLS1_3_VERSION);
  ok(finish() == 0, "one that works after those");
}

static void ending(void)
{
  struct ends e;
  SSL *ssl;
  char c;

  start(60);
  e = give(60);
  ok(write(life, "", 1) == 1 && recv(e.control, &c, 1, 0) == 0 && finish() == 0,
     "told to end");
  end(&e);
  start(60);
  e = give(60);
  close(life);
  life = -1;
  send(e.client, "EHLO x\r\nEHLO x\r\n", 16, 0);
  ok(recv(e.control, &c, 1, 0) == 0 && is_free() && finish() == 0,
     "nobody left to tell: goes on");
  end(&e);
  start(60);
  e = give(60);
  close(pair);
  pair = -1;
  ssl = tlsclient(e.client, TLS1_3_VERSION);
  ok(SSL_do_handshake(ssl) == 1 && SSL_write(ssl, "x", 1) == 1 &&
         recv(e.data, &c, 1, 0) == 1,
     "without a master it serves whom it has");
  SSL_free(ssl);
  end(&e);
  ok(finish() == 0, "and ends");
  start(60);
  kill(pid, SIGKILL);
  ok(recv(pair, &c, 1, 0) == 0, "one that died");
  e = give(60);
  ok(recv(e.control, &c, 1, 0) == 0, "takes nothing");
  end(&e);
  finish();
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
  several();
  failing();
  ending();
  return done();
}
