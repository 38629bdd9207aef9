/*
 * trick - what postern-probe says to a server, and what the answer means.
 * Pure.
 *
 * A trick is a few command lines, sent one after the other, each when the
 * one before was answered, on a connection of their own.  The answer to the
 * last is judged.  No line begins a message, but for the two kinds that say so:
 * there the last line is one, and what stands in its middle may be taken for
 * its end.  What follows that is NOOP and RSET, which harm nobody who reads
 * them as commands.
 *
 * A line is a template:
 *   %F  a domain that the server has nothing to do with    %U  a user there
 *   %S  the envelope's sender    %H  what we call ourselves
 *   %L  the server's own name, or a domain of its
 *   %I  the server's address as a literal, [192.0.2.1]
 *   %R  a word that nobody uses  %A  a login with it, as PLAIN wants it
 *   %T  whom a message is for    %D  the date that it bears
 *   %r  CR   %n  LF   %0  NUL    %%  %    %(N)  the letter x, N times
 *   %B  BDAT, and LAST, with the size of what follows
 * CR LF is added.  A line that begins with > is sent only if the answer before
 * it was 334; a first line that begins with ^ before the server greets.
 */
#ifndef POSTERN_TRICK_H
#define POSTERN_TRICK_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define TRICK_LINES 6

enum trick_kind {
  TRICK_FOREIGN, /* the recipient is elsewhere: 2xx is an open relay */
  TRICK_LOCAL,   /* he may be taken for one of the server's own: 2xx counts
                       if a user that nobody uses is refused there */
  TRICK_ODD,     /* the same, but a server that takes any user for one of
                       its own is not suspected: nobody decodes that */
  TRICK_LITERAL, /* as TRICK_LOCAL, at the server's address literal */
  TRICK_BATCH,   /* the last line is sent with QUIT behind it, and what
                       counts is the answer before that to QUIT */
  TRICK_GLUED,   /* the same; the last line is one command with another
                       hidden in it: two answers 2xx are an open relay */
  TRICK_MESSAGE, /* the last line is a message, QUIT is sent when that was
                       answered, and one more answer before that to QUIT
                       shows that the message was taken for commands */
  TRICK_CHUNK,   /* the same in a chunk of BDAT, if CHUNKING is offered */
};

struct trick {
  char const *name; /* 0: the end of the table */
  char const *what; /* what it tries, for people */
  enum trick_kind kind;
  char const *line[TRICK_LINES]; /* ended by 0, if fewer */
};

/* Those that send messages are the last. */
extern struct trick const tricks[];

/* Does it want the operator's consent? */
extern int trick_sends_message(enum trick_kind kind);

/* The two that are asked first, to know what the server says to a user that
   nobody uses: at %L and at %I. */
extern struct trick const trick_controls[2];

struct trick_names {
  char const *foreign;
  char const *user;
  char const *sender;
  char const *helo;
  char const *own;
  char const *literal;
  char const *word;
  char const *to;
  char const *date; /* RFC 5322 section 3.3 */
};

/* Append the line, its CR LF too; 0 if memory ran out. */
extern int trick_line(stralloc *out, char const *template,
                      struct trick_names const *n);

enum trick_verdict {
  TRICK_CLOSED,
  TRICK_OPEN,
  TRICK_UNTOLD, /* a temporary answer, or one that proves nothing */
};

/*
 * code is the answer that counts, 0 if the server hung up instead; answers the
 * number of those to the last line (with QUIT's left out), of a TRICK_GLUED
 * only those 2xx; stranger the answer to the control of this kind, 0 if there
 * is none.  A message that was not answered, or not begun, tells nothing.
 */
extern enum trick_verdict trick_judge(enum trick_kind kind, unsigned int code,
                                      unsigned int answers,
                                      unsigned int stranger);

#endif
