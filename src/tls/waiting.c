#include "waiting.h"

#include <stdlib.h>

static void append(struct waiting *w, enum waiting_state to, uint32_t i)
{
  struct waiting_list *l = w->list + to;

  w->place[i].next = WAITING_NONE;
  w->place[i].before = l->last;
  if (l->last == WAITING_NONE)
    l->first = i;
  else
    w->place[l->last].next = i;
  l->last = i;
  w->place[i].state = to;
}

static void take_out(struct waiting *w, uint32_t i)
{
  struct waiting_place const *p = w->place + i;
  struct waiting_list *l = w->list + p->state;

  if (p->before == WAITING_NONE)
    l->first = p->next;
  else
    w->place[p->before].next = p->next;
  if (p->next == WAITING_NONE)
    l->last = p->before;
  else
    w->place[p->next].before = p->before;
}

int waiting_init(struct waiting *w, uint32_t max)
{
  w->max = max;
  w->n = 0;
  w->place = calloc(max, sizeof *w->place);
  if (!w->place) return 0;
  for (int i = 0; i <= WAITING_TURN; i++)
    w->list[i] = (struct waiting_list){WAITING_NONE, WAITING_NONE};
  for (uint32_t i = 0; i < max; i++)
    append(w, WAITING_FREE, i);
  return 1;
}

uint32_t waiting_add(struct waiting *w, int control, uint64_t deadline)
{
  uint32_t i = w->list[WAITING_FREE].first;

  if (i == WAITING_NONE) return i;
  w->place[i].control = control;
  waiting_move(w, i, WAITING_NEW, deadline);
  return i;
}

void waiting_move(struct waiting *w, uint32_t i, enum waiting_state to,
                  uint64_t deadline)
{
  struct waiting_place *p = w->place + i;

  if (p->state == WAITING_FREE) w->n++;
  if (to == WAITING_FREE) w->n--;
  take_out(w, i);
  append(w, to, i);
  p->deadline = deadline;
}

uint32_t waiting_turn(struct waiting const *w)
{
  return w->list[WAITING_TURN].first;
}

/* All of a list have waited, or will, for as long as each other: the first is
   the first that is late. */
static uint32_t head(struct waiting const *w)
{
  uint32_t a = w->list[WAITING_NEW].first, b = w->list[WAITING_TURN].first;

  if (a == WAITING_NONE) return b;
  if (b == WAITING_NONE) return a;
  return w->place[a].deadline <= w->place[b].deadline ? a : b;
}

uint32_t waiting_late(struct waiting const *w, uint64_t now)
{
  uint32_t i = head(w);

  return i != WAITING_NONE && w->place[i].deadline <= now ? i : WAITING_NONE;
}

uint64_t waiting_until(struct waiting const *w)
{
  uint32_t i = head(w);

  return i == WAITING_NONE ? UINT64_MAX : w->place[i].deadline;
}
