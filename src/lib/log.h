/*
 * log - one line per event on stderr, for s6-log to keep.
 *
 *   postern-smtpd: rcpt session=6921a3f2.1b relay=none to=a@example.net
 *
 * program, event, then key=value pairs with a blank between; every value goes
 * through text_escape, so that a line is a line and a blank ends a value.  A
 * line is written with one write(2) and is shorter than PIPE_BUF, so that lines
 * of several processes never mix.
 */
#ifndef POSTERN_LOG_H
#define POSTERN_LOG_H

#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX 3072 /* bytes in a line; what does not fit is left out */
#define LOG_VALUE_MAX 512 /* bytes in one value, escaped */
#define LOG_MSGID_MAX 400 /* bytes of a message-id that are logged */

/* For a function with a line of its own whose caller lives as long as the
   session: inlined, the line would be the session's memory. */
#define LOG_ASIDE __attribute__((noinline))

/* A line being built; a local variable.  Its members are private. */
struct log {
  size_t len;
  char line[LOG_LINE_MAX];
};

/* Start a line with the name of the program and of the event; session is left
   out if it is null. */
extern void log_start(struct log *l, char const *program, char const *event,
                      char const *session);
extern void log_bytes(struct log *l, char const *key, char const *s, size_t n);
extern void log_string(struct log *l, char const *key, char const *s);
extern void log_number(struct log *l, char const *key, uint64_t u);
/* Write it.  That stderr cannot be written is nobody's business. */
extern void log_end(struct log *l);

#endif
