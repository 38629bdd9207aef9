/*
 * popwire - the bytes of a message as POP3 sends them (RFC 1939 section 3).
 *
 * Pure.  In the file a line ends in LF, or CR LF, or CR alone; on the wire each
 * becomes CR LF, so that no reader can see a line end where another sees none.
 * A last line without an end gets one.  A dot that begins a line is doubled.
 * Nothing else changes, and nothing is added: the line with the lone dot that
 * ends a message is the caller's.
 */
#ifndef POSTERN_POPWIRE_H
#define POSTERN_POPWIRE_H

#include <stddef.h>
#include <stdint.h>

#define POPWIRE_ALL UINT64_MAX

/* Members are private. */
struct popwire {
  uint64_t lines; /* of the body that are still to be sent */
  int in_header;
  int in_line;  /* something of this line was sent */
  int after_cr; /* the last byte was a CR, and its CR LF is sent */
  int stuffed;
};

/* A piece to send.  It lies in the input or is a constant. */
struct popwire_span {
  char const *s;
  size_t len;   /* 0: the input is used up */
  int stuffing; /* 1: the doubled dot, which is no octet of the message */
};

/* lines: how many lines of the body, after the empty line that ends the
   header; POPWIRE_ALL for the whole. */
extern void popwire_init(struct popwire *w, uint64_t lines);

/* The next piece; *s and *len move on. */
extern struct popwire_span popwire_next(struct popwire *w, char const **s,
                                        size_t *len);

/* After the last input: the CR LF that it lacks, or an empty piece. */
extern struct popwire_span popwire_end(struct popwire *w);

/* Nothing more will be sent, whatever follows. */
extern int popwire_done(struct popwire const *w);

/*
 * The octets that a message has on the wire, without the doubled dots.  Start
 * with POPWIRE_COUNT_ZERO, add block by block, ask for the total.
 */
struct popwire_count {
  uint64_t octets;
  char last;
};
#define POPWIRE_COUNT_ZERO                                                     \
  {                                                                            \
    0, '\n'                                                                    \
  }
extern void popwire_count(struct popwire_count *c, char const *s, size_t len);
extern uint64_t popwire_octets(struct popwire_count const *c);

#endif
