/* Unit test of src/accept/account.c: one row per case. */
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "unit.h"

static struct {
  char const *name;
  char const *user;
  char const *group;
  int want;
  uid_t uid;
  gid_t gid;
} const t[] = {
    {"nothing", 0, 0, 1, 0, 0},
    {"root by name", "root", 0, 1, 0, 0},
    {"a number with an account", "0", 0, 1, 0, 0},
    {"numbers", "4000000001", "4000000002", 1, 4000000001u, 4000000002u},
    {"a name and a number", "root", "77", 1, 0, 77},
    {"a number without an account", "4000000001", 0, 0, 0, 0},
    {"a group alone", 0, "77", 1, 0, 77},
    {"a group by name", 0, "root", 1, 0, 0},
    {"no such user", "no-such-user", 0, 0, 0, 0},
    {"no such group", "root", "no-such-group", 0, 0, 0},
    {"empty user", "", 0, 0, 0, 0},
    {"empty group", "root", "", 0, 0, 0},
    {"number and more", "77x", "77", 0, 0, 0},
    {"negative", "-1", "77", 0, 0, 0},
    {"too big", "4294967296", "77", 0, 0, 0},
    {"(uid_t)-1", "4294967295", "77", 0, 0, 0},
    {"(gid_t)-1", "77", "4294967295", 0, 0, 0},
};

int main(void)
{
  struct account a;
  char const *why;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    why = 0;
    ok(account_find(&a, t[i].user, t[i].group, &why) == t[i].want &&
           (t[i].want ? a.uid == t[i].uid && a.gid == t[i].gid &&
                            a.has_uid == !!t[i].user &&
                            a.has_gid == (t[i].user || t[i].group)
                      : !!why),
       t[i].name);
  }
  account_find(&a, "4000000001", "4000000002", &why);
  ok(a.ngroups == 1 && a.groups[0] == 4000000002u, "its only group");
  memset(&a, 0, sizeof a);
  ok(!account_become(&a), "nobody to become");
  a.has_uid = a.has_gid = 1;
  a.uid = getuid();
  a.gid = getgid();
  a.groups[0] = a.gid;
  a.ngroups = 1;
  ok(!account_become(&a), "who one is already");
  return done();
}
