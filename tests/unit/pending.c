/* Unit test of src/accept/pending.c: proxy headers and deadlines; names are in
   tests/unit/resolver.c, all together in tests/accept. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "pending.h"
#include "unit.h"

#define SEC UINT64_C(1000000000)

static struct {
  int headers; /* how often called */
  int names;
  int room; /* what names shall say */
  enum pending_header result;
  struct client client;
} seen;

static void on_header(void *context, struct client *c, enum pending_header r)
{
  (void)context;
  seen.headers++;
  seen.result = r;
  seen.client = *c;
}

static int on_names(void *context, struct client *c)
{
  (void)context;
  seen.names++;
  seen.client = *c;
  return seen.room;
}

static struct client client(int fd)
{
  struct client c;

  memset(&c, 0, sizeof c);
  c.fd = fd;
  addr_scan("127.0.0.1", &c.remote);
  addr_scan("127.0.0.1", &c.local);
  c.remote_port = 4200;
  c.local_port = 1; /* nobody's */
  return c;
}

static int events(struct pending *p)
{
  struct epoll_event ev[8];
  int n = epoll_wait(p->epfd, ev, 8, 0);

  for (int i = 0; i < n; i++)
    pending_event(p, ev[i].data.u64 & UINT64_C(0xffffffffffffff), ev[i].events);
  return n;
}

static void header(struct pending *p)
{
  char const line[] = "PROXY TCP4 192.0.2.1 192.0.2.2 42 25\r\n", rest[] = "HI";
  char buf[10];
  struct client c;
  int s[2];

  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  c = client(s[0]);
  memset(&seen, 0, sizeof seen);
  pending_header(p, &c, SEC);
  ok(!seen.headers && p->n == 1, "no header yet");
  ok(pending_wait(p, SEC, -1) == PENDING_HEADER_SECONDS * 1000 &&
         pending_wait(p, SEC, 5) == 5,
     "its deadline");
  write(s[1], line, 10);
  events(p);
  ok(!seen.headers && !events(p), "a part of it wakes once");
  write(s[1], line + 10, sizeof line - 11);
  write(s[1], rest, 2);
  events(p);
  ok(seen.headers == 1 && seen.result == PENDING_HEADER_GOOD && !p->n &&
         seen.client.remote_port == 42 && seen.client.local_port == 25,
     "the whole");
  ok(read(s[0], buf, sizeof buf) == 2 && !memcmp(buf, "HI", 2),
     "what follows it is left");
  pending_header(p, &c, SEC);
  write(s[1], "EHLO\r\n", 6);
  events(p);
  ok(seen.headers == 2 && seen.result == PENDING_HEADER_BAD,
     "no header at all");
  read(s[0], buf, sizeof buf);
  pending_header(p, &c, SEC);
  pending_expire(p, SEC * 10);
  ok(seen.headers == 2, "time is left");
  pending_expire(p, SEC * 11);
  ok(seen.headers == 3 && seen.result == PENDING_HEADER_LATE, "too late");
  pending_header(p, &c, SEC);
  close(s[1]);
  events(p);
  ok(seen.headers == 4 && seen.result == PENDING_HEADER_EOF, "closed");
  close(s[0]);
}

static void room(struct pending *p)
{
  struct client c = client(-1);

  memset(&seen, 0, sizeof seen);
  pending_lookup(p, &c, SEC);
  ok(seen.names == 1 && p->ready == 1 && p->n == 1,
     "nothing to look up and no room: it waits");
  pending_expire(p, SEC * 1000);
  ok(p->n == 1 && pending_wait(p, SEC, -1) == -1, "without a deadline");
  pending_retry(p);
  ok(seen.names == 2 && p->ready == 1, "still no room");
  seen.room = 1;
  pending_retry(p);
  ok(seen.names == 3 && !p->ready && !p->n, "room");
}

static void ident(struct pending *p)
{
  struct client c = client(-1);

  memset(&seen, 0, sizeof seen);
  seen.room = 1;
  p->wish.info = 1;
  p->wish.seconds = 5;
  pending_lookup(p, &c, SEC);
  for (int i = 0; i < 1000 && !seen.names; i++)
    events(p);
  pending_expire(p, SEC * 7);
  ok(seen.names == 1 && !*seen.client.remote_info && !p->n,
     "no ident server, or no answer");
  p->wish.info = 0;
}

static void full(struct pending *p)
{
  struct client c;
  int s[2];

  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  memset(&seen, 0, sizeof seen);
  for (int i = 0; i < PENDING_MAX; i++) {
    c = client(dup(s[0]));
    pending_header(p, &c, SEC);
  }
  ok(pending_full(p) && !seen.headers, "full");
  pending_expire(p, SEC * 1000);
  ok(!p->n && seen.headers == PENDING_MAX && !pending_full(p), "and empty");
}

int main(void)
{
  struct pending_calls const calls = {on_header, on_names};
  struct pending_wish const wish = {0};
  struct pending p;

  ok(pending_init(&p, epoll_create1(0), UINT64_C(2) << 56, &wish, 0, &calls, 0),
     "start");
  header(&p);
  room(&p);
  ident(&p);
  full(&p);
  pending_free(&p);
  return done();
}
