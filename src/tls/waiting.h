/*
 * waiting - the connections that a master holds for others: a table of places.
 * Pure: it opens, reads and closes nothing.
 *
 *   WAITING_NEW    accepted; the handover has not come.  Has a deadline.
 *   WAITING_PLAIN  the session is plain, and may be for ever
 *   WAITING_TURN   TLS was asked for.  Has a deadline, and takes its turn.
 *
 * Times are of any unit and origin, and never go back.
 */
#ifndef POSTERN_WAITING_H
#define POSTERN_WAITING_H

#include <stdint.h>

#include "handover.h"

#define WAITING_NONE UINT32_MAX

enum waiting_state {
  WAITING_FREE,
  WAITING_NEW,
  WAITING_PLAIN,
  WAITING_TURN,
};

struct waiting_place {
  enum waiting_state state;
  int control;
  int facts; /* the answer is wanted: Y, not y */
  struct handover handover;
  uint64_t deadline;
  uint32_t next; /* the rest is private */
  uint32_t before;
};

struct waiting_list {
  uint32_t first;
  uint32_t last;
};

struct waiting {
  uint32_t max;
  uint32_t n; /* places that are taken */
  struct waiting_place *place;
  struct waiting_list list[WAITING_TURN + 1];
};

/* 0 without memory. */
extern int waiting_init(struct waiting *w, uint32_t max);

/* A new one: its place, or WAITING_NONE if there is none. */
extern uint32_t waiting_add(struct waiting *w, int control, uint64_t deadline);

/* Move it on: to PLAIN, to TURN with a deadline, or to FREE. */
extern void waiting_move(struct waiting *w, uint32_t i, enum waiting_state to,
                         uint64_t deadline);

/* Whose turn is next, or WAITING_NONE. */
extern uint32_t waiting_turn(struct waiting const *w);

/* One whose deadline is over, or WAITING_NONE. */
extern uint32_t waiting_late(struct waiting const *w, uint64_t now);

/* The first deadline, or UINT64_MAX. */
extern uint64_t waiting_until(struct waiting const *w);

#endif
