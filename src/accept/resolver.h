/*
 * resolver - names of addresses from the DNS, without waiting.
 *
 * c-ares on the listener's epoll descriptor.  The number of questions under way
 * is bounded, and so is what each may take.  A name is told only if it is clean
 * (hostname.h) and, if asked for, points back to the address; else there is
 * none.
 */
#ifndef POSTERN_RESOLVER_H
#define POSTERN_RESOLVER_H

#include <stdint.h>

#include <skalibs/ip46.h>

#include "hostname.h"

#define RESOLVER_MAX 2048 /* questions under way */

/* Told once for each question, perhaps before resolver_ask returns; name is 0
   if there is none. */
typedef void resolver_answer(void *context, uint64_t id, char const *name);

struct resolver_question {
  struct resolver *resolver;
  uint64_t id;
  ip46 ip;
  int paranoid;
  uint32_t next;
  char name[HOSTNAME_MAX + 1];
};

struct resolver {
  struct ares_channeldata *channel;
  int epfd;
  uint64_t tag;
  resolver_answer *answer;
  void *context;
  uint32_t under_way;
  uint32_t free;
  struct resolver_question questions[RESOLVER_MAX];
};

/*
 * Events of the resolver's sockets come to epfd with data tag | descriptor.
 * seconds bounds one question.  servers is a list as in POSTERN_DNS, or 0:
 * /etc/resolv.conf.  0, or the reason why it cannot work.
 */
extern char const *resolver_init(struct resolver *r, int epfd, uint64_t tag,
                                 unsigned int seconds, char const *servers,
                                 resolver_answer *answer, void *context);
extern void resolver_free(struct resolver *r);

extern void resolver_ask(struct resolver *r, uint64_t id, ip46 const *ip,
                         int paranoid);

/* events is epoll's; fd -1 with 0 when resolver_wait's time has come. */
extern void resolver_event(struct resolver *r, int fd, uint32_t events);

/* Milliseconds until it wants to be called, at most most. */
extern int resolver_wait(struct resolver *r, int most);

#endif
