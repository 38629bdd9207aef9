/* Unit test of src/accept/resolver.c: a name server of our own, in a child. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "addr.h"
#include "resolver.h"
#include "unit.h"

/* Names and types of the questions that it knows, and its answers: a wire
   format name or an address. */
static struct {
  char const *question;
  unsigned int type;
  char const *data;
  size_t len;
} const zone[] = {
    {"1.2.0.192.in-addr.arpa", 12, "\2MX\7example\3org", 16},
    {"2.2.0.192.in-addr.arpa", 12, "\4liar\7example\3org", 18},
    {"3.2.0.192.in-addr.arpa", 12, "\5a b;c\7example\3org", 19},
    {"mx.example.org", 1, "\300\0\2\1", 4},
    {"liar.example.org", 1, "\300\0\2\3", 4},
    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
     12, "\2v6\7example\3org", 16},
    {"v6.example.org", 28, "\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16},
};

/* The question's name as text; returns its length on the wire. */
static size_t read_name(unsigned char const *q, char *out)
{
  size_t n = 0;

  while (q[n]) {
    for (unsigned int i = 1; i <= q[n]; i++)
      *out++ =
          (char)(q[n + i] >= 'A' && q[n + i] <= 'Z' ? q[n + i] + 32 : q[n + i]);
    n += q[n] + 1u;
    *out++ = q[n] ? '.' : 0;
  }
  return n + 1;
}

static size_t reply(unsigned char *m)
{
  char name[300];
  size_t n = 12 + read_name(m + 12, name), q = n + 4;
  unsigned int type = m[n + 1];

  m[2] = 0x85, m[3] = 0;
  m[10] = m[11] = 0; /* no EDNS */
  for (size_t i = 0; i < sizeof zone / sizeof *zone; i++) {
    unsigned char const head[] = {0xc0, 12, 0, (unsigned char)type,
                                  0,    1,  0, 0,
                                  0,    9,  0, (unsigned char)zone[i].len};

    if (strcmp(name, zone[i].question) || type != zone[i].type) continue;
    m[7] = 1;
    memcpy(m + q, head, sizeof head);
    memcpy(m + q + sizeof head, zone[i].data, zone[i].len);
    return q + sizeof head + zone[i].len;
  }
  m[3] = 3;
  return q;
}

static pid_t name_server(uint16_t *port)
{
  struct sockaddr_in sa = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof sa;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  unsigned char m[1500];
  pid_t pid;

  bind(fd, (struct sockaddr *)&sa, len);
  getsockname(fd, (struct sockaddr *)&sa, &len);
  *port = ntohs(sa.sin_port);
  if ((pid = fork())) return pid;
  for (;;) {
    ssize_t n = recvfrom(fd, m, 512, 0, (struct sockaddr *)&sa, &len);
    /* 198.51.100.x gets no answer at all */
    if (n > 20 && !memmem(m, (size_t)n, "\003198", 4))
      sendto(fd, m, reply(m), 0, (struct sockaddr *)&sa, len);
  }
}

static int answers;
static uint64_t answered_id;
static char answered[HOSTNAME_MAX + 1];

static void answer(void *context, uint64_t id, char const *name)
{
  (void)context;
  answers++;
  answered_id = id;
  strcpy(answered, name ? name : "");
}

static struct {
  char const *ip;
  int paranoid;
  char const *want;
} const t[] = {
    {"192.0.2.1", 0, "mx.example.org"},
    {"192.0.2.1", 1, "mx.example.org"},
    {"192.0.2.2", 0, "liar.example.org"},
    {"192.0.2.2", 1, ""}, /* points to somebody else */
    {"192.0.2.3", 0, ""}, /* bytes that no host name has */
    {"192.0.2.4", 0, ""}, /* no name */
    {"2001:db8::1", 0, "v6.example.org"},
    {"2001:db8::1", 1, "v6.example.org"},
    {"2001:db8::2", 1, ""},
};

static void ask(struct resolver *r, char const *ip, int paranoid)
{
  struct epoll_event ev[8];
  int before = answers;
  ip46 a;

  addr_scan(ip, &a);
  resolver_ask(r, 42, &a, paranoid);
  while (answers == before) {
    int n = epoll_wait(r->epfd, ev, 8, resolver_wait(r, -1));
    for (int i = 0; i < n; i++)
      resolver_event(r, (int)(uint32_t)ev[i].data.u64, ev[i].events);
    resolver_event(r, -1, 0);
  }
}

int main(void)
{
  struct resolver *r = malloc(sizeof *r);
  char server[32];
  uint16_t port;
  pid_t pid = name_server(&port);
  int epfd = epoll_create1(0);
  ip46 silent;

  snprintf(server, sizeof server, "127.0.0.1:%u", port);
  ok(!resolver_init(r, epfd, 0, 20, server, answer, 0), "start");
  ok(resolver_wait(r, -1) == -1 && resolver_wait(r, 7) == 7, "nothing to do");
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    ask(r, t[i].ip, t[i].paranoid);
    ok(answered_id == 42 && !strcmp(answered, t[i].want), t[i].ip);
  }
  addr_scan("198.51.100.1", &silent);
  answers = 0;
  for (uint32_t i = 0; i <= RESOLVER_MAX; i++)
    resolver_ask(r, i, &silent, 0);
  ok(answers == 1 && answered_id == RESOLVER_MAX && !*answered,
     "one question too many is answered at once");
  ok(resolver_wait(r, -1) > 0, "there is a deadline");
  resolver_free(r);
  ok(answers == RESOLVER_MAX + 1 && !r->under_way, "all come back at the end");
  free(r);
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
  return done();
}
