/*
 * whyrcpt - the rows about a recipient: what the gate (gate.h) took him for,
 * what it looked for, and where that stands.
 */
#ifndef POSTERN_WHYRCPT_H
#define POSTERN_WHYRCPT_H

#include <stddef.h>

#include "gate.h"
#include "whyprint.h"

/* After gate_recipient. */
struct whyrcpt {
  struct whyprint *p;
  struct settings *set; /* its control is read again, for lines */
  struct gate const *gate;
  struct gate_answer const *answer;
  struct mailbox const *queued;
  struct mailbox const *asked;
};

/* The n bytes at s are what was said. */
extern void whyrcpt_show(struct whyrcpt const *r, char const *s, size_t n);

#endif
