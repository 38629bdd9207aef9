/*
 * crew - the workers that a master has: a table of places.  Pure: it forks,
 * sends and closes nothing.
 *
 *   CREW_IDLE     waits for a connection; the last that came has its turn first
 *   CREW_SHAKING  has one, in the handshake
 *   CREW_BUSY     has one, private
 *   CREW_ENDING   has none, and was told to end
 *
 * A place is taken until its process is buried.  Times are of any unit and
 * origin, and never go back.
 */
#ifndef POSTERN_CREW_H
#define POSTERN_CREW_H

#include <stdint.h>
#include <sys/types.h>

#define CREW_NONE UINT32_MAX

enum crew_state {
  CREW_FREE, /* nobody is in this place */
  CREW_IDLE,
  CREW_SHAKING,
  CREW_BUSY,
  CREW_ENDING,
  CREW_STATES,
};

struct crew_place {
  enum crew_state state;
  pid_t pid;
  int fd;              /* to it; -1: it was told to end after what it has */
  unsigned int served; /* connections, with the one that it has */
  uint32_t turn;       /* number of its last connection */
  uint64_t since;      /* when its state began */
  uint32_t next;       /* the rest is private */
  uint32_t before;
};

struct crew {
  uint32_t max;
  uint32_t n[CREW_STATES]; /* places in that state */
  struct crew_place *place;
  uint32_t first[CREW_STATES];
  uint32_t last[CREW_STATES];
};

/* 0 without memory. */
extern int crew_init(struct crew *c, uint32_t max);

/* A new one, idle: its place, or CREW_NONE if there is none. */
extern uint32_t crew_add(struct crew *c, pid_t pid, int fd, uint64_t now);

extern void crew_move(struct crew *c, uint32_t i, enum crew_state to,
                      uint64_t now);

/* Who came last in that state, and who came first; or CREW_NONE. */
extern uint32_t crew_newest(struct crew const *c, enum crew_state state);
extern uint32_t crew_oldest(struct crew const *c, enum crew_state state);

/* Whose process it is, or CREW_NONE. */
extern uint32_t crew_find(struct crew const *c, pid_t pid);

/* How many have a connection; how many there are. */
extern uint32_t crew_working(struct crew const *c);
extern uint32_t crew_count(struct crew const *c);

#endif
