/*
 * account - who a service becomes when it has what it needs root for.
 *
 * A name brings its user id, its group and its supplementary groups; so does a
 * number that belongs to an account.  A number without an account needs an
 * explicit group, because root's would stay otherwise.
 *
 * Accounts are those of /etc/passwd and /etc/group: the executable is static,
 * and the name service switch loads modules at run time.  For an account that
 * stands elsewhere, give numbers.
 */
#ifndef POSTERN_ACCOUNT_H
#define POSTERN_ACCOUNT_H

#include <sys/types.h>

#define ACCOUNT_GROUPS_MAX 64

struct account {
  int has_uid;
  int has_gid;
  uid_t uid;
  gid_t gid;
  int ngroups;
  gid_t groups[ACCOUNT_GROUPS_MAX];
};

/* user and group: a name, a number, or 0 if not given.  1, or 0 with *why set:
   a message that says what is wrong with which of the two. */
extern int account_find(struct account *a, char const *user, char const *group,
                        char const **why);

/* Groups, group, user.  0, or the name of the id that could not be set ("gid",
   "uid") with errno.  An ordinary user may become what he is already. */
extern char const *account_become(struct account const *a);

#endif
