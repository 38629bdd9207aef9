#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "account.h"

static int is_number(char const *s)
{
  return *s && !s[strspn(s, "0123456789")];
}

/* The account of that name, or of that id if name is 0.  Valid until the next
   call. */
static struct passwd *find_account(char const *name, uid_t uid)
{
  FILE *f = fopen("/etc/passwd", "re");
  struct passwd *pw = 0;

  if (!f) return 0;
  while ((pw = fgetpwent(f)))
    if (name ? !strcmp(pw->pw_name, name) : pw->pw_uid == uid) break;
  fclose(f);
  return pw;
}

static int find_gid(char const *name, gid_t *gid)
{
  FILE *f = fopen("/etc/group", "re");
  struct group *g;

  if (!f) return 0;
  while ((g = fgetgrent(f)))
    if (!strcmp(g->gr_name, name)) break;
  if (g) *gid = g->gr_gid;
  fclose(f);
  return !!g;
}

static int is_member(struct group const *g, char const *user)
{
  for (char **m = g->gr_mem; *m; m++)
    if (!strcmp(*m, user)) return 1;
  return 0;
}

/* Every group that lists the user, after his own; 0 if there are too many. */
static int find_groups(struct account *a, char const *user)
{
  FILE *f = fopen("/etc/group", "re");
  struct group *g;
  int room = 1;

  if (!f) return 1;
  while (room && (g = fgetgrent(f))) {
    if (g->gr_gid == a->gid || !is_member(g, user)) continue;
    room = a->ngroups < ACCOUNT_GROUPS_MAX;
    if (room) a->groups[a->ngroups++] = g->gr_gid;
  }
  fclose(f);
  return room;
}

static int find_group(struct account *a, char const *group, char const **why)
{
  if (!is_number(group)) {
    *why = "no such group: ";
    return find_gid(group, &a->gid);
  }
  *why = "not a group id: ";
  return uint320_scan(group, &a->gid) && a->gid != (gid_t)-1;
}

static int find_user(struct account *a, char const *user, struct passwd **pw,
                     char const **why)
{
  if (!is_number(user)) {
    *pw = find_account(user, 0);
    if (*pw) a->uid = (*pw)->pw_uid;
    *why = "no such user: ";
    return !!*pw;
  }
  *why = "not a user id: ";
  if (!uint320_scan(user, &a->uid) || a->uid == (uid_t)-1) return 0;
  *pw = find_account(0, a->uid);
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
  *why = "too many groups: ";
  return find_groups(a, pw->pw_name);
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
