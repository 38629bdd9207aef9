/*
 * connload [-s source] [-6] port n clients: make n connections to the port on
 * loopback, clients of them at a time, each read to its end; print connections
 * per second and the number of bytes that came.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_storage peer, from;
static socklen_t len;
static int epfd;
static unsigned long bytes;

static void die(char const *what)
{
  perror(what);
  exit(111);
}

static void set(struct sockaddr_storage *ss, char const *ip, int port)
{
  struct sockaddr_in *s4 = (struct sockaddr_in *)ss;
  struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)ss;

  if (inet_pton(AF_INET, ip, &s4->sin_addr) == 1) {
    s4->sin_family = AF_INET;
    s4->sin_port = htons((unsigned short)port);
    len = sizeof *s4;
  } else if (inet_pton(AF_INET6, ip, &s6->sin6_addr) == 1) {
    s6->sin6_family = AF_INET6;
    s6->sin6_port = htons((unsigned short)port);
    len = sizeof *s6;
  } else {
    fprintf(stderr, "connload: not an address: %s\n", ip);
    exit(100);
  }
}

static void start(void)
{
  int fd = socket(peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&from, len) < 0) die("bind");
  if (connect(fd, (struct sockaddr *)&peer, len) < 0 && errno != EINPROGRESS)
    die("connect");
  if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev) < 0) die("epoll_ctl");
}

/* 1 when the connection is over. */
static int ended(int fd)
{
  char buf[4096];
  ssize_t n;

  while ((n = read(fd, buf, sizeof buf)) > 0)
    bytes += (unsigned long)n;
  if (n < 0 && errno == EAGAIN) return 0;
  close(fd);
  return 1;
}

int main(int argc, char **argv)
{
  char const *source = "127.0.0.1";
  long n, clients, started = 0, done = 0;
  struct timespec a, b;
  int opt;

  while ((opt = getopt(argc, argv, "s:6")) != -1)
    switch (opt) {
    case 's': source = optarg; break;
    case '6': source = "::1"; break;
    default: return 100;
    }
  if (argc - optind != 3) return 100;
  set(&from, source, 0);
  set(&peer, strchr(source, ':') ? "::1" : "127.0.0.1", atoi(argv[optind]));
  n = atol(argv[optind + 1]);
  clients = atol(argv[optind + 2]);
  epfd = epoll_create1(0);

  clock_gettime(CLOCK_MONOTONIC, &a);
  for (; started < clients && started < n; started++)
    start();
  while (done < n) {
    struct epoll_event ev[64];
    int k = epoll_wait(epfd, ev, 64, 10000);

    if (k <= 0) die("epoll_wait");
    for (int i = 0; i < k; i++) {
      if (!ended(ev[i].data.fd)) continue;
      done++;
      if (started < n) start(), started++;
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("%.1f /s %lu bytes\n",
         (double)n / ((double)(b.tv_sec - a.tv_sec) +
                      (double)(b.tv_nsec - a.tv_nsec) / 1e9),
         bytes);
  return 0;
}
