/*
 * becoming - a program becomes the user who was found, before it runs the next.
 *
 * What postern-checkpassword and postern-mailbox have in common, when there is
 * no question any more who it is.  The user is one of the users file (users.h),
 * so neither his uid nor his gid is 0.
 */
#ifndef POSTERN_BECOMING_H
#define POSTERN_BECOMING_H

#include <skalibs/stralloc.h>

#include "users.h"

enum becoming {
  BECOMING_NOW,  /* take his uid and gid */
  BECOMING_LATER /* only say them: UID, GID and GIDLIST; another program takes
                    them (s6-applyuidgid -U) */
};

/*
 * Add to modifs, for chain_exec, what the user's programs are told: USER, HOME,
 * SHELL, MAILDIR, and with BECOMING_LATER also UID, GID and GIDLIST, which is
 * GID alone.  What the user does not have is removed, but for SHELL, which is
 * /bin/sh then.  1, or 0 with errno.
 */
extern int becoming_env(stralloc *modifs, struct user const *u,
                        enum becoming when);

/*
 * The same; then, as root with BECOMING_NOW, set the one group gid, no
 * supplementary one, and uid; then go to his home, if he has one.
 *
 * Somebody else than root becomes nobody else: he goes on if the user's uid is
 * his own or is not given, and keeps his groups.  Root does not go on for a
 * user without a uid.  What cannot be done ends the program: a message, exit
 * code 111.
 */
extern void becoming(stralloc *modifs, struct user const *u,
                     enum becoming when);

#endif
