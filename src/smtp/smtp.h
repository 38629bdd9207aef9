/*
 * smtp - one SMTP session: its state, its replies, its log.
 *
 * smtp_run speaks with the client until one of the two ends it.  What the
 * verbs do stands in verbs.c, messages in data.c, AUTH in login.c, STARTTLS in
 * smtptls.c; what they share is here.
 *
 * Log events, each with session and ip:
 *   rcpt     from to relay code [why]           one for each RCPT judged
 *   queued   from rcpts size qp relay ms [msgid]     250 was said
 *   refused  verb code reason                   MAIL, DATA or BDAT
 *   tls      protocol cipher sni cert name subject; or why, and it failed
 *   auth     user mechanism result [reason]
 *   warning  reason                             what a human should know
 *   end      why messages bytes
 */
#ifndef POSTERN_SMTP_H
#define POSTERN_SMTP_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>
#include <skalibs/tai.h>

#include "authclient.h"
#include "conn.h"
#include "eod.h"
#include "gate.h"
#include "log.h"
#include "mailbox.h"
#include "msgid.h"
#include "queue.h"
#include "received.h"
#include "relay.h"
#include "session.h"
#include "settings.h"
#include "standing.h"
#include "tlsfacts.h"
#include "ucspitls.h"

#define SMTP_PROGRAM "postern-smtpd"

/* From MAIL to the end of its message. */
struct transaction {
  int open;       /* MAIL was accepted */
  int utf8;       /* with SMTPUTF8 */
  int bad_sender; /* in badmailfrom */
  struct mailbox sender;
  struct mailbox rcpt; /* the last one accepted */
  size_t rcpts;
  stralloc envelope; /* F sender NUL, T recipient NUL ... */
  enum relay relay;  /* of its recipients the one that needed the most */
  char const *relay_name;
};

/* What of a message failed before the queue program could have a say. */
enum data_fault {
  DATA_GOOD = 0,
  DATA_TOO_BIG,
  DATA_LOOP,
  DATA_BARE,
  DATA_NUL,
};

/* From DATA, or the first BDAT, to its end. */
struct message {
  int open;
  int chunked;
  enum data_fault fault;
  struct queue queue;
  struct eod eod;
  struct hops hops;
  struct msgid msgid;
  uint64_t wire; /* bytes received for it */
  tain started;
};

struct smtp {
  struct settings const *set;
  struct conn *conn;
  char session[SESSION_FMT];
  stralloc helo; /* with a NUL; empty: none yet */
  int esmtp;     /* it was EHLO */
  stralloc user; /* authenticated; with a NUL; empty: nobody */
  char mechanism[AUTHCLIENT_NAME + 1]; /* of that */
  struct standing standing;            /* likewise */

  struct tlsfacts tls;
  struct ucspitls ucspitls;
  stralloc tls_answer; /* what tls points into after STARTTLS */
  int by_starttls;
  struct authclient auth;                         /* with -a */
  struct authclient_mech known[AUTHCLIENT_MECHS]; /* what it last said it can */
  size_t known_n;
  char const *cert; /* whom the client's listed certificate names, or 0 */
  int crowd;        /* at the last MAIL: nothing rests on his address */

  struct transaction tr;
  struct message msg;

  struct gate gate;

  int auth_off; /* the checker accepts every password */

  unsigned int errors;
  unsigned int commands;
  unsigned int logins; /* failed */
  uint64_t messages;
  uint64_t bytes;

  char const *end; /* not 0: why the session ends */
  int exit_code;
};

/* Serve the client; returns the exit code. */
extern int smtp_run(struct settings const *set, struct conn *conn);

/* One reply line, without CR LF.  Counts errors, and ends the session when
   they are too many. */
extern void smtp_reply(struct smtp *s, char const *line);

/* The same in two parts. */
extern void smtp_reply2(struct smtp *s, char const *a, char const *b);

/* The session is over after what was replied. */
extern void smtp_end(struct smtp *s, char const *why, int exit_code);

/* The client is gone, silent or unintelligible: reply if that makes sense, and
   end. */
extern void smtp_fault(struct smtp *s, enum conn_result r);

/* Forget the transaction and what was begun of its message. */
extern void smtp_reset(struct smtp *s);

/* A log line of this session; log_end writes it. */
extern void smtp_log(struct smtp *s, struct log *l, char const *event);
extern void smtp_log_relay(struct log *l, enum relay r, char const *name);
extern void smtp_warn(struct smtp *s, char const *reason, char const *more);
extern void smtp_log_refused(struct smtp *s, char const *verb,
                             char const *reply);

/* What a program gets that we start: our environment, changed by modifs (as
   env_addmodif makes them), which must live as long.  To be freed; 0 without
   memory. */
extern char const **smtp_environ(stralloc const *modifs);

/* Who this client is, as the gate wants to know it. */
extern struct gate_facts smtp_facts(struct smtp const *s);

#endif
