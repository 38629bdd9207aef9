/*
 * conn - the client's side of a line protocol: lines in, replies out.
 *
 * Every read and write has a deadline, every line a bound.  Replies collect in
 * a buffer that is written at once, before the program waits for more input:
 * a batch of pipelined commands gets its replies in one write(2).
 *
 * Only CR LF ends a line (RFC 5321 section 2.3.8).  A CR or LF of its own is
 * reported as such, and the caller must end the session: what follows it could
 * be taken for a line by one reader and not by another.
 */
#ifndef POSTERN_CONN_H
#define POSTERN_CONN_H

#include <stddef.h>

#include <skalibs/tai.h>

#define CONN_IN 65536
#define CONN_OUT 8192

enum conn_result {
  CONN_OK = 0,
  CONN_EOF,      /* the client closed, perhaps within a line */
  CONN_TIMEOUT,  /* the deadline passed */
  CONN_ERROR,    /* errno says why */
  CONN_TOO_LONG, /* the line was longer than allowed, and is gone */
  CONN_BARE,     /* a CR or LF of its own; end the session */
};

/*
 * in[start..end) is what was read and not yet consumed.  A program may look at
 * it and advance start; nothing else of it is anybody's business but conn's.
 */
struct conn {
  int fd_in;
  int fd_out;
  unsigned int timeout; /* seconds that a line or a write may take */
  size_t chunk;         /* the most to read at once; see conn_init */
  size_t start;
  size_t end;
  size_t out_len;
  tain now;
  tain until; /* the session's own end; infinite unless conn_until was called */
  char out[CONN_OUT];
  char in[CONN_IN];
};

/*
 * timeout is in seconds.  chunk is CONN_IN, or 1 for a program that must not
 * read beyond the line it needs, because another one goes on with the
 * descriptor.  Makes both descriptors non-blocking: conn_release undoes it.
 */
extern void conn_init(struct conn *c, int fd_in, int fd_out,
                      unsigned int timeout, size_t chunk);
extern void conn_release(struct conn *c);

/* From now on nothing waits longer than that many seconds in all. */
extern void conn_until(struct conn *c, unsigned int seconds);

/*
 * The next line, without its CR LF, at most max bytes with it.  *line points
 * into the buffer and holds until the next call.  The deadline is for the
 * whole line: a client that sends byte by byte gains nothing.  Flushes the
 * replies before it waits.
 */
extern enum conn_result conn_line(struct conn *c, size_t max, char **line,
                                  size_t *len);

/* Read more into the buffer, after what is there; flushes first.  Only when
   the buffer has room, which it has when all was consumed. */
extern enum conn_result conn_fill(struct conn *c);

/* Queue bytes for the client.  If they do not fit, what is queued is flushed;
   a failure is kept and told by the next conn_flush or conn_line. */
extern void conn_put(struct conn *c, char const *s, size_t n);
extern void conn_puts(struct conn *c, char const *s);
extern enum conn_result conn_flush(struct conn *c);

#endif
