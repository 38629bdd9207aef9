#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "apart.h"
#include "pending.h"
#include "proxyproto.h"

#define SECOND UINT64_C(1000000000)
#define NONE UINT32_MAX
#define GENERATIONS 0xffffffu

/* Which answer of the resolver: in the top byte of its question's number. */
#define REMOTE (UINT64_C(1) << 56)
#define LOCAL (UINT64_C(2) << 56)

int pending_init(struct pending *p, int epfd, uint64_t tag,
                 struct pending_wish const *wish, struct resolver *resolver,
                 struct pending_calls const *calls, void *context)
{
  memset(p, 0, sizeof *p);
  p->epfd = epfd;
  p->tag = tag;
  p->wish = *wish;
  p->calls = *calls;
  p->context = context;
  p->resolver = resolver;
  p->slots = apart_alloc(PENDING_MAX * sizeof *p->slots);
  if (!p->slots) return 0;
  for (uint32_t i = 0; i < PENDING_MAX; i++)
    p->slots[i].next = i + 1 < PENDING_MAX ? i + 1 : NONE;
  return 1;
}

void pending_free(struct pending *p)
{
  apart_free(p->slots);
  p->slots = 0;
}

int pending_full(struct pending const *p) { return p->free == NONE; }

static uint64_t name_of(struct pending const *p, struct pending_slot const *s)
{
  return (uint64_t)s->generation << 32 | (uint64_t)(s - p->slots);
}

/* The slot that an event or an answer is for, or 0 if it is gone. */
static struct pending_slot *slot_of(struct pending *p, uint64_t name)
{
  uint32_t i = (uint32_t)name;

  if (i >= PENDING_MAX || p->slots[i].state == PENDING_FREE ||
      p->slots[i].generation != (name >> 32 & GENERATIONS))
    return 0;
  return p->slots + i;
}

static struct pending_slot *take(struct pending *p, struct client const *c,
                                 enum pending_state state, uint64_t deadline)
{
  struct pending_slot *s = p->slots + p->free;

  p->free = s->next;
  p->n++;
  s->state = state;
  s->client = *c;
  s->deadline = deadline;
  s->questions = 0;
  s->ident = -1;
  s->len = 0;
  return s;
}

static void give_back(struct pending *p, struct pending_slot *s)
{
  if (s->ident >= 0) close(s->ident);
  p->ready -= s->state == PENDING_READY;
  s->state = PENDING_FREE;
  s->generation = (s->generation + 1) & GENERATIONS;
  s->next = p->free;
  p->free = (uint32_t)(s - p->slots);
  p->n--;
}

static int watch(struct pending *p, struct pending_slot *s, int fd,
                 uint32_t events)
{
  struct epoll_event ev = {.events = events,
                           .data.u64 = p->tag | name_of(p, s)};
  return epoll_ctl(p->epfd, EPOLL_CTL_ADD, fd, &ev);
}

/* --- the proxy's header --- */

static void header_done(struct pending *p, struct pending_slot *s,
                        enum pending_header result)
{
  struct client c = s->client;

  epoll_ctl(p->epfd, EPOLL_CTL_DEL, c.fd, 0);
  give_back(p, s);
  p->calls.header(p->context, &c, result);
}

static enum pending_header take_header(struct client *c,
                                       enum proxyproto_result r, char *buf,
                                       struct proxyproto const *h)
{
  if (recv(c->fd, buf, h->len, MSG_DONTWAIT) != (ssize_t)h->len)
    return PENDING_HEADER_BAD;
  if (r == PROXYPROTO_CLIENT) {
    c->remote = h->source;
    c->local = h->destination;
    c->remote_port = h->source_port;
    c->local_port = h->destination_port;
  }
  return PENDING_HEADER_GOOD;
}

static void read_header(struct pending *p, struct pending_slot *s)
{
  char buf[PROXYPROTO_MAX];
  ssize_t n = recv(s->client.fd, buf, sizeof buf, MSG_PEEK | MSG_DONTWAIT);
  enum proxyproto_result r;
  struct proxyproto h;

  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    header_done(p, s, PENDING_HEADER_EOF);
    return;
  }
  r = proxyproto_parse(buf, (size_t)n, &h);
  if (r == PROXYPROTO_MORE) return;
  header_done(p, s,
              r == PROXYPROTO_BAD ? PENDING_HEADER_BAD
                                  : take_header(&s->client, r, buf, &h));
}

void pending_header(struct pending *p, struct client const *c, uint64_t now)
{
  struct pending_slot *s =
      take(p, c, PENDING_HEADER, now + PENDING_HEADER_SECONDS * SECOND);

  /* edge-triggered: what was looked at and not taken must not wake us again */
  if (watch(p, s, c->fd, EPOLLIN | EPOLLRDHUP | EPOLLET) < 0)
    header_done(p, s, PENDING_HEADER_BAD);
  else
    read_header(p, s);
}

/* --- names and ident --- */

static void offer(struct pending *p, struct pending_slot *s)
{
  if (!p->calls.names(p->context, &s->client)) {
    p->ready += s->state != PENDING_READY;
    s->state = PENDING_READY;
    return;
  }
  give_back(p, s);
}

static void end_lookup(struct pending *p, struct pending_slot *s)
{
  if (s->ident >= 0) close(s->ident);
  s->ident = -1;
  s->questions = 0;
  s->generation = (s->generation + 1) & GENERATIONS; /* late answers */
  offer(p, s);
}

static void answered(struct pending *p, struct pending_slot *s)
{
  if (!--s->questions) end_lookup(p, s);
}

void pending_answer(void *context, uint64_t id, char const *name)
{
  struct pending *p = context;
  struct pending_slot *s = slot_of(p, id);

  if (!s || s->state != PENDING_LOOKUP) return;
  if (name)
    strcpy(id & REMOTE ? s->client.remote_host : s->client.local_host, name);
  answered(p, s);
}

static void ident_done(struct pending *p, struct pending_slot *s)
{
  close(s->ident);
  s->ident = -1;
  answered(p, s);
}

static void ident_event(struct pending *p, struct pending_slot *s,
                        uint32_t events)
{
  struct client *c = &s->client;
  char const *lf;
  ssize_t n;

  if (events & EPOLLOUT) {
    struct epoll_event ev = {.events = EPOLLIN,
                             .data.u64 = p->tag | name_of(p, s)};
    char query[IDENT_QUERY_FMT];
    size_t len = ident_query(query, c->remote_port, c->local_port);

    if (send(s->ident, query, len, MSG_NOSIGNAL) != (ssize_t)len ||
        epoll_ctl(p->epfd, EPOLL_CTL_MOD, s->ident, &ev) < 0)
      ident_done(p, s);
    return;
  }
  n = recv(s->ident, s->line + s->len, sizeof s->line - s->len, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n > 0) {
    s->len += (size_t)n;
    lf = memchr(s->line, '\n', s->len);
    if (!lf && s->len < sizeof s->line) return;
    if (lf)
      ident_parse(s->line, (size_t)(lf - s->line), c->remote_port,
                  c->local_port, c->remote_info);
  }
  ident_done(p, s);
}

static int ident_connect(struct client const *c)
{
  int fd = socket(ip46_is6(&c->remote) ? AF_INET6 : AF_INET,
                  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0) return -1;
  if (socket_bind46(fd, &c->local, 0) < 0 ||
      (socket_connect46(fd, &c->remote, IDENT_PORT) < 0 &&
       errno != EINPROGRESS)) {
    close(fd);
    return -1;
  }
  return fd;
}

static void ask_ident(struct pending *p, struct pending_slot *s)
{
  s->ident = ident_connect(&s->client);
  if (s->ident < 0) return;
  s->questions++;
  if (watch(p, s, s->ident, EPOLLOUT) < 0) ident_done(p, s);
}

static struct pending_slot *oldest(struct pending *p, enum pending_state state)
{
  struct pending_slot *found = 0;

  for (struct pending_slot *s = p->slots; s < p->slots + PENDING_MAX; s++)
    if (s->state == state && (!found || s->deadline < found->deadline))
      found = s;
  return found;
}

void pending_lookup(struct pending *p, struct client const *c, uint64_t now)
{
  struct pending_slot *s =
      take(p, c, PENDING_LOOKUP, now + p->wish.seconds * SECOND);
  uint64_t name = name_of(p, s);

  s->questions = 1; /* ours, so that an answer at once does not end it */
  if (p->wish.hosts) {
    s->questions++;
    resolver_ask(p->resolver, REMOTE | name, &c->remote, p->wish.paranoid);
  }
  if (p->wish.local_host) {
    s->questions++;
    resolver_ask(p->resolver, LOCAL | name, &c->local, 0);
  }
  if (p->wish.info) ask_ident(p, s);
  answered(p, s);
  if (pending_full(p) && (s = oldest(p, PENDING_LOOKUP))) end_lookup(p, s);
}

/* --- events and time --- */

void pending_event(struct pending *p, uint64_t data, uint32_t events)
{
  struct pending_slot *s = slot_of(p, data);

  if (!s) return;
  if (s->state == PENDING_HEADER)
    read_header(p, s);
  else if (s->state == PENDING_LOOKUP && s->ident >= 0)
    ident_event(p, s, events);
}

void pending_expire(struct pending *p, uint64_t now)
{
  if (!p->n) return;
  for (struct pending_slot *s = p->slots; s < p->slots + PENDING_MAX; s++) {
    if (s->deadline > now) continue;
    if (s->state == PENDING_HEADER)
      header_done(p, s, PENDING_HEADER_LATE);
    else if (s->state == PENDING_LOOKUP)
      end_lookup(p, s);
  }
}

void pending_retry(struct pending *p)
{
  struct pending_slot *s;
  uint32_t before;

  while (p->ready && (s = oldest(p, PENDING_READY))) {
    before = p->ready;
    offer(p, s);
    if (p->ready == before) return;
  }
}

int pending_wait(struct pending const *p, uint64_t now, int most)
{
  uint64_t next = UINT64_MAX, ms;

  if (p->n == p->ready) return most;
  for (struct pending_slot *s = p->slots; s < p->slots + PENDING_MAX; s++)
    if ((s->state == PENDING_HEADER || s->state == PENDING_LOOKUP) &&
        s->deadline < next)
      next = s->deadline;
  ms = next > now ? (next - now + 999999) / 1000000 : 0;
  return most < 0 || ms < (uint64_t)most ? (int)ms : most;
}
