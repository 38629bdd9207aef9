/*
 * userline - the lines of a users file (doc/man/postern-users.5), found and
 * edited without a change to anything else.  Pure.
 */
#ifndef POSTERN_USERLINE_H
#define POSTERN_USERLINE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

/* Everything points into the text. */
struct userline {
  unsigned int number; /* from 1; 0 to begin */
  char const *start;   /* of the line */
  size_t size;         /* its newline included, if it has one */
  char const *name;
  size_t nlen;
  char const *rest; /* behind the name's colon, without the newline */
  size_t len;
  char const *why; /* 0, or why it is not user:...; then nlen and len are 0 */
};

/*
 * The next line of the n bytes at s that is neither empty nor a comment (#).
 * *pos starts as 0, and *l zeroed.  1, or 0 at the end.
 */
extern int userline_next(char const *s, size_t n, size_t *pos,
                         struct userline *l);

/* Find a user, letter case no matter: 1 with the first line, 0 if there is
   none, 2 if there are several. */
extern int userline_find(char const *s, size_t n, char const *name, size_t nlen,
                         struct userline *l);

/* What to do to the rest of a line. */
struct userline_change {
  char const *password; /* the new password field; 0: keep it */
  char const *cram_md5; /* the new cram_md5 value; "" removes, 0 keeps it */
  char const *scram_sha_256; /* likewise */
  int nologin;               /* 1 adds, 0 removes, -1 keeps it */
};

/* Append the changed rest to out; 0 if memory ran out.  Fields that the line
   lacks are added only where something must follow them. */
extern int userline_change(stralloc *out, char const *rest, size_t len,
                           struct userline_change const *c);

/* Append what everybody may know of the rest: ids, home, shell, and the extra
   fields mail, userdb_mail and nologin. */
extern int userline_public(stralloc *out, char const *rest, size_t len);

#endif
