/*
 * ledger - a log added up: who relayed how much, by what right.  Pure: lines
 * in, figures out, in bounded memory (tally.h).
 *
 * What counts, from postern-smtpd's lines:
 *   recipients  rcpt with a 2xx code, each under its own reason
 *   messages    queued, under the reason of the message, and their bytes
 *   refused     rcpt with another code, and refused; for an account: in its
 *               sessions
 *   wrong       auth with result=wrong; for a user only if he has logged in
 *   addresses   that an account logged in, or relayed, from
 *
 * The habit of an account (user or grant) is what it did on the days before
 * the day reported on, of the last TALLY_DAYS.  It has left its habit if it had
 * LEDGER_DAYS of them with mail, and on that day has
 *   - LEDGER_RCPTS recipients, and more than LEDGER_TIMES as many as on its
 *     busiest day before; or
 *   - LEDGER_FRESH addresses that it never used before, and more than
 *     LEDGER_TIMES as many as were new on any day before, but for the first
 *     one, when all of them are.
 */
#ifndef POSTERN_LEDGER_H
#define POSTERN_LEDGER_H

#include "logline.h"
#include "tally.h"

#define LEDGER_DAYS 3
#define LEDGER_RCPTS 20
#define LEDGER_TIMES 3
#define LEDGER_FRESH 5

#define LEDGER_ACCOUNTS 16384  /* users; as many grants */
#define LEDGER_ADDRESSES 65536 /* as many rules, certificates */
#define LEDGER_SESSIONS 16384  /* whose account is remembered at a time */

enum ledger_kind {
  LEDGER_USER,
  LEDGER_GRANT,
  LEDGER_CERT,
  LEDGER_RULE,
  LEDGER_ADDRESS,
  LEDGER_WHY, /* of refusals */
  LEDGER_KINDS,
};

/* The reasons of relay.h, and what is none of them. */
enum ledger_right {
  LEDGER_LOCAL,
  LEDGER_BY_AUTH,
  LEDGER_BY_GRANT,
  LEDGER_BY_CERT,
  LEDGER_BY_RULE,
  LEDGER_BACKUP,
  LEDGER_ENV,
  LEDGER_NONE,
  LEDGER_RIGHTS,
};

struct ledger_hour {
  uint64_t relayed, local, refused; /* recipients */
};

struct ledger_session;

struct ledger {
  int64_t only; /* the day reported on; 0: all, and the last one for habits */
  int64_t first, last, last_day;
  int wall; /* their clock was one on the wall, for a line at least */
  uint64_t lines, foreign; /* ours; not of our form */
  uint64_t sessions;
  struct tally_figures total;
  struct tally_figures right[LEDGER_RIGHTS];
  struct ledger_hour hour[24];
  struct tally kind[LEDGER_KINDS];
  struct ledger_session *session;
};

struct ledger_finding {
  enum ledger_kind kind;
  struct tally_entry const *account;
  unsigned int days;           /* with mail, before that day */
  uint64_t rcpts, usual;       /* of that day; of the busiest day before */
  uint32_t fresh, usual_fresh; /* likewise */
};

/* only: a day since the epoch, or 0.  accounts and addresses: as the limits
   above.  0: no memory. */
extern int ledger_init(struct ledger *g, int64_t only, size_t accounts,
                       size_t addresses);
extern void ledger_free(struct ledger *g);

/* Take n bytes of whole lines.  0: no memory. */
extern int ledger_feed(struct ledger *g, char const *s, size_t n);

/* After the last line: sort. */
extern void ledger_end(struct ledger *g);

/* Recipients accepted although nobody says why: a wrong log, or a hole. */
extern uint64_t ledger_unexplained(struct ledger const *g);

/* The day that habits are judged on; 0: there is none. */
extern int64_t ledger_day(struct ledger const *g);

/* Has that account left its habit? */
extern int ledger_habit(struct ledger const *g, enum ledger_kind kind,
                        struct tally_entry const *e, struct ledger_finding *f);

/* How many have; *judged: of how many, that have one and were seen that day. */
extern size_t ledger_habits(struct ledger const *g, size_t *judged);

extern char const *ledger_kind_name(enum ledger_kind k);
extern char const *ledger_right_name(enum ledger_right r);

#endif
