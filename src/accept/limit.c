#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "addr.h"
#include "limit.h"

ip46 limit_key(ip46 const *ip)
{
  ip46 key = *ip;

  if (ip46_is6(ip)) addr_mask(&key, 64);
  return key;
}

static uint64_t mix(uint64_t x)
{
  x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15);
  return x ^ x >> 29;
}

static uint32_t *address_chain(struct limit *l, ip46 const *key)
{
  uint64_t a;

  memcpy(&a, key->ip, 8); /* all of an IPv4 address and of a /64 */
  return l->address_chains + (mix(mix(a ^ l->seed) + l->seed) & l->mask);
}

static uint32_t *child_chain(struct limit *l, pid_t pid)
{
  return l->child_chains + ((uint32_t)pid & l->mask);
}

int limit_init(struct limit *l, uint32_t max, uint64_t seed)
{
  uint32_t chains = 16;

  while (chains < max && chains < UINT32_C(1) << 20)
    chains *= 2;
  l->max = max;
  l->mask = chains - 1;
  l->seed = seed;
  l->children = l->free_address = l->free_child = 0;
  l->address_chains = apart_alloc(chains * sizeof *l->address_chains);
  l->child_chains = apart_alloc(chains * sizeof *l->child_chains);
  l->addresses = apart_alloc(max * sizeof *l->addresses);
  l->child = apart_alloc(max * sizeof *l->child);
  if (!l->address_chains || !l->child_chains || !l->addresses || !l->child) {
    limit_free(l);
    return 0;
  }
  memset(l->address_chains, 0xff, chains * sizeof *l->address_chains);
  memset(l->child_chains, 0xff, chains * sizeof *l->child_chains);
  for (uint32_t i = 0; i < max; i++)
    l->addresses[i].next = l->child[i].next = i + 1 < max ? i + 1 : LIMIT_NONE;
  return 1;
}

void limit_free(struct limit *l)
{
  apart_free(l->address_chains);
  apart_free(l->child_chains);
  apart_free(l->addresses);
  apart_free(l->child);
}

uint32_t limit_enter(struct limit *l, ip46 const *ip)
{
  ip46 key = limit_key(ip);
  uint32_t *chain = address_chain(l, &key), i;
  struct limit_address *a;

  for (i = *chain; i != LIMIT_NONE; i = l->addresses[i].next)
    if (addr_equal(&l->addresses[i].key, &key)) {
      l->addresses[i].count++;
      return i;
    }
  i = l->free_address;
  if (i == LIMIT_NONE) return LIMIT_NONE;
  a = l->addresses + i;
  l->free_address = a->next;
  a->key = key;
  a->count = 1;
  a->next = *chain;
  *chain = i;
  return i;
}

void limit_leave(struct limit *l, uint32_t address)
{
  struct limit_address *a = l->addresses + address;
  uint32_t *p;

  if (--a->count) return;
  p = address_chain(l, &a->key);
  while (*p != address)
    p = &l->addresses[*p].next;
  *p = a->next;
  a->next = l->free_address;
  l->free_address = address;
}

uint32_t limit_count(struct limit const *l, uint32_t address)
{
  return l->addresses[address].count;
}

void limit_child(struct limit *l, pid_t pid, uint32_t address)
{
  uint32_t *chain = child_chain(l, pid), i = l->free_child;
  struct limit_child *c = l->child + i;

  l->free_child = c->next;
  c->pid = pid;
  c->address = address;
  c->next = *chain;
  *chain = i;
  l->children++;
}

int limit_end(struct limit *l, pid_t pid)
{
  for (uint32_t *p = child_chain(l, pid); *p != LIMIT_NONE;) {
    uint32_t i = *p;
    struct limit_child *c = l->child + i;

    if (c->pid != pid) {
      p = &c->next;
      continue;
    }
    *p = c->next;
    c->next = l->free_child;
    l->free_child = i;
    l->children--;
    limit_leave(l, c->address);
    return 1;
  }
  return 0;
}

void limit_signal(struct limit const *l, int signal)
{
  for (uint32_t chain = 0; chain <= l->mask; chain++)
    for (uint32_t i = l->child_chains[chain]; i != LIMIT_NONE;
         i = l->child[i].next)
      kill(l->child[i].pid, signal);
}
