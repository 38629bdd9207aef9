/*
 * hostname - a name from the DNS, made fit for rules, environment and log.
 *
 * Whoever owns an address writes its name.  Only letters, digits, dots, hyphens
 * and underscores are taken, lower-cased, without the final dot; a name with
 * anything else is treated as no name at all.
 */
#ifndef POSTERN_HOSTNAME_H
#define POSTERN_HOSTNAME_H

#include "client.h"

/* 1 and the name in out; 0 if it is empty, too long, has an empty label or a
   byte that is not allowed. */
extern int hostname_clean(char const *s, char out[HOSTNAME_MAX + 1]);

#endif
