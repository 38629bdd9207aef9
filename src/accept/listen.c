#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include "addr.h"
#include "etc.h"
#include "hostaddr.h"
#include "listen.h"
#include "whole.h"

int listen_port(char const *s, uint16_t *port)
{
  stralloc sa = STRALLOC_ZERO;
  struct etc_text services;
  int r = 0;

  if (*s && !s[strspn(s, "0123456789")]) return uint160_scan(s, port) ? 1 : -1;
  if (whole_path("/etc/services", &sa, ETC_MAX)) {
    services = (struct etc_text){sa.s, sa.len};
    r = etc_port(&services, s, port);
  }
  stralloc_free(&sa);
  return r;
}

int listen_cut(char const *s, char host[LISTEN_HOST_MAX + 1], char const **port)
{
  char const *colon = strrchr(s, ':');
  size_t n = colon ? (size_t)(colon - s) : 0;

  if (!colon || !colon[1] || n > LISTEN_HOST_MAX) return 0;
  *port = colon + 1;
  if (n >= 2 && *s == '[' && s[n - 1] == ']') {
    s++;
    n -= 2;
    if (!memchr(s, ':', n)) return 0;
  } else if (memchr(s, ':', n)) {
    return 0;
  }
  memcpy(host, s, n);
  host[n] = 0;
  return 1;
}

int listen_host(char const *s, ip46 *ip, char const **why)
{
  if (!*s || !strcmp(s, "0")) s = "0.0.0.0";
  return addr_scan(s, ip) ? 1 : hostaddr_find(s, ip, why);
}

static int is_any(ip46 const *ip)
{
  ip46 any = *ip;

  addr_mask(&any, 0);
  return addr_equal(ip, &any);
}

static void set(int fd, int level, int option)
{
  int one = 1;
  setsockopt(fd, level, option, &one, sizeof one);
}

static int bind_to(int fd, ip46 const *ip, uint16_t port)
{
  int only = !is_any(ip);

  set(fd, SOL_SOCKET, SO_REUSEADDR);
  if (ip46_is6(ip) &&
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) < 0)
    return -1;
  return socket_bind46(fd, ip, port);
}

/* What the kernel says it is bound to. */
static int look(struct listen_socket *l)
{
  struct sockaddr_storage ss;
  socklen_t len = sizeof ss;

  if (getsockname(l->fd, (struct sockaddr *)&ss, &len) < 0) return 0;
  errno = EAFNOSUPPORT;
  if (!addr_from_sockaddr(&ss, &l->ip, &l->port)) return 0;
  l->any = is_any(&l->ip);
  l->ip6 = ss.ss_family == AF_INET6;
  return 1;
}

char const *listen_open(struct listen_socket *l, ip46 const *ip, uint16_t port,
                        int backlog, int no_delay)
{
  l->fd = socket(ip46_is6(ip) ? AF_INET6 : AF_INET,
                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (l->fd < 0) return "create socket";
  if (bind_to(l->fd, ip, port) < 0) return "bind";
  if (listen(l->fd, backlog) < 0) return "listen";
  /* an accepted socket inherits it */
  if (no_delay) set(l->fd, IPPROTO_TCP, TCP_NODELAY);
  return look(l) ? 0 : "get local address";
}

int listen_adopt(struct listen_socket *l, int fd, int no_delay)
{
  int listening = 0;
  socklen_t len = sizeof listening;

  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0) return 0;
  errno = EINVAL;
  if (!listening) return 0;
  /* out of the way of the program's descriptors */
  l->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (l->fd < 0) return 0;
  close(fd);
  if (fcntl(l->fd, F_SETFL, fcntl(l->fd, F_GETFL) | O_NONBLOCK) < 0) return 0;
  if (no_delay) set(l->fd, IPPROTO_TCP, TCP_NODELAY);
  return look(l);
}
