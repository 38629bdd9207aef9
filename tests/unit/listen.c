/* Unit test of src/accept/listen.c. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "listen.h"
#include "unit.h"

static struct {
  char const *in;
  char const *host; /* 0 if refused */
  char const *port;
} const cut[] = {
    {"127.0.0.1:25", "127.0.0.1", "25"},
    {"[::1]:smtp", "::1", "smtp"},
    {":25", "", "25"},
    {"localhost:0", "localhost", "0"},
    {"::1:25", 0, 0},
    {"[::1]", 0, 0},
    {"[127.0.0.1]:25", 0, 0},
    {"127.0.0.1:", 0, 0},
    {"127.0.0.1", 0, 0},
    {"", 0, 0},
};

static struct {
  char const *in;
  int want;
  unsigned int port;
} const ports[] = {{"25", 1, 25},     {"0", 1, 0},      {"65535", 1, 65535},
                   {"65536", -1, 0},  {"99999", -1, 0}, {"4294967321", -1, 0},
                   {"25x", 0, 0},     {"-25", 0, 0},    {"", 0, 0},
                   {"nonsense", 0, 0}};

static struct {
  char const *in;
  char const *want; /* 0 if there is none */
} const hosts[] = {{"", "0.0.0.0"},
                   {"0", "0.0.0.0"},
                   {"127.0.0.2", "127.0.0.2"},
                   {"::", "::"},
                   {"::ffff:127.0.0.1", "127.0.0.1"},
                   {"localhost", "127.0.0.1"}};

static void open_and_adopt(void)
{
  struct listen_socket l, m;
  char const *why;
  ip46 ip;
  int fd;

  addr_scan("127.0.0.1", &ip);
  ok(!listen_open(&l, &ip, 0, 20, 1) && l.port && !l.any && !l.ip6, "IPv4");
  why = listen_open(&m, &ip, l.port, 20, 0);
  ok(why && !strcmp(why, "bind") && errno == EADDRINUSE, "in use");
  fd = l.fd;
  ok(listen_adopt(&m, fd, 0) && m.port == l.port && m.fd != fd &&
         fcntl(m.fd, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_GETFD) < 0,
     "adopted");
  close(m.fd);
  addr_scan("0.0.0.0", &ip);
  ok(!listen_open(&l, &ip, 0, 20, 0) && l.any, "IPv4 wildcard");
  close(l.fd);
  addr_scan("::", &ip);
  ok(!listen_open(&l, &ip, 0, 20, 0) && l.any && l.ip6, "IPv6 wildcard");
  close(l.fd);
  fd = open("/dev/null", O_RDONLY);
  ok(!listen_adopt(&l, fd, 0) && errno == ENOTSOCK, "no socket");
  close(fd);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  ok(!listen_adopt(&l, fd, 0) && errno == EINVAL, "does not listen");
  close(fd);
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  listen(fd, 1);
  ok(!listen_adopt(&l, fd, 0), "a unix socket");
}

int main(void)
{
  for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
    char host[LISTEN_HOST_MAX + 1];
    char const *port;
    int r = listen_cut(cut[i].in, host, &port);

    ok(cut[i].host
           ? r && !strcmp(host, cut[i].host) && !strcmp(port, cut[i].port)
           : !r,
       cut[i].in);
  }
  for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
    uint16_t port = 0;
    int r = listen_port(ports[i].in, &port);

    ok(r == ports[i].want && (r < 1 || port == ports[i].port), ports[i].in);
  }
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    char got[ADDR_FMT];
    char const *why;
    ip46 ip;

    ok(listen_host(hosts[i].in, &ip, &why) == 1 && addr_fmt(got, &ip) &&
           !strcmp(got, hosts[i].want),
       hosts[i].in);
  }
  open_and_adopt();
  return done();
}
