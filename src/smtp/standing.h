/*
 * standing - whether who authenticated may still do so.
 *
 * A session can be long, and an account be disabled meanwhile because its
 * password was stolen.  With mailboxes.cdb (-U) the user is looked up in it
 * again whenever the file has become another one; to see whether it has costs
 * one stat(2).  The record says nologin, or is gone: the account has lost its
 * standing.  A user who never was in the file is none of its business: the
 * password checker may have users of its own.
 */
#ifndef POSTERN_STANDING_H
#define POSTERN_STANDING_H

#include <sys/stat.h>

struct standing {
  int known;        /* the user was in the file */
  struct stat seen; /* the file in which all was well; st_ino 0: none yet */
};

#define STANDING_ZERO                                                          \
  {                                                                            \
    0                                                                          \
  }

enum standing_now {
  STANDING_GOOD,
  STANDING_LOST,
  STANDING_UNKNOWN, /* errno: the file cannot be read */
};

/* path is mailboxes.cdb.  st is STANDING_ZERO after the login, and the first
   look belongs to the login, too: it finds out whether the user is known. */
extern enum standing_now standing_look(struct standing *st, char const *path,
                                       char const *user);

#endif
