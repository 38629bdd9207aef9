/*
 * userdb - a users file, checked whole and turned into two CDBs.
 *
 * users.cdb holds every line as it stands; beside them, under the key ":",
 * which no user can have, the name of the model: a user whose hash costs what
 * most hashes of the file cost.  His hash is computed for users who are unknown
 * or have none, so that they cannot be told from the others by the clock.
 * Under ":scram" stand the iterations that most SCRAM secrets have, for the
 * mock ones; under ":derive" those of most that judge their user's password
 * (password_derives), since then keys must be derived for everybody.  Both are
 * decimal, and not there if there is no such secret.
 *
 * mailboxes.cdb holds what everybody may know (userline_public).
 */
#ifndef POSTERN_USERDB_H
#define POSTERN_USERDB_H

#include <stddef.h>

#include "cdbmap.h"

#define USERDB_MODEL ":" /* key of the model's name */
#define USERDB_SCRAM ":scram"
#define USERDB_DERIVE ":derive"

struct userdb_problem {
  unsigned int line;
  unsigned int other; /* the line that the reason speaks of, or 0 */
  int fatal;          /* else a warning */
  char const *why;    /* static */
};

typedef void userdb_tell(void *arg, struct userdb_problem const *p);

/* Check the n bytes at s and tell all that is wrong, duplicates last.  The
   number of fatal problems, or -1 if memory ran out. */
extern int userdb_check(char const *s, size_t n, userdb_tell *tell, void *arg);

/* Add the records of a text that userdb_check found good; 0 with errno. */
extern int userdb_add_users(char const *s, size_t n, cdbmap_make *mk);
extern int userdb_add_mailboxes(char const *s, size_t n, cdbmap_make *mk);

#endif
