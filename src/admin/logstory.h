/*
 * logstory - a session of the log, told: who (user, address, session), by what
 * right, to whom, with what queue id.  Pure.
 */
#ifndef POSTERN_LOGSTORY_H
#define POSTERN_LOGSTORY_H

#include <skalibs/stralloc.h>

#include "logsearch.h"

#define LOGSTORY_SHOWN                                                         \
  10 /* messages, and recipients of each, that are named                       \
      */

/*
 * Append one paragraph, with its newline.  Of the session's messages those
 * that fulfil q (message-id, queue number, recipient, sender), all of them if
 * it has none of these.  Values are as the log has them, escaped.  0 if memory
 * ran out.
 */
extern int logstory_text(struct logsearch const *q,
                         struct logsearch_session const *s, stralloc *out);

/*
 * The same as one JSON object and a newline:
 *   session time ip rule user mechanism tls certificate grant
 *   messages: [ { queue msgid from relay size to: [ { to relay } ] } ]
 *   refused: [ { to verb from code relay why } ]
 *   lines: [ the lines ] left_out
 * What is not known is absent.
 */
extern int logstory_json(struct logsearch const *q,
                         struct logsearch_session const *s, stralloc *out);

#endif
