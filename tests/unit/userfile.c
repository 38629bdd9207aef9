/* Unit test of src/auth/userfile.c: a file is judged, opened and searched. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "cdbmap.h"
#include "scramsecret.h"
#include "unit.h"
#include "userdb.h"
#include "userfile.h"

#define HASH "$y$j9T$abcdefgh$model"

static struct {
  char const *key;
  char const *data;
} const records[] = {
    {"tim", "{CRYPT}$y$j9T$x$y:1000:1000::/home/tim"},
    {"model", "{CRYPT}" HASH "::::"},
    {"plain", "{PLAIN}pw::::"},
    {"bad", "no:id"},
};

static void make(char const *path, char const *model, mode_t mode)
{
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);

  for (size_t i = 0; i < sizeof records / sizeof *records; i++)
    cdbmap_make_add(mk, records[i].key, strlen(records[i].key), records[i].data,
                    strlen(records[i].data));
  if (model) cdbmap_make_add(mk, USERDB_MODEL, 1, model, strlen(model));
  cdbmap_make_finish(mk);
  cdbmap_make_free(mk);
  fchmod(fd, mode);
  close(fd);
}

static struct {
  char const *text; /* of both records; 0: none */
  uint32_t scram, derive;
} const iterations[] = {
    {0, SCRAM_ITERATIONS, 0},
    {"4096", 4096, 4096},
    {"10000000", 10000000, 10000000},
    {"4095", SCRAM_ITERATIONS, 0},
    {"10000001", SCRAM_ITERATIONS, 0},
    {"5000x", SCRAM_ITERATIONS, 0},
    {"99999999999999", SCRAM_ITERATIONS, 0},
    {"", SCRAM_ITERATIONS, 0},
};

static void find_iterations(void)
{
  for (size_t i = 0; i < sizeof iterations / sizeof *iterations; i++) {
    char const *s = iterations[i].text;
    int fd = open("i.cdb", O_RDWR | O_CREAT | O_TRUNC, 0600);
    cdbmap_make *mk = cdbmap_make_start(fd);
    struct userfile f = {0};
    struct userfile_problem p;

    if (s) cdbmap_make_add(mk, USERDB_SCRAM, 6, s, strlen(s));
    if (s) cdbmap_make_add(mk, USERDB_DERIVE, 7, s, strlen(s));
    cdbmap_make_finish(mk);
    cdbmap_make_free(mk);
    close(fd);
    ok(userfile_open(&f, "i.cdb", &p) && f.scram == iterations[i].scram &&
           f.derive == iterations[i].derive,
       s ? s : "no iterations");
    userfile_free(&f);
  }
}

static int fails(char const *path, char const *verb, char const *why)
{
  struct userfile f = {0};
  struct userfile_problem p = {0};
  int r = userfile_open(&f, path, &p);

  userfile_free(&f);
  return !r && !strcmp(p.verb, verb) && !strcmp(p.why, why);
}

static void find(void)
{
  struct userfile f = {0};
  struct userfile_problem p = {0};

  ok(userfile_open(&f, "users.cdb", &p) == 1, "opens");
  ok(f.has_model && !strcmp(f.hash, HASH), "the model's hash");
  ok(userfile_find(&f, "TIM", 3, &p) == 1, "finds");
  userfile_close(&f);
  ok(!strcmp(f.user.name, "tim") && !strcmp(f.user.home, "/home/tim") &&
         !strcmp(f.hash, HASH),
     "what was found outlives the file");
  userfile_free(&f);
  ok(!f.user_sa.s && !f.model_sa.s && !f.user.name, "and then is gone");

  userfile_open(&f, "users.cdb", &p);
  ok(userfile_find(&f, "nobody", 6, &p) == 0, "nobody");
  ok(userfile_find(&f, "bad", 3, &p) == -1 && !strcmp(p.verb, "read") &&
         !strcmp(p.why, "Protocol error"),
     "a bad record");
  userfile_free(&f);
}

static int stand_in(char const *model)
{
  struct userfile f = {0};
  struct userfile_problem p = {0};
  int r;

  make("users.cdb", model, 0600);
  r = userfile_open(&f, "users.cdb", &p) && !f.has_model &&
      !strncmp(f.hash, "$y$j9T$", 7);
  userfile_free(&f);
  return r;
}

int main(void)
{
  make("users.cdb", "model", 0640);
  find();
  ok(fails("none", "open", "No such file or directory"), "no file");
  make("open.cdb", "model", 0644);
  ok(fails("open.cdb", "trust", "others may read or write it"),
     "one that others may read");
  close(open("empty.cdb", O_WRONLY | O_CREAT, 0600));
  ok(fails("empty.cdb", "read", "Protocol error"), "one that is not a CDB");
  ok(stand_in(0), "no model");
  ok(stand_in("gone"), "a model who is gone");
  ok(stand_in("plain"), "a model without a hash");
  find_iterations();
  return done();
}
