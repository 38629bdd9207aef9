#include "mx.h"

#include <string.h>
#include <time.h>
#include <arpa/nameser.h>
#include <sys/select.h>

#include <ares.h>

#include "addr.h"
#include "text.h"

#define TRIES 3
#define ADDRESSES 32

struct asking {
  ares_channel channel;
  struct mx_here const *here;
};

/* --- addresses --- */

/* One question about a host; which of the hosts is told by name. */
struct host {
  struct asking *a;
  struct mx_question *q;
  char name[MX_NAME + 1];
};

struct domain {
  struct asking *a;
  struct mx_question *q;
  size_t n;
  struct host host[MX_HOSTS];
};

static int is_own(struct mx_here const *here, ip46 const *ip)
{
  for (size_t i = 0; i < here->nown; i++)
    if (addr_equal(here->own + i, ip)) return 1;
  return 0;
}

static void found(struct mx_question *q, int own, char const *via)
{
  if (q->answer == MX_HERE) return;
  if (own || q->answer != MX_ELSEWHERE) strcpy(q->via, via);
  q->answer = own ? MX_HERE : MX_ELSEWHERE;
}

static void on_a(void *arg, int status, int timeouts, unsigned char *msg,
                 int len)
{
  struct ares_addrttl x[ADDRESSES];
  struct host *h = arg;
  int n = ADDRESSES;

  (void)timeouts;
  if (status != ARES_SUCCESS ||
      ares_parse_a_reply(msg, len, 0, x, &n) != ARES_SUCCESS)
    return;
  for (int i = 0; i < n; i++) {
    ip46 ip;

    ip46_from_ip4(&ip, (char *)&x[i].ipaddr);
    found(h->q, is_own(h->a->here, &ip), h->name);
  }
}

static void on_aaaa(void *arg, int status, int timeouts, unsigned char *msg,
                    int len)
{
  struct ares_addr6ttl x[ADDRESSES];
  struct host *h = arg;
  int n = ADDRESSES;

  (void)timeouts;
  if (status != ARES_SUCCESS ||
      ares_parse_aaaa_reply(msg, len, 0, x, &n) != ARES_SUCCESS)
    return;
  for (int i = 0; i < n; i++) {
    ip46 ip;

    ip46_from_ip6(&ip, (char *)&x[i].ip6addr);
    found(h->q, is_own(h->a->here, &ip), h->name);
  }
}

static void ask_host(struct domain *d, char const *name)
{
  struct host *h = d->host + d->n;

  if (d->n == MX_HOSTS || strlen(name) > MX_NAME) return;
  d->n++;
  *h = (struct host){.a = d->a, .q = d->q};
  strcpy(h->name, name);
  ares_query(d->a->channel, name, ns_c_in, ns_t_a, on_a, h);
  ares_query(d->a->channel, name, ns_c_in, ns_t_aaaa, on_aaaa, h);
}

/* --- domains --- */

static int is_me(struct mx_here const *here, char const *name)
{
  size_t n = strlen(name);

  if (n && name[n - 1] == '.') n--;
  return here->me && text_equal(here->me, strlen(here->me), name, n);
}

/* There is at least one. */
static void hosts(struct domain *d, struct ares_mx_reply const *x)
{
  if (!*x->host && !x->next) { /* RFC 7505 */
    d->q->answer = MX_NONE;
    return;
  }
  for (; x; x = x->next) {
    if (strlen(x->host) > MX_NAME) continue;
    if (is_me(d->a->here, x->host)) {
      found(d->q, 1, x->host);
      return;
    }
    ask_host(d, x->host);
  }
}

static void on_mx(void *arg, int status, int timeouts, unsigned char *msg,
                  int len)
{
  struct ares_mx_reply *x = 0;
  struct domain *d = arg;

  (void)timeouts;
  if (status == ARES_SUCCESS) status = ares_parse_mx_reply(msg, len, &x);
  switch (status) {
  case ARES_SUCCESS: hosts(d, x); break;
  case ARES_ENODATA:
    d->q->answer = MX_NONE;
    d->q->implicit = 1;
    ask_host(d, d->q->domain);
    break;
  case ARES_ENOTFOUND: d->q->answer = MX_NONE; break;
  default: break;
  }
  ares_free_data(x);
}

static time_t now(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts.tv_sec;
}

static void wait(struct asking *a, unsigned int seconds)
{
  time_t until = now() + (time_t)seconds, left;

  while ((left = until - now()) > 0) {
    struct timeval most = {left, 0}, tv, *t;
    fd_set in, out;
    int n;

    FD_ZERO(&in);
    FD_ZERO(&out);
    n = ares_fds(a->channel, &in, &out);
    if (!n) return;
    t = ares_timeout(a->channel, &most, &tv);
    if (select(n, &in, &out, 0, t) < 0) continue;
    ares_process(a->channel, &in, &out);
  }
}

char const *mx_ask(struct mx_question *q, size_t n, struct mx_here const *here,
                   unsigned int seconds)
{
  struct ares_options o = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                           .timeout = (int)(seconds * 1000 / 8),
                           .tries = TRIES,
                           .lookups = (char[]){"b"}};
  struct asking a = {.here = here};
  struct domain d[MX_DOMAINS];
  int r = ares_init_options(&a.channel, &o,
                            ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
                                ARES_OPT_TRIES | ARES_OPT_LOOKUPS);

  if (r != ARES_SUCCESS) return ares_strerror(r);
  if (here->servers) r = ares_set_servers_ports_csv(a.channel, here->servers);
  for (size_t i = 0; r == ARES_SUCCESS && i < n && i < MX_DOMAINS; i++) {
    d[i].a = &a;
    d[i].q = q + i;
    d[i].n = 0;
    ares_query(a.channel, q[i].domain, ns_c_in, ns_t_mx, on_mx, d + i);
  }
  wait(&a, seconds);
  ares_destroy(a.channel);
  return r == ARES_SUCCESS ? 0 : ares_strerror(r);
}

/* --- judgement --- */

static void refused(struct findings *f, struct place at,
                    struct mx_question const *q)
{
  if (q->answer != MX_HERE || (q->implicit && q->silent)) return;
  if (q->implicit)
    FINDING(f, ADVICE, at, "mail for ", q->domain,
            " comes here, by its address, and is refused");
  else
    FINDING(f, FAULT, at, "mail for ", q->domain, " comes here, by its MX ",
            q->via, ", and is refused");
  COMMAND(f, "echo % >>%", q->domain, at.file);
}

static void missed(struct findings *f, struct place at,
                   struct mx_question const *q)
{
  switch (q->answer) {
  case MX_HERE: return;
  case MX_UNKNOWN:
    finding_unseen(f, (struct place){q->domain, 0}, "no answer from the DNS");
    finding_hint(f, "see that the name servers answer, and look again");
    return;
  case MX_NONE:
    FINDING(f, ADVICE, at, "mail for ", q->domain,
            " is taken, and the DNS does not say where to send it");
    break;
  case MX_ELSEWHERE:
    FINDING(f, ADVICE, at, "mail for ", q->domain,
            " is taken, and the world sends it to ", q->via, "");
    break;
  }
  finding_hint(f, "give it an MX that is here, or take the line out");
}

void mx_exam(struct findings *f, char const *path, struct mx_question const *q,
             size_t n)
{
  struct place at = {path, 0};

  for (size_t i = 0; i < n; i++)
    (q[i].taken ? missed : refused)(f, at, q + i);
}
