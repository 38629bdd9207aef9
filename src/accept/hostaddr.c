#include <string.h>
#include <netdb.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <ares.h>

#include "addr.h"
#include "hostaddr.h"

struct answer {
  ip46 *ip;
  int status;
};

static void on_answer(void *arg, int status, int timeouts, struct hostent *h)
{
  struct answer *a = arg;

  (void)timeouts;
  a->status = status;
  if (status != ARES_SUCCESS) return;
  if (!h->h_addr_list[0])
    a->status = ARES_ENODATA;
  else
    ip46_from_ip(a->ip, h->h_addr_list[0], h->h_addrtype == AF_INET6);
}

static void wait_for_all(ares_channel channel)
{
  for (;;) {
    fd_set in, out;
    struct timeval tv;
    int n;

    FD_ZERO(&in);
    FD_ZERO(&out);
    n = ares_fds(channel, &in, &out);
    if (!n) return;
    select(n, &in, &out, 0, ares_timeout(channel, 0, &tv));
    ares_process(channel, &in, &out);
  }
}

int hostaddr_find(char const *name, ip46 *ip, char const **why)
{
  static int const families[] = {AF_INET, AF_INET6};
  struct answer a = {.ip = ip};
  ares_channel channel;

  if (!strcmp(name, "localhost")) return addr_scan("127.0.0.1", ip);
  a.status = ares_library_init(ARES_LIB_INIT_ALL);
  if (a.status == ARES_SUCCESS) a.status = ares_init(&channel);
  if (a.status != ARES_SUCCESS) {
    *why = ares_strerror(a.status);
    return -1;
  }
  for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
    ares_gethostbyname(channel, name, families[i], on_answer, &a);
    wait_for_all(channel);
    if (a.status == ARES_SUCCESS) break;
  }
  ares_destroy(channel);
  switch (a.status) {
  case ARES_SUCCESS: return 1;
  case ARES_ENOTFOUND:
  case ARES_ENODATA:
  case ARES_EBADNAME: return 0;
  default: *why = ares_strerror(a.status); return -1;
  }
}
