/* Unit test of src/auth/userdb.c: one row per file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "userdb.h"

#define Y "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$"
#define B "$2b$12$abcdefghijklmnopqrstuu"
#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEYS ",AA==," KEY "," KEY
#define S "4096" KEYS

static struct {
  char const *name;
  char const *text;
  char const *want; /* line:other:fatal, a blank after each */
} const checks[] = {
    {"nothing", "", ""},
    {"only comments", "# x\n\n#y", ""},
    {"good lines", "a:" Y ":1:2::/h::\nb:{BLF-CRYPT}" B "\nc:\n", ""},
    {"no colon", "a\n\nb\n", "1:0:1 3:0:1 "},
    {"a bad line between", "a:\nb:x:0:0\nc:\n", "2:0:1 "},
    {"an unknown scheme", "a:{X}y\n", "1:0:1 "},
    {"not a hash", "a:{CRYPT}*\n", "1:0:1 "},
    {"a weak hash", "a:abJnggxhB/yWI\n", "1:0:0 "},
    {"plain", "a:{PLAIN}y\n", "1:0:0 "},
    {"SCRAM", "a:\nb:{SCRAM-SHA-256}" S "\nc:::::::scram_sha_256=" S "\n", ""},
    {"not SCRAM", "a:{SCRAM-SHA-256}4095,\nb:::::::scram_sha_256=" S "x\n",
     "1:0:1 2:0:1 "},
    {"twice", "a:\nb:\na:\n", "3:1:1 "},
    {"twice in other letters", "abc:\nABD:\nAbC:\n", "3:1:1 "},
    {"three times", "a:\nA:\na:\n", "2:1:1 3:2:1 "},
    {"a prefix is another", "a:\nab:\na.b:\n", ""},
    {"twice, once bad", "a:\na:x:0:0\n", "2:0:1 2:1:1 "},
};

static struct {
  char const *name;
  char const *text;
  char const *model; /* "" if there is none */
} const models[] = {
    {"nobody", "", ""},
    {"nobody has a hash", "a:{PLAIN}x\nb:\n", ""},
    {"a dollar sign that is no hash", "a::1:2::/$home:\n", ""},
    {"the only one", "a:\nTim:{CRYPT}" Y "\n", "Tim"},
    {"the most frequent", "a:" B "\nb:" Y "\nc:" Y "\nd:\n", "b"},
    {"the first of equals", "a:" B "\nb:" Y "\n", "a"},
};

static struct {
  char const *name;
  char const *text;
  char const *scram, *derive; /* 0: no record */
} const iterations[] = {
    {"nobody", "", 0, 0},
    {"none", "a:" Y "\nb:{PLAIN}x\nc:\n", 0, 0},
    {"beside a hash", "a:" Y "::::::scram_sha_256=" S "\n", "4096", 0},
    {"alone", "a:{SCRAM-SHA-256}" S "\n", "4096", "4096"},
    {"alone in the field", "a:::::::scram_sha_256=" S "\n", "4096", "4096"},
    {"beside another secret", "a:{PLAIN}x::::::scram_sha_256=" S "\n", "4096",
     0},
    {"most",
     "a:" Y "::::::scram_sha_256=9000" KEYS "\nb:" Y
     "::::::scram_sha_256=9000" KEYS "\nc:" Y "::::::scram_sha_256=8000" KEYS
     "\nd:{SCRAM-SHA-256}7000" KEYS "\ne:{SCRAM-SHA-256}6000" KEYS
     "\nf:{SCRAM-SHA-256}6000" KEYS "\n",
     "9000", "6000"},
};

static void tell(void *arg, struct userdb_problem const *p)
{
  char *s = arg;
  sprintf(s + strlen(s), "%u:%u:%d ", p->line, p->other, p->fatal);
}

static int make(char const *path, char const *text,
                int (*add)(char const *, size_t, cdbmap_make *))
{
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);
  int good = add(text, strlen(text), mk) && cdbmap_make_finish(mk);

  cdbmap_make_free(mk);
  close(fd);
  return good;
}

static int has(cdbmap const *m, char const *key, char const *want)
{
  char const *data;
  size_t len;
  int r = cdbmap_find(m, key, strlen(key), &data, &len);

  return want ? r == 1 && len == strlen(want) && !memcmp(data, want, len) : !r;
}

int main(void)
{
  cdbmap m = CDBMAP_ZERO;

  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
    char got[256] = "";
    int fatal = 0, n;

    n = userdb_check(checks[i].text, strlen(checks[i].text), tell, got);
    for (char const *s = checks[i].want; (s = strstr(s, ":1 ")); s++)
      fatal++;
    ok(!strcmp(got, checks[i].want) && n == fatal, checks[i].name);
  }
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    ok(make("u.cdb", models[i].text, userdb_add_users) &&
           cdbmap_open(&m, "u.cdb"),
       models[i].name);
    ok(has(&m, USERDB_MODEL, *models[i].model ? models[i].model : 0),
       "the model");
    cdbmap_close(&m);
  }
  for (size_t i = 0; i < sizeof iterations / sizeof *iterations; i++) {
    ok(make("u.cdb", iterations[i].text, userdb_add_users) &&
           cdbmap_open(&m, "u.cdb") &&
           has(&m, USERDB_SCRAM, iterations[i].scram) &&
           has(&m, USERDB_DERIVE, iterations[i].derive),
       iterations[i].name);
    cdbmap_close(&m);
  }
  make("u.cdb", "Tim:pw:1:2:g:/h::nologin x=y\nb:\n", userdb_add_users);
  cdbmap_open(&m, "u.cdb");
  ok(has(&m, "tim", "pw:1:2:g:/h::nologin x=y") && has(&m, "b", ""),
     "users.cdb has the lines");
  cdbmap_close(&m);
  make("m.cdb", "Tim:" Y ":1:2:g:/h::nologin x=y\nb:\n", userdb_add_mailboxes);
  cdbmap_open(&m, "m.cdb");
  ok(has(&m, "tim", ":1:2::/h::nologin") && has(&m, "b", "") &&
         has(&m, USERDB_MODEL, 0),
     "mailboxes.cdb has what everybody may know");
  cdbmap_close(&m);
  return done();
}
