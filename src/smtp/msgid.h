/*
 * msgid - the message-id in the header of a message that passes by (RFC 5322
 * section 3.6.4), for the log: it is what people know a message by.  Pure.
 *
 * Of the first Message-ID field; a fold (LF and a blank), blanks at both ends
 * and one pair of angle brackets around the rest are left out, and so is what
 * is longer than LOG_MSGID_MAX.  What stands there is not judged: the log
 * escapes it.  The body is not looked at.
 */
#ifndef POSTERN_MSGID_H
#define POSTERN_MSGID_H

#include <stddef.h>

#include "log.h"

struct msgid {
  size_t len;
  char s[LOG_MSGID_MAX + 2]; /* with its brackets */
  int state;                 /* private */
  size_t matched;            /* private: bytes of the field's name */
};

extern void msgid_start(struct msgid *m);

/* The message comes in portions, its lines ending with LF. */
extern void msgid_feed(struct msgid *m, char const *s, size_t n);

/* The id, in m; 0 if there is none or it is empty. */
extern char const *msgid_get(struct msgid const *m, size_t *len);

#endif
