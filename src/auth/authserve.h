/*
 * authserve - one connection of the authentication protocol on descriptors:
 * the edge of authproto.
 */
#ifndef POSTERN_AUTHSERVE_H
#define POSTERN_AUTHSERVE_H

#include "authproto.h"

#define AUTHSERVE_IDLE 86400 /* seconds that a client may be silent */
#define AUTHSERVE_WRITE 30   /* seconds in which it must take an answer */

struct authserve {
  struct authproto_settings const *settings;
  int fd_in;
  int fd_out;
  int greeted; /* the greeting was sent already */
};

/*
 * Serve until the client closes, or breaks the rules.  0 when it closed; else
 * why it had to end: a literal, or what strerror says.
 */
extern char const *authserve(struct authserve const *s);

#endif
