/*
 * recipient - RCPT: whether this client may send to that mailbox, here or
 * elsewhere.
 */
#ifndef POSTERN_RECIPIENT_H
#define POSTERN_RECIPIENT_H

#include "smtp.h"

/* What follows TO: in the command line. */
extern void recipient_add(struct smtp *s, char const *arg, size_t len);

#endif
