#include "crew.h"

#include <stdlib.h>

static void append(struct crew *c, enum crew_state to, uint32_t i)
{
  uint32_t last = c->last[to];

  c->place[i].next = CREW_NONE;
  c->place[i].before = last;
  if (last == CREW_NONE)
    c->first[to] = i;
  else
    c->place[last].next = i;
  c->last[to] = i;
  c->place[i].state = to;
  c->n[to]++;
}

static void take_out(struct crew *c, uint32_t i)
{
  struct crew_place const *p = c->place + i;

  if (p->before == CREW_NONE)
    c->first[p->state] = p->next;
  else
    c->place[p->before].next = p->next;
  if (p->next == CREW_NONE)
    c->last[p->state] = p->before;
  else
    c->place[p->next].before = p->before;
  c->n[p->state]--;
}

int crew_init(struct crew *c, uint32_t max)
{
  *c = (struct crew){.max = max, .place = calloc(max, sizeof *c->place)};
  if (!c->place) return 0;
  for (int i = 0; i < CREW_STATES; i++)
    c->first[i] = c->last[i] = CREW_NONE;
  for (uint32_t i = max; i--;)
    append(c, CREW_FREE, i);
  return 1;
}

uint32_t crew_add(struct crew *c, pid_t pid, int fd, uint64_t now)
{
  uint32_t i = c->last[CREW_FREE];

  if (i == CREW_NONE) return i;
  crew_move(c, i, CREW_IDLE, now);
  c->place[i].pid = pid;
  c->place[i].fd = fd;
  c->place[i].served = 0;
  return i;
}

void crew_move(struct crew *c, uint32_t i, enum crew_state to, uint64_t now)
{
  take_out(c, i);
  append(c, to, i);
  c->place[i].since = now;
}

uint32_t crew_newest(struct crew const *c, enum crew_state state)
{
  return c->last[state];
}

uint32_t crew_oldest(struct crew const *c, enum crew_state state)
{
  return c->first[state];
}

/* Low places are taken first, so that he is found soon. */
uint32_t crew_find(struct crew const *c, pid_t pid)
{
  for (uint32_t i = 0; i < c->max; i++)
    if (c->place[i].state != CREW_FREE && c->place[i].pid == pid) return i;
  return CREW_NONE;
}

uint32_t crew_working(struct crew const *c)
{
  return c->n[CREW_SHAKING] + c->n[CREW_BUSY];
}

uint32_t crew_count(struct crew const *c) { return c->max - c->n[CREW_FREE]; }
