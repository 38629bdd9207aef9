/*
 * childenv - the environment of the program: UCSPI's variables for the client,
 * what the rule says, and the rest as the listener got it.
 *
 * What could pass for this client's identity or right is removed from the
 * inherited part, once, at the start.  The rule's variables come last and
 * may replace any other; only the session's name and the reason for relaying
 * are always the listener's, and that the client is our gateway.
 */
#ifndef POSTERN_CHILDENV_H
#define POSTERN_CHILDENV_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "client.h"
#include "verdict.h"

#define CHILDENV_OWN 16
#define CHILDENV_TEXT 8192

struct childenv {
  size_t base_len;
  char const **base; /* inherited, cleaned; not terminated */
  char const **envp; /* base_len + CHILDENV_OWN + VERDICT_ENV_MAX + 1 */
  size_t n;
  size_t text_len;
  char text[CHILDENV_TEXT];
};

/*
 * Take over environ.  Unless keep, variables that open a relay, name a user or
 * tell of a private wire (tlsfacts.h) are dropped, and their names are put into
 * dropped, a blank before each.
 * 0 if there is no memory.
 */
extern int childenv_init(struct childenv *e, char const *const *environ_,
                         int keep, stralloc *dropped);
extern void childenv_free(struct childenv *e);

/* The environment for that client; valid until the next call.  0 if it does not
   fit. */
extern char const *const *childenv_make(struct childenv *e,
                                        struct client const *c,
                                        struct verdict const *v);

#endif
