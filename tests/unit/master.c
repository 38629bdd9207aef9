/* master - certificates in, answers out; tests/tls has the rest. */
#include "master.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "bundle.h"
#include "channel.h"
#include "handover.h"
#include "selfsigned.h"
#include "tickets.h"
#include "tlsclient.h"
#include "unit.h"
#include "unixlisten.h"

static int connect_to(char const *path)
{
  struct sockaddr_storage ss;
  socklen_t len = sizeof ss;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0), l = *(int const *)path;

  getsockname(l, (struct sockaddr *)&ss, &len);
  connect(fd, (struct sockaddr *)&ss, len);
  return fd;
}

/* One private connection, to its end. */
static int serves(int listener)
{
  int control = connect_to((char const *)&listener), client[2], data[2], good;
  char s[4096];
  SSL *ssl;

  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data);
  handover_send(control, client[1], data[1], "s.1", "::1");
  close(client[1]);
  close(data[1]);
  write(control, "Y", 1);
  ssl = tlsclient(client[0], TLS1_3_VERSION);
  good = SSL_do_handshake(ssl) == 1 && recv(control, s, sizeof s, 0) > 0 &&
         SSL_write(ssl, "x", 1) == 1 && recv(data[0], s, 1, 0) == 1;
  SSL_free(ssl);
  close(client[0]);
  close(data[0]);
  close(control);
  return good;
}

int main(void)
{
  stralloc c = STRALLOC_ZERO, k = STRALLOC_ZERO, bundle = STRALLOC_ZERO,
           reply = STRALLOC_ZERO;
  struct bundle_entry e = {"a.example", {"FILE", 0, 0}, {"KEY", 0, 0}};
  struct master_config config = {.sessions = 10,
                                 .handshakes = 2,
                                 .connections = 3,
                                 .deadline = 60,
                                 .idle = 60,
                                 .tickets = 100,
                                 .quiet = 1};
  struct tickets tickets = {1, {{{1}, {2}, {3}}}};
  struct unixlisten u;
  int fd[2], life[2], status = -1;
  char s;
  pid_t pid;

  signal(SIGPIPE, SIG_IGN);
  selfsigned("EC", "ec", &c, &k);
  e.cert = (struct bundle_file){"FILE", c.s, c.len};
  e.key = (struct bundle_file){"KEY", k.s, k.len};
  bundle_add(&bundle, &e);
  if (!unixlisten_open(&u, "s", 0600) || !channel_make(fd) || pipe(life))
    return 1;
  config.listener = u.fd;
  config.channel = fd[1];
  config.life = life[0];
  pid = fork();
  if (!pid) {
    close(fd[0]);
    close(life[1]);
    master_run(&config);
  }
  close(fd[1]);
  ok(channel_send(fd[0], CHANNEL_TICKETS, &tickets, sizeof tickets) &&
         channel_send(fd[0], CHANNEL_CERTS, "x", 1) &&
         channel_receive(fd[0], &reply, MASTER_REASON) == CHANNEL_BAD &&
         !strcmp(reply.s, "bundle: damaged"),
     "a bad bundle");
  ok(channel_send(fd[0], CHANNEL_CERTS, bundle.s, bundle.len) &&
         channel_receive(fd[0], &reply, MASTER_REASON) == CHANNEL_GOOD &&
         !strcmp(reply.s, "a.example"),
     "a good one, and who is served by default");
  ok(serves(u.fd) && serves(u.fd), "connections");
  channel_send(fd[0], CHANNEL_CERTS, "x", 1);
  ok(channel_receive(fd[0], &reply, MASTER_REASON) == CHANNEL_BAD &&
         serves(u.fd),
     "a bad one changes nothing");
  channel_send(fd[0], CHANNEL_DRAIN, "", 0);
  ok(recv(fd[0], &s, 1, 0) == 0 && waitpid(pid, &status, 0) == pid && !status,
     "told to end, it ends");
  unixlisten_close(&u);
  return done();
}
