/*
 * whyprint - what postern-why says: for people a table, a row a step; for
 * programs JSON, an object a line.  Pure: rows in, text out.
 *
 *   rules      rule 192.0.2.  (rules:3)
 *              sets RELAYCLIENT=""
 *   decision   accepted: 250 2.1.5 ok
 *
 *   {"step":"rules","text":"rule 192.0.2.","where":"rules:3"}
 *   {"step":"decision","outcome":"accepted","code":250,"reply":"250 2.1.5 ok",
 *    "verb":"RCPT","relay":"rule:192.0.2.","by":"postern-smtpd"}   one line
 *
 * In the table bytes that are not printable ASCII are shown as \xHH.
 */
#ifndef POSTERN_WHYPRINT_H
#define POSTERN_WHYPRINT_H

#include <stddef.h>

#include <skalibs/stralloc.h>

/* Zero-initialise but for json. */
struct whyprint {
  int json;
  int failed;       /* out of memory */
  char const *step; /* of the last row */
  stralloc out;
  stralloc text; /* the row that is being made */
};

/* Add to the row: strings up to a null pointer; bytes; a number. */
extern void whyprint_say(struct whyprint *p, char const *s, ...)
    __attribute__((sentinel));
#define SAY(p, ...) whyprint_say(p, __VA_ARGS__, (char const *)0)
extern void whyprint_bytes(struct whyprint *p, char const *s, size_t n);
extern void whyprint_number(struct whyprint *p, unsigned long long u);

/* The row is complete.  step is a literal; where, FILE:LINE, may be 0. */
extern void whyprint_row(struct whyprint *p, char const *step,
                         char const *where);

struct whyprint_decision {
  char const *outcome; /* accepted, refused, unknown */
  char const *reply;   /* empty: the connection is closed without a word */
  char const *more;    /* behind it, or 0 */
  char const *verb;    /* CONNECT, AUTH, MAIL, RCPT */
  char const *prefix;  /* of the reason: relay_prefix */
  char const *name;    /* its name */
  char const *why;     /* the log's word for a refusal, or 0 */
  char const *by;      /* the program */
  char const *to;      /* the queue program's recipient, or 0 */
  char const *doubt;   /* why it cannot be told, or 0 */
};

/* The last row. */
extern void whyprint_end(struct whyprint *p, struct whyprint_decision const *d);

extern void whyprint_free(struct whyprint *p);

#endif
