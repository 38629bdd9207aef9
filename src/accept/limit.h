/*
 * limit - how many connections an address has, and whose child is whose.
 *
 * A client is counted from the moment it is known until its program has ended.
 * An IPv6 client counts as its /64: that is what one customer gets.  All memory
 * is taken by limit_init; one entry for each connection that may be in flight.
 */
#ifndef POSTERN_LIMIT_H
#define POSTERN_LIMIT_H

#include <stdint.h>
#include <sys/types.h>

#include <skalibs/ip46.h>

#define LIMIT_NONE UINT32_MAX

struct limit_address {
  ip46 key;
  uint32_t count;
  uint32_t next;
};

struct limit_child {
  pid_t pid;
  uint32_t address;
  uint32_t next;
};

/* Two tables of chains; entry numbers instead of pointers. */
struct limit {
  uint32_t max;
  uint32_t mask; /* chains - 1, of both tables */
  uint64_t seed;
  uint32_t children;
  uint32_t free_address;
  uint32_t free_child;
  uint32_t *address_chains;
  uint32_t *child_chains;
  struct limit_address *addresses;
  struct limit_child *child;
};

/* The network that ip is counted as. */
extern ip46 limit_key(ip46 const *ip);

/* For at most max connections.  seed is random: who chooses the addresses must
   not be able to choose the chains.  0 if there is no memory. */
extern int limit_init(struct limit *l, uint32_t max, uint64_t seed);
extern void limit_free(struct limit *l);

/* One connection more from ip: the address's entry, to be given back by
   limit_leave; LIMIT_NONE if max are in flight already. */
extern uint32_t limit_enter(struct limit *l, ip46 const *ip);
extern void limit_leave(struct limit *l, uint32_t address);
/* Connections of that address, this one included. */
extern uint32_t limit_count(struct limit const *l, uint32_t address);

/* The connection is now that process: limit_end leaves for it. */
extern void limit_child(struct limit *l, pid_t pid, uint32_t address);
/* 0 if it was no child of ours. */
extern int limit_end(struct limit *l, pid_t pid);

/* Send a signal to every child. */
extern void limit_signal(struct limit const *l, int signal);

#endif
