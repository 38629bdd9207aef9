/*
 * popserve - the dialogue of POP3 after login (RFC 1939 sections 5 and 6):
 * a conn and a maildrop in, replies out.
 *
 * STAT LIST RETR DELE NOOP RSET TOP UIDL CAPA QUIT.  Nothing is deleted but by
 * QUIT, when every reply before it could be written: whatever else ends the
 * session leaves the Maildir as it was.
 */
#ifndef POSTERN_POPSERVE_H
#define POSTERN_POPSERVE_H

#include <stddef.h>
#include <stdint.h>

#include "conn.h"
#include "maildrop.h"

enum popserve_end {
  POPSERVE_QUIT,    /* QUIT was answered */
  POPSERVE_EOF,     /* the client left without QUIT */
  POPSERVE_TIMEOUT, /* no command in time, or the session was too long */
  POPSERVE_BARE,    /* a CR or LF of its own; answered */
  POPSERVE_ERROR,   /* the connection, or a file in the middle of a message;
                       errno */
};

struct popserve_report {
  uint64_t retrieved; /* messages sent by RETR */
  uint64_t octets;    /* of them */
  uint64_t removed;
  uint64_t failed; /* could not be removed at QUIT; that was the answer */
  int error;       /* errno of the last failure with a file, or 0 */
};

/*
 * Greet and serve until the session ends.  caps are capability lines to show
 * beside our own, each ended by a comma or the end of the string, or 0.
 */
extern enum popserve_end popserve(struct conn *c, struct maildrop *m,
                                  char const *caps, struct popserve_report *r);

#endif
