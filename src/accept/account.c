#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "account.h"

static int is_number(char const *s)
{
  return *s && !s[strspn(s, "0123456789")];
}

static int find_group(struct account *a, char const *group, char const **why)
{
  struct group *g;

  if (!is_number(group)) {
    g = getgrnam(group);
    if (g) a->gid = g->gr_gid;
    *why = "no such group: ";
    return !!g;
  }
  *why = "not a group id: ";
  return uint320_scan(group, &a->gid) && a->gid != (gid_t)-1;
}

static int find_user(struct account *a, char const *user, struct passwd **pw,
                     char const **why)
{
  if (!is_number(user)) {
    *pw = getpwnam(user);
    if (*pw) a->uid = (*pw)->pw_uid;
    *why = "no such user: ";
    return !!*pw;
  }
  *why = "not a user id: ";
  if (!uint320_scan(user, &a->uid) || a->uid == (uid_t)-1) return 0;
  *pw = getpwuid(a->uid);
  return 1;
}

int account_find(struct account *a, char const *user, char const *group,
                 char const **why)
{
  struct passwd *pw = 0;

  memset(a, 0, sizeof *a);
  if (user) {
    if (!find_user(a, user, &pw, why)) return 0;
    a->has_uid = a->has_gid = 1;
    if (pw) a->gid = pw->pw_gid;
  }
  if (group) {
    if (!find_group(a, group, why)) return 0;
    a->has_gid = 1;
  } else if (user && !pw) {
    *why = "no account has this id, so give a group too: ";
    return 0;
  }
  a->ngroups = 1;
  a->groups[0] = a->gid;
  if (!pw) return 1;
  a->ngroups = ACCOUNT_GROUPS_MAX;
  *why = "too many groups: ";
  return getgrouplist(pw->pw_name, a->gid, a->groups, &a->ngroups) >= 0;
}

char const *account_become(struct account const *a)
{
  if (geteuid() &&
      (!a->has_uid || (a->uid == getuid() && a->uid == geteuid())) &&
      (!a->has_gid || (a->gid == getgid() && a->gid == getegid())))
    return 0;
  if (a->has_gid &&
      (setgroups((size_t)a->ngroups, a->groups) < 0 || setgid(a->gid) < 0))
    return "gid";
  if (a->has_uid && setuid(a->uid) < 0) return "uid";
  return 0;
}
