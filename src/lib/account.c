#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include "account.h"
#include "etc.h"
#include "whole.h"

static int is_number(char const *s)
{
  return *s && !s[strspn(s, "0123456789")];
}

/* The two files; what cannot be read is empty: nobody is found in it. */
struct files {
  stralloc passwd;
  stralloc group;
};

static struct etc_text text(stralloc const *sa)
{
  return (struct etc_text){sa->len ? sa->s : "", sa->len};
}

/* Every group that lists the user, after his own; 0 if there are too many. */
static int find_groups(struct account *a, struct files const *f,
                       struct etc_text const *user)
{
  struct etc_text const group = text(&f->group);
  size_t pos = 0;
  gid_t gid;

  while (etc_member(&group, &pos, user, &gid)) {
    if (gid == a->gid) continue;
    if (a->ngroups == ACCOUNT_GROUPS_MAX) return 0;
    a->groups[a->ngroups++] = gid;
  }
  return 1;
}

static int find_group(struct account *a, struct files const *f,
                      char const *group, char const **why)
{
  struct etc_text const t = text(&f->group);

  if (!is_number(group)) {
    *why = "no such group: ";
    return etc_group(&t, group, &a->gid);
  }
  *why = "not a group id: ";
  return uint320_scan(group, &a->gid) && a->gid != (gid_t)-1;
}

/* A number may have no account: then the account's name is empty. */
static int find_user(struct files const *f, char const *user,
                     struct etc_account *e, char const **why)
{
  struct etc_text const t = text(&f->passwd);
  uid_t uid;

  if (!is_number(user)) {
    *why = "no such user: ";
    return etc_account(&t, user, 0, e);
  }
  *why = "not a user id: ";
  if (!uint320_scan(user, &uid) || uid == (uid_t)-1) return 0;
  if (!etc_account(&t, 0, uid, e)) *e = (struct etc_account){.uid = uid};
  return 1;
}

static int find(struct account *a, struct files const *f, char const *user,
                char const *group, char const **why)
{
  struct etc_account e = {.uid = 0};

  if (user) {
    if (!find_user(f, user, &e, why)) return 0;
    a->has_uid = a->has_gid = 1;
    a->uid = e.uid;
    a->gid = e.gid;
  }
  if (group) {
    if (!find_group(a, f, group, why)) return 0;
    a->has_gid = 1;
  } else if (user && !e.name.len) {
    *why = "no account has this id, so give a group too: ";
    return 0;
  }
  a->ngroups = 1;
  a->groups[0] = a->gid;
  *why = "too many groups: ";
  return !e.name.len || find_groups(a, f, &e.name);
}

int account_find(struct account *a, char const *user, char const *group,
                 char const **why)
{
  struct files f = {STRALLOC_ZERO, STRALLOC_ZERO};
  int r;

  memset(a, 0, sizeof *a);
  if (user || group) {
    whole_path("/etc/passwd", &f.passwd, ETC_MAX);
    whole_path("/etc/group", &f.group, ETC_MAX);
  }
  r = find(a, &f, user, group, why);
  stralloc_free(&f.passwd);
  stralloc_free(&f.group);
  return r;
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
