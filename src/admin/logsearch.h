/*
 * logsearch - the sessions of a log that something happened in.
 *
 * Everything that one connection did bears the session's name, in the lines of
 * every program and in every log directory that is searched.  A search finds
 * the sessions in which all that is asked for holds, and hands each over with
 * all of its lines; logstory.h tells it in words.
 *
 *   struct logsearch q = {.most = LOGSEARCH_MOST};
 *   struct logdir d = {.source = argv, .sources = argc, .trouble = warn};
 *   logsearch_named(&q, "<abc@example.org>");
 *   if (logsearch(&q, &d, emit, data) < 0) ... errno
 *   if (!q.found) ... nothing; if (d.troubles) ... not all could be read
 *
 * Bytes are looked for first (memmem), and only lines that have them are
 * parsed.  The log is read twice, three times for more than one condition, so
 * sources must be files or directories.  Memory: at most LOGSEARCH_CANDIDATES
 * names and LOGSEARCH_TEXT bytes of lines.
 */
#ifndef POSTERN_LOGSEARCH_H
#define POSTERN_LOGSEARCH_H

#include <stddef.h>
#include <stdint.h>

#include "logdir.h"
#include "logline.h"

#define LOGSEARCH_MOST 100 /* sessions, unless one says otherwise */
#define LOGSEARCH_MOST_MAX 10000
#define LOGSEARCH_CANDIDATES 65536 /* that may fulfil the first condition */
#define LOGSEARCH_TEXT 67108864    /* bytes of lines that are kept */

/*
 * What is asked for; 0: anything.  As a user types it, not escaped.  Each holds
 * if some line of the session has it; all must hold.
 */
struct logsearch {
  char const *msgid;   /* message-id, with or without <> */
  char const *queue;   /* the number behind "qp" */
  char const *session; /* its name */
  char const *rcpt;    /* recipient, asked for or accepted; case is ignored,
                          and <> around it */
  char const *sender;  /* of the envelope; likewise */
  char const *user;    /* who logged in, here or for a grant; case is ignored */
  char const *ip;      /* in its canonical text (addr.h) */
  size_t most; /* sessions to hand over, the newest; 0: LOGSEARCH_MOST */

  /* what came of it */
  size_t found;   /* sessions in which all holds */
  size_t dropped; /* candidates, the oldest, that were too many to keep */
};

/* A session that was found.  All of it is valid until emit returns. */
struct logsearch_session {
  char const *name;
  char const *const *line; /* in the order of their times; no newlines */
  size_t lines;
  size_t left_out; /* lines of it that were too many to keep */
};

/* 0: stop, with errno. */
typedef int logsearch_emit(void *data, struct logsearch_session const *s);

/* Sort s, which a user knows a message by: the number that follows "qp" (also
   the whole "1763769600 qp 1234" of the reply), a session's name, which
   Received shows behind "id", or a message-id.  It is pointed into. */
extern void logsearch_named(struct logsearch *q, char const *s);

/*
 * Sessions in the order of their beginnings.  Returns how many were emitted;
 * -1 with errno if there was no memory, nothing was asked for (EINVAL), or emit
 * said stop.
 */
extern int logsearch(struct logsearch *q, struct logdir *d,
                     logsearch_emit *emit, void *data);

/* Pure: which conditions does this line fulfil?  A bit for each, in the order
   of the struct; logsearch_wanted has the bits of all that are asked for. */
extern unsigned int logsearch_holds(struct logsearch const *q,
                                    struct logline const *l);
extern unsigned int logsearch_wanted(struct logsearch const *q);

#define LOGSEARCH_MSGID 1
#define LOGSEARCH_QUEUE 2
#define LOGSEARCH_SESSION 4
#define LOGSEARCH_RCPT 8
#define LOGSEARCH_SENDER 16
#define LOGSEARCH_USER 32
#define LOGSEARCH_IP 64

#endif
