/*
 * report - tcpserver 0.88's log lines, byte for byte.
 *
 * Scripts and log filters know them.  The program's name is its own; lines
 * collect and are written at once, so that what belongs together stays so.
 * An IPv6 address stands in brackets in the ok and deny lines, whose fields are
 * separated by colons.
 */
#ifndef POSTERN_REPORT_H
#define POSTERN_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"

#define REPORT_MAX 4096

struct report {
  char const *prog;
  unsigned int verbosity; /* 0 nothing, 1 errors (0.88's -Q), 2 all (-v) */
  size_t len;
  char lines[REPORT_MAX];
};

/* With verbosity 2 only: */
extern void report_status(struct report *r, uint32_t children, uint32_t most);
extern void report_pid(struct report *r, pid_t pid, ip46 const *from);
/* pid is 0 for a client that was denied: no process was made for it. */
extern void report_verdict(struct report *r, int allowed, pid_t pid,
                           struct client const *c);
extern void report_end(struct report *r, pid_t pid, int wait_status);

/* With verbosity 1 or 2: "warning: dropping connection, unable to VERB OBJECT:
   REASON"; object may be empty. */
extern void report_drop(struct report *r, char const *verb, char const *object,
                        char const *reason);

/* Write what has collected.  That stderr is closed or full is no reason to
   stop serving. */
extern void report_flush(struct report *r);

#endif
