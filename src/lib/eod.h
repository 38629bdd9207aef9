/*
 * eod - where the data of a message ends, and what it is.
 *
 * Turns what follows DATA on the wire into what a queue program wants, in
 * place: CR LF becomes LF, the first dot of a line that begins with one is
 * removed.  Only CR LF . CR LF ends it (RFC 5321 section 4.1.1.4); the start
 * of the data counts as the start of a line.  Restartable: the same bytes in
 * other portions give the same.
 *
 * Never repaired, always a fault: a CR without LF, a NUL.  A bare LF is a
 * fault, too, unless barelf is EOD_NORMALIZE: then it ends a line of the
 * message, but a line of a single dot whose line end before or after it is
 * bare is a fault and ends nothing.  After a fault nothing more is written;
 * the end is found as before, so that the session may go on behind it.
 *
 * The chunks of BDAT (RFC 3030) are the same without dots and without an end:
 * eod_start_chunks, and the caller counts.
 */
#ifndef POSTERN_EOD_H
#define POSTERN_EOD_H

#include <stddef.h>
#include <stdint.h>

enum eod_barelf { EOD_REJECT, EOD_NORMALIZE };

enum eod_fault {
  EOD_BARE_CR = 1,
  EOD_BARE_LF = 2,
  EOD_NUL = 4,
  EOD_DOT = 8, /* a line of a dot with a bare LF beside it */
};

struct eod {
  int state; /* private */
  int dots;  /* private */
  enum eod_barelf barelf;
  int ended;           /* CR LF . CR LF was seen */
  unsigned int faults; /* enum eod_fault, or'ed */
  uint64_t size; /* octets as RFC 1870 counts them: with CR LF, without the dots
                    that are removed and without the final one */
};

extern void eod_start(struct eod *e, enum eod_barelf barelf);
extern void eod_start_chunks(struct eod *e, enum eod_barelf barelf);

/*
 * Take the n bytes at buf.  *used receives how many belong to the data, less
 * than n only when it ended.  Returns the length of what buf now holds of the
 * message, at most *used; 0 after a fault.  Not to be called after the end.
 */
extern size_t eod_feed(struct eod *e, char *buf, size_t n, size_t *used);

/* BDAT's last chunk is over: a CR is no longer followed by its LF. */
extern void eod_finish_chunks(struct eod *e);

#endif
