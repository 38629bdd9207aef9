/*
 * pending - clients that something must be learnt about before they are judged:
 * the proxy's header, names from the DNS, the ident user.
 *
 * Nobody waits for them: they sit in a table of fixed size, each with one
 * deadline, on the listener's epoll descriptor.  They do not count as programs
 * running (-c), so that dead name servers do not stop the service; when the
 * table is full, the oldest lookup is ended without its answers.
 */
#ifndef POSTERN_PENDING_H
#define POSTERN_PENDING_H

#include <stdint.h>

#include "client.h"
#include "ident.h"
#include "resolver.h"

#define PENDING_MAX 512
#define PENDING_HEADER_SECONDS 10

enum pending_header {
  PENDING_HEADER_GOOD, /* the client's addresses are the real ones now */
  PENDING_HEADER_BAD,
  PENDING_HEADER_LATE,
  PENDING_HEADER_EOF,
};

/* The client and its descriptor belong to the function that is called.  names
   returns 0 if it has no room for it just now: pending_retry asks again. */
struct pending_calls {
  void (*header)(void *context, struct client *c, enum pending_header result);
  int (*names)(void *context, struct client *c);
};

enum pending_state {
  PENDING_FREE,
  PENDING_HEADER,
  PENDING_LOOKUP,
  PENDING_READY
};

struct pending_slot {
  enum pending_state state;
  uint32_t generation; /* tells an event of this client from one before it */
  uint32_t next;
  unsigned int questions; /* under way, the ident one included */
  int ident;              /* descriptor, or -1 */
  uint64_t deadline;
  size_t len;
  char line[IDENT_LINE_MAX];
  struct client client;
};

/* What is to be looked up. */
struct pending_wish {
  int hosts;
  int paranoid;
  int local_host;
  int info;
  unsigned int seconds;
};

struct pending {
  int epfd;
  uint64_t tag;
  struct pending_wish wish;
  struct pending_calls calls;
  void *context;
  struct resolver *resolver; /* 0 if no names are wanted */
  uint32_t n;
  uint32_t ready;
  uint32_t free;
  struct pending_slot *slots;
};

/* Events come to epfd with data tag | 56 bits that pending_event wants.  0 if
   there is no memory.  The resolver is to answer to pending_answer. */
extern int pending_init(struct pending *p, int epfd, uint64_t tag,
                        struct pending_wish const *wish,
                        struct resolver *resolver,
                        struct pending_calls const *calls, void *context);
extern void pending_free(struct pending *p);
extern int pending_full(struct pending const *p);

/* Take c over: wait for a PROXY header.  now in nanoseconds.  Only when it is
   not full. */
extern void pending_header(struct pending *p, struct client const *c,
                           uint64_t now);

/* Take c over and look up what is wished. */
extern void pending_lookup(struct pending *p, struct client const *c,
                           uint64_t now);

extern resolver_answer pending_answer;
extern void pending_event(struct pending *p, uint64_t data, uint32_t events);

/* End what is past its deadline. */
extern void pending_expire(struct pending *p, uint64_t now);
/* Offer again who was ready and found no room, the oldest first. */
extern void pending_retry(struct pending *p);
/* Milliseconds to the next deadline, at most most (-1: no bound). */
extern int pending_wait(struct pending const *p, uint64_t now, int most);

#endif
