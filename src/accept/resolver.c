#include <string.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <sys/epoll.h>

#include <ares.h>

#include "addr.h"
#include "resolver.h"

#define TRIES 3
#define ADDRESSES_MAX 32
#define NONE UINT32_MAX

/* in-addr.arpa or ip6.arpa: 4 or 32 labels, from the last to the first */
#define ARPA_MAX 80

static void arpa(char out[ARPA_MAX], ip46 const *ip)
{
  static char const hex[] = "0123456789abcdef";
  unsigned char const *a = (unsigned char const *)ip->ip;
  char *s = out;

  if (!ip46_is6(ip)) {
    unsigned char const b[4] = {a[3], a[2], a[1], a[0]};
    inet_ntop(AF_INET, b, out, ARPA_MAX);
    strcat(out, ".in-addr.arpa");
    return;
  }
  for (int i = 15; i >= 0; i--) {
    *s++ = hex[a[i] & 15];
    *s++ = '.';
    *s++ = hex[a[i] >> 4];
    *s++ = '.';
  }
  strcpy(s, "ip6.arpa");
}

static void finish(struct resolver_question *q, char const *name)
{
  struct resolver *r = q->resolver;
  uint64_t id = q->id;
  char copy[HOSTNAME_MAX + 1];

  if (name) strcpy(copy, name);
  q->next = r->free;
  r->free = (uint32_t)(q - r->questions);
  r->under_way--;
  r->answer(r->context, id, name ? copy : 0);
}

static int points_to4(unsigned char *msg, int len, ip46 const *ip)
{
  struct ares_addrttl a[ADDRESSES_MAX];
  int n = ADDRESSES_MAX;

  if (ares_parse_a_reply(msg, len, 0, a, &n) != ARES_SUCCESS) return 0;
  for (int i = 0; i < n; i++)
    if (!memcmp(&a[i].ipaddr, ip->ip, 4)) return 1;
  return 0;
}

static int points_to6(unsigned char *msg, int len, ip46 const *ip)
{
  struct ares_addr6ttl a[ADDRESSES_MAX];
  int n = ADDRESSES_MAX;

  if (ares_parse_aaaa_reply(msg, len, 0, a, &n) != ARES_SUCCESS) return 0;
  for (int i = 0; i < n; i++)
    if (!memcmp(&a[i].ip6addr, ip->ip, 16)) return 1;
  return 0;
}

static void on_address(void *arg, int status, int timeouts, unsigned char *msg,
                       int len)
{
  struct resolver_question *q = arg;
  int yes = status == ARES_SUCCESS &&
            (ip46_is6(&q->ip) ? points_to6 : points_to4)(msg, len, &q->ip);

  (void)timeouts;
  finish(q, yes ? q->name : 0);
}

static int name_in(unsigned char *msg, int len, ip46 const *ip,
                   char name[HOSTNAME_MAX + 1])
{
  struct hostent *he;
  int r;

  if (ares_parse_ptr_reply(msg, len, ip->ip, (int)addr_bits(ip) / 8,
                           ip46_is6(ip) ? AF_INET6 : AF_INET,
                           &he) != ARES_SUCCESS)
    return 0;
  r = he->h_name && hostname_clean(he->h_name, name);
  ares_free_hostent(he);
  return r;
}

static void on_name(void *arg, int status, int timeouts, unsigned char *msg,
                    int len)
{
  struct resolver_question *q = arg;

  (void)timeouts;
  if (status != ARES_SUCCESS || !name_in(msg, len, &q->ip, q->name))
    finish(q, 0);
  else if (!q->paranoid)
    finish(q, q->name);
  else
    ares_query(q->resolver->channel, q->name, ns_c_in,
               ip46_is6(&q->ip) ? ns_t_aaaa : ns_t_a, on_address, q);
}

static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
  struct resolver *r = arg;
  struct epoll_event ev = {.data.u64 = r->tag | (uint32_t)fd};

  if (!readable && !writable) {
    epoll_ctl(r->epfd, EPOLL_CTL_DEL, fd, 0);
    return;
  }
  ev.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
  if (epoll_ctl(r->epfd, EPOLL_CTL_MOD, fd, &ev) < 0)
    epoll_ctl(r->epfd, EPOLL_CTL_ADD, fd, &ev);
}

char const *resolver_init(struct resolver *r, int epfd, uint64_t tag,
                          unsigned int seconds, char const *servers,
                          resolver_answer *answer, void *context)
{
  struct ares_options o = {
      .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
      .timeout = (int)(seconds * 1000 / 7), /* doubles: 1 + 2 + 4 */
      .tries = TRIES,
      .sock_state_cb = on_socket,
      .sock_state_cb_data = r,
      .lookups = (char[]){"b"},
  };
  int e;

  memset(r, 0, sizeof *r);
  r->epfd = epfd;
  r->tag = tag;
  r->answer = answer;
  r->context = context;
  for (uint32_t i = 0; i < RESOLVER_MAX; i++)
    r->questions[i].next = i + 1 < RESOLVER_MAX ? i + 1 : NONE;
  e = ares_library_init(ARES_LIB_INIT_ALL);
  if (!e)
    e = ares_init_options(&r->channel, &o,
                          ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                              ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS);
  if (!e && servers) e = ares_set_servers_ports_csv(r->channel, servers);
  return e ? ares_strerror(e) : 0;
}

void resolver_free(struct resolver *r)
{
  if (r->channel) ares_destroy(r->channel);
  r->channel = 0;
}

void resolver_ask(struct resolver *r, uint64_t id, ip46 const *ip, int paranoid)
{
  struct resolver_question *q = r->questions + r->free;
  char name[ARPA_MAX];

  if (r->free == NONE) {
    r->answer(r->context, id, 0);
    return;
  }
  r->free = q->next;
  r->under_way++;
  q->resolver = r;
  q->id = id;
  q->ip = *ip;
  q->paranoid = paranoid;
  arpa(name, ip);
  ares_query(r->channel, name, ns_c_in, ns_t_ptr, on_name, q);
}

void resolver_event(struct resolver *r, int fd, uint32_t events)
{
  ares_process_fd(r->channel,
                  events & ~(uint32_t)EPOLLOUT ? fd : ARES_SOCKET_BAD,
                  events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
}

int resolver_wait(struct resolver *r, int most)
{
  struct timeval tv, *t;
  long ms;

  if (!r->channel || !r->under_way) return most;
  t = ares_timeout(r->channel, 0, &tv);
  if (!t) return most;
  ms = t->tv_sec * 1000 + (t->tv_usec + 999) / 1000;
  return most < 0 || ms < most ? (int)ms : most;
}
