#include <grp.h>
#include <unistd.h>

#include <skalibs/env.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "becoming.h"

static int add(stralloc *modifs, char const *name, char const *value)
{
  return env_addmodif(modifs, name, *value ? value : 0);
}

static int add_id(stralloc *modifs, char const *name, struct user const *u,
                  uint32_t id)
{
  char s[UINT32_FMT];

  s[uint32_fmt(s, id)] = 0;
  return env_addmodif(modifs, name, u->has_ids ? s : 0);
}

int becoming_env(stralloc *modifs, struct user const *u, enum becoming when)
{
  return add(modifs, "USER", u->name) && add(modifs, "HOME", u->home) &&
         add(modifs, "SHELL", *u->shell ? u->shell : "/bin/sh") &&
         add(modifs, "MAILDIR", u->maildir) &&
         (when == BECOMING_NOW || (add_id(modifs, "UID", u, u->uid) &&
                                   add_id(modifs, "GID", u, u->gid) &&
                                   add_id(modifs, "GIDLIST", u, u->gid)));
}

static void take_ids(struct user const *u)
{
  if (geteuid()) {
    if (u->has_ids && u->uid != geteuid())
      strerr_diefu(111, "change to another user, not being root");
    return;
  }
  if (!u->has_ids) strerr_diefu(111, "run as root a user who has no uid");
  if (setgroups(1, &u->gid) < 0 || setgid(u->gid) < 0 || setuid(u->uid) < 0)
    strerr_diefusys(111, "change to the user's uid and gid");
}

void becoming(stralloc *modifs, struct user const *u, enum becoming when)
{
  if (!becoming_env(modifs, u, when))
    strerr_diefusys(111, "build the environment");
  if (when == BECOMING_NOW) take_ids(u);
  if (*u->home && chdir(u->home) < 0)
    strerr_diefusys(111, "change directory to ", u->home);
}
