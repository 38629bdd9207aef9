/*
 * logline - one line of a log of ours, taken apart.  Pure.
 *
 *   @400000006921a3f20ae3fe2b postern-smtpd: rcpt session=6921a3f2.1b to=a@b
 *
 * A line is the time that s6-log put before it, or not (t: TAI64N; T: ISO; both
 * in this order), and what src/lib/log.h writes: program, event, and key=value
 * pairs.  Lines of another form, tcpserver's and messages to people among them,
 * are none: a parse takes the whole line or refuses it.
 *
 * Nothing is copied: spans point into the line, and a value is as it was
 * written, escaped.
 */
#ifndef POSTERN_LOGLINE_H
#define POSTERN_LOGLINE_H

#include <stddef.h>
#include <stdint.h>

#define LOGLINE_MAX 8192 /* bytes in a line, time included */
#define LOGLINE_PAIRS 32
#define LOGLINE_TIME_FMT 20 /* 2026-11-22 04:17:47 and a NUL */

struct logline_span {
  char const *s;
  size_t n;
};

struct logline_pair {
  struct logline_span key, value;
};

/* Where its time comes from. */
enum logline_clock {
  LOGLINE_UNTIMED,
  LOGLINE_SESSION, /* the session's name: when the connection began */
  LOGLINE_WALL,    /* a stamp in the time of the writer's place, it seems */
  LOGLINE_STAMP,   /* one in UTC */
};

struct logline {
  enum logline_clock clock;
  int64_t seconds; /* since the epoch; of LOGLINE_WALL as if it were UTC */
  uint32_t nanos;
  struct logline_span program, event;
  size_t pairs;
  struct logline_pair pair[LOGLINE_PAIRS];
};

/* The n bytes at s, without the newline.  0: not a line of this form. */
extern int logline_scan(struct logline *l, char const *s, size_t n);

/* The first value of that key, or 0. */
extern struct logline_span const *logline_get(struct logline const *l,
                                              char const *key);
/* The same as a number; 0 if there is none. */
extern int logline_number(struct logline const *l, char const *key,
                          uint64_t *u);

/* Is the event of this name, by a program whose name ends with that?  The
   listener logs the name that it was called by. */
extern int logline_is(struct logline const *l, char const *program,
                      char const *event);

extern int logline_equal(struct logline_span const *a, char const *s);

/* Undo text_escape (text.h); out has room for n bytes.  Returns the length. */
extern size_t logline_unescape(char *out, char const *s, size_t n);

/* "2026-11-22 04:17:47", as UTC has it; empty for what has no such form. */
extern void logline_time_fmt(char s[LOGLINE_TIME_FMT], int64_t seconds);

#endif
