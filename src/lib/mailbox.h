/*
 * mailbox - paths and parameters of MAIL and RCPT (RFC 5321 section 4.1.2,
 * RFC 6531 section 3.3).  Pure: bytes in, a mailbox or a refusal out.
 *
 * A source route is checked and dropped, quotes and their backslashes are
 * removed, one trailing dot of the domain is dropped.  What remains is the
 * mailbox: what is judged and what is queued are these same bytes, and its
 * domain is what follows the last @.
 *
 * Control bytes are never allowed, quoted or not; bytes beyond ASCII only as
 * valid UTF-8 (RFC 3629, without the C1 controls), and then utf8 is set: the
 * caller sees to it that the client asked for SMTPUTF8.  Address literals are
 * IPv4 or IPv6.
 */
#ifndef POSTERN_MAILBOX_H
#define POSTERN_MAILBOX_H

#include <stddef.h>

#define MAILBOX_MAX 254 /* bytes: a path of 256 without its brackets */
#define MAILBOX_LOCAL_MAX                                                      \
  64                          /* in a forward-path; a sender's may be longer,  \
                                 because list servers make such senders */
#define MAILBOX_LABEL_MAX 63  /* bytes in a label of a domain */
#define MAILBOX_ROUTE_MAX 512 /* bytes in a source route */

enum mailbox_path {
  MAILBOX_REVERSE, /* after MAIL FROM: - <> is allowed */
  MAILBOX_FORWARD, /* after RCPT TO: - <postmaster> is allowed */
};

enum mailbox_result {
  MAILBOX_OK = 0,
  MAILBOX_SYNTAX,
  MAILBOX_TOO_LONG,  /* local part, label or whole */
  MAILBOX_NO_DOMAIN, /* well formed, but nothing after the local part */
};

struct mailbox {
  size_t len;   /* 0 for <> */
  size_t local; /* bytes before the @; len if there is none (postmaster) */
  int quoted;   /* the local part is not a dot-string */
  int utf8;     /* holds bytes beyond ASCII */
  int literal;  /* the domain is an address literal */
  char s[MAILBOX_MAX + 1]; /* with a NUL */
};

/* Parse the path at the start of s; *used receives its length.  What may
   follow is the end or a blank. */
extern enum mailbox_result mailbox_path(struct mailbox *m,
                                        enum mailbox_path kind, char const *s,
                                        size_t n, size_t *used);

/* The same without brackets and route: all of s. */
extern enum mailbox_result mailbox_scan(struct mailbox *m, char const *s,
                                        size_t n);

/* The domain, and its length; empty if there is none. */
extern char const *mailbox_domain(struct mailbox const *m, size_t *len);

/* Replace the domain, or give one; 0 if it becomes too long. */
extern int mailbox_set_domain(struct mailbox *m, char const *domain);

/*
 * Append RELAYCLIENT's value: "" or @DOMAIN or something that continues the
 * domain.  0 if the result has no valid domain after its last @, is too long,
 * or if the local part holds an @ of its own already.  An @ before the last
 * one is then part of the local part.
 */
extern int mailbox_append(struct mailbox *m, char const *suffix);

/* Does the local part hold % ! or @, or begin with a colon: could a program
   behind us take it for a route to somewhere else? */
extern int mailbox_is_routed(struct mailbox const *m);

/* Is it postmaster, in any letter case, with whatever domain? */
extern int mailbox_is_postmaster(struct mailbox const *m);

/* Is s a domain of RFC 5321 (not a literal), with or without a final dot? */
extern int mailbox_is_domain(char const *s, size_t n);

/* Is s valid UTF-8 without control characters?  ASCII included. */
extern int mailbox_is_utf8(char const *s, size_t n);

/* A parameter: pointers into the line.  value is 0 if there is no "=". */
struct mailbox_param {
  char const *name;
  size_t nlen;
  char const *value;
  size_t vlen;
};

/* The next parameter of s at *pos (0: what follows the path): 1; 0 at the end;
   -1 if it does not have the form of esmtp-param. */
extern int mailbox_param(char const *s, size_t n, size_t *pos,
                         struct mailbox_param *p);

#endif
