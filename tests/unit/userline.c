/* Unit test of src/auth/userline.c: one row per case. */
#include <string.h>

#include "unit.h"
#include "userline.h"

#define KEEP 0, 0, 0, -1

static char const text[] = "# the users\n"
                           "\n"
                           "tim:pw:1:2::/h::\n"
                           "no colon\n"
                           "TAM:x\n"
                           ":nobody\n"
                           "tam:y\n"
                           "last:z";

static struct {
  char const *rest;
  struct userline_change change;
  char const *want;
} const changes[] = {
    {"pw:1:2:g:/h:/s:a=b", {KEEP}, "pw:1:2:g:/h:/s:a=b"},
    {"pw:1:2:g:/h:/s:", {KEEP}, "pw:1:2:g:/h:/s:"},
    {"pw:1:2:g:/h:/s", {KEEP}, "pw:1:2:g:/h:/s"},
    {"pw", {KEEP}, "pw"},
    {"", {KEEP}, ""},
    {"pw:1:2:g:/h:/s:a=b:c", {"new", 0, 0, -1}, "new:1:2:g:/h:/s:a=b:c"},
    {"pw", {"new", 0, 0, -1}, "new"},
    {"", {"new", 0, 0, -1}, "new"},
    {":1", {"new", 0, 0, -1}, "new:1"},
    {"pw:1:2:g:/h:/s:", {0, 0, 0, 1}, "pw:1:2:g:/h:/s:nologin"},
    {"pw:1:2:g:/h:/s:a=b:c", {0, 0, 0, 1}, "pw:1:2:g:/h:/s:a=b:c nologin"},
    {"pw:1:2", {0, 0, 0, 1}, "pw:1:2::::nologin"},
    {"pw", {0, 0, 0, 1}, "pw::::::nologin"},
    {"", {0, 0, 0, 1}, "::::::nologin"},
    {"pw::::::nologin", {0, 0, 0, 1}, "pw::::::nologin"},
    {"pw::::::nologin=y  a=b nologin", {0, 0, 0, 1}, "pw::::::a=b nologin"},
    {"pw::::::nologin=y a=b nologins", {0, 0, 0, 0}, "pw::::::a=b nologins"},
    {"pw::::::nologin", {0, 0, 0, 0}, "pw::::::"},
    {"pw", {0, 0, 0, 0}, "pw"},
    {"pw", {"new", "c0", 0, -1}, "new::::::cram_md5=c0"},
    {"pw::::::cram_md5=c1 a", {"new", "c0", 0, -1}, "new::::::a cram_md5=c0"},
    {"pw::::::cram_md5=c1 a", {"new", "", 0, -1}, "new::::::a"},
    {"pw", {"new", 0, "s0", -1}, "new::::::scram_sha_256=s0"},
    {"pw",
     {"new", "c0", "s0", 1},
     "new::::::nologin scram_sha_256=s0 cram_md5=c0"},
    {"pw::::::cram_md5=c scram_sha_256=s a",
     {"new", 0, "s0", -1},
     "new::::::cram_md5=c a scram_sha_256=s0"},
    {"pw::::::scram_sha_256=s a", {"new", 0, "", -1}, "new::::::a"},
    {"pw::::::scram_sha_256=s a",
     {"new", "", 0, -1},
     "new::::::scram_sha_256=s a"},
    {"pw::::::scram_sha_256 scram_sha_256=x", {0, 0, "", -1}, "pw::::::"},
    {"pw::::::cram_md5=c1 a", {"new", 0, 0, -1}, "new::::::cram_md5=c1 a"},
};

static struct {
  char const *rest;
  char const *want;
} const publics[] = {
    {"pw:1:2:Tim, Room 1:/h:/s:a=b", ":1:2::/h:/s:"},
    {"pw:1:2:g:/h:/s:cram_md5=c mail=maildir:~/M:INDEX=x nologin pass=x",
     ":1:2::/h:/s:mail=maildir:~/M:INDEX=x nologin"},
    {"{SCRAM-SHA-256}1,a,b,c:1:2:g:/h:/s:nologin scram_sha_256=1,a,b,c",
     ":1:2::/h:/s:nologin"},
    {"pw:1:2:g:/h:/s", ":1:2::/h:/s"},
    {"pw:1:2:g", ":1:2:"},
    {"pw:1:2", ":1:2"},
    {"pw:1", ":1"},
    {"pw", ""},
    {"", ""},
};

static int is(stralloc const *sa, char const *want)
{
  return sa->len == strlen(want) && !memcmp(sa->s, want, sa->len);
}

static void lines(void)
{
  static unsigned int const numbers[] = {3, 4, 5, 6, 7, 8};
  struct userline l = {0};
  size_t pos = 0, i = 0;

  while (userline_next(text, sizeof text - 1, &pos, &l)) {
    ok(i < 6 && l.number == numbers[i], "line number");
    if (l.number == 3)
      ok(l.nlen == 3 && !memcmp(l.name, "tim", 3) && l.len == 12 &&
             !memcmp(l.rest, "pw:1:2::/h::", 12) && l.size == 17 && !l.why,
         "its parts");
    if (l.number == 4)
      ok(l.why && !l.nlen && !l.len && l.size == 9, "no colon");
    if (l.number == 6) ok(!l.nlen && !l.why, "an empty name");
    if (l.number == 8)
      ok(l.size == 6 && l.len == 1 && *l.rest == 'z', "no last newline");
    i++;
  }
  ok(i == 6, "all lines");
}

static int find(char const *name, struct userline *l)
{
  return userline_find(text, sizeof text - 1, name, strlen(name), l);
}

int main(void)
{
  stralloc sa = STRALLOC_ZERO;
  struct userline l = {0};

  lines();
  ok(find("TIM", &l) == 1 && l.number == 3, "find, letter case no matter");
  ok(find("last", &l) == 1 && l.number == 8, "find the last");
  ok(!find("ti", &l) && !find("no colon", &l), "nobody");
  ok(find("tam", &l) == 2, "twice");
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    sa.len = 0;
    ok(userline_change(&sa, changes[i].rest, strlen(changes[i].rest),
                       &changes[i].change) &&
           is(&sa, changes[i].want),
       changes[i].want);
  }
  for (size_t i = 0; i < sizeof publics / sizeof *publics; i++) {
    sa.len = 0;
    ok(userline_public(&sa, publics[i].rest, strlen(publics[i].rest)) &&
           is(&sa, publics[i].want),
       publics[i].want);
  }
  stralloc_free(&sa);
  return done();
}
