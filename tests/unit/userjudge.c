/*
 * Unit test of src/auth/userjudge.c: who gets in, and that whoever does not
 * costs the same.  Counts hashes; looks at no clock.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "cdbmap.h"
#include "hmacmd5.h"
#include "unit.h"
#include "userdb.h"
#include "userjudge.h"

#define SECRET                                                                 \
  "4096,W22ZaJ0SNY7soEsUEjb6gQ==,"                                             \
  "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"                              \
  "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static int hashes;

/* The hash of KEY is $KEY. */
static char const *fake_crypt(char const *key, char const *setting, void *data)
{
  char *hash = data;

  (void)setting;
  hashes++;
  if (!strcmp(key, "starve")) return 0;
  snprintf(hash, 600, "$%s", key);
  return hash;
}

static void make(char const *path, char const *model)
{
  static char const *const records[][2] = {
      {"tim", "{CRYPT}$pw::::::scram_sha_256=" SECRET},
      {"hash", "{CRYPT}$pw"},
      {"off", "{CRYPT}$pw::::::nologin scram_sha_256=" SECRET},
      {"scram", "{SCRAM-SHA-256}" SECRET},
      {"bad", "x:y"},
      {USERDB_SCRAM, "20000"},
  };
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);

  for (size_t i = 0; i < sizeof records / sizeof *records; i++)
    cdbmap_make_add(mk, records[i][0], strlen(records[i][0]), records[i][1],
                    strlen(records[i][1]));
  if (model) cdbmap_make_add(mk, USERDB_MODEL, 1, model, strlen(model));
  cdbmap_make_finish(mk);
  cdbmap_make_free(mk);
  close(fd);
}

static struct {
  char const *user;
  char const *secret;
  enum judge_result want;
  char const *reason;
} const t[] = {
    {"tim", "pw", JUDGE_OK, ""},
    {"TIM", "pw", JUDGE_OK, ""},
    {"tim", "px", JUDGE_WRONG, "secret"},
    {"off", "pw", JUDGE_WRONG, "disabled"},
    {"nobody", "pw", JUDGE_WRONG, "unknown"},
    {"tim:", "pw", JUDGE_WRONG, "unknown"},
    {":", "pw", JUDGE_WRONG, "unknown"},
    {":scram", "pw", JUDGE_WRONG, "unknown"},
    {"tim", "starve", JUDGE_FAILED, "crypt(3) failed"},
    {"bad", "pw", JUDGE_FAILED, "read users.cdb: Protocol error"},
};

static char hash[600];
static struct userjudge users = {
    .path = "users.cdb", .crypt = fake_crypt, .data = hash};
static struct judge judge;

static enum judge_result password(char const *user, char const *secret,
                                  char reason[JUDGE_REASON])
{
  struct judge_case c = {.user = user};
  struct sasl s = {.mechanism = SASL_PLAIN};
  enum judge_result r;

  hashes = 0;
  strcpy(reason, "");
  sasl_keep(&s.user, user, strlen(user));
  sasl_keep(&s.secret, secret, strlen(secret));
  r = judge.password(judge.data, &c, &s, reason);
  sasl_free(&s);
  return r;
}

static void passwords(void)
{
  char reason[JUDGE_REASON], big[600];

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    ok(password(t[i].user, t[i].secret, reason) == t[i].want &&
           !strcmp(reason, t[i].reason),
       t[i].user);
    ok(hashes == !!strcmp(t[i].user, "bad"), "one hash, whoever he is");
  }
  memset(big, 'x', sizeof big);
  big[USERJUDGE_SECRET - 5] = 0;
  ok(password("tim", big, reason) == JUDGE_WRONG && !strcmp(reason, "secret") &&
         hashes == 1,
     "a long password");
  big[USERJUDGE_SECRET - 5] = 'x';
  big[USERJUDGE_SECRET - 4] = 0;
  ok(password("tim", big, reason) == JUDGE_WRONG &&
         !strcmp(reason, "too-long") && !hashes,
     "one that is too long");
}

static void cram(void)
{
  char reason[JUDGE_REASON] = "";
  struct judge_case c = {.user = "nobody"};
  struct sasl s = {.mechanism = SASL_CRAM_MD5};

  hashes = 0;
  sasl_keep(&s.user, "nobody", 6);
  sasl_keep(&s.secret, "b913a602c7eda7a495b4e6e7334d3890", 32);
  sasl_keep(&s.challenge, "<1@h>", 5);
  ok(judge.password(judge.data, &c, &s, reason) == JUDGE_WRONG &&
         !strcmp(reason, "unknown") && !hashes,
     "CRAM-MD5 needs no hash");
  sasl_free(&s);
}

static enum judge_result secret(char const *user, struct scram_secret *x,
                                char reason[JUDGE_REASON])
{
  struct judge_case c = {.user = user};

  memset(x, 0, sizeof *x);
  strcpy(reason, "");
  return judge.secret(judge.data, &c, x, reason);
}

static int same(struct scram_secret const *a, struct scram_secret const *b)
{
  return a->salt_len == b->salt_len && !memcmp(a->salt, b->salt, a->salt_len) &&
         a->iterations == b->iterations;
}

static void scram(void)
{
  struct scram_secret tim, off, nobody, again, other, none;
  char reason[JUDGE_REASON];

  ok(secret("tim", &tim, reason) == JUDGE_OK && tim.iterations == 4096,
     "the field's secret");
  ok(secret("scram", &other, reason) == JUDGE_OK && same(&tim, &other),
     "the scheme's");
  ok(secret("off", &off, reason) == JUDGE_WRONG && same(&tim, &off) &&
         !strcmp(reason, "disabled"),
     "who may not log in has his own");
  ok(secret("nobody", &nobody, reason) == JUDGE_WRONG &&
         !strcmp(reason, "unknown") && nobody.salt_len == SCRAM_SALT &&
         nobody.iterations == 20000,
     "nobody has one as most have");
  ok(secret("hash", &none, reason) == JUDGE_WRONG &&
         !strcmp(reason, "no-secret") && !same(&none, &nobody),
     "who has no SCRAM secret has one, too");
  ok(secret("NOBODY", &again, reason) == JUDGE_WRONG && same(&nobody, &again),
     "and always the same");
  make("users.cdb", 0);
  secret("nobody", &again, reason);
  ok(!same(&nobody, &again), "of another file it is another");
  secret("nobody", &other, reason);
  ok(same(&other, &again), "that stays, too");
  make("users.cdb", "tim");
}

static void put_key(char const *path)
{
  int fd = open(path, O_WRONLY | O_CREAT, 0600);

  for (int i = 0; i < 32; i++)
    (void)write(fd, "k", 1);
  close(fd);
}

static void keyed(void)
{
  struct scram_secret a, b;
  char reason[JUDGE_REASON];

  users.key_path = "key";
  ok(secret("nobody", &a, reason) == JUDGE_FAILED &&
         !strcmp(reason, "read key: No such file or directory"),
     "a key that is gone");
  put_key("key");
  ok(secret("nobody", &a, reason) == JUDGE_WRONG, "with a key");
  make("users.cdb", "hash");
  ok(secret("nobody", &b, reason) == JUDGE_WRONG && same(&a, &b),
     "mock secrets outlive every user");
  users.key_path = 0;
}

static void external(void)
{
  static struct {
    char const *user;
    enum judge_result want;
    char const *reason;
  } const who[] = {
      {"tim", JUDGE_OK, ""},
      {"off", JUDGE_WRONG, "disabled"},
      {"nobody", JUDGE_WRONG, "unknown"},
  };

  for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
    struct judge_case c = {.user = who[i].user};
    char reason[JUDGE_REASON] = "";

    ok(judge.known(judge.data, &c, reason) == who[i].want &&
           !strcmp(reason, who[i].reason),
       "known");
  }
}

int main(void)
{
  char reason[JUDGE_REASON];
  struct scram_secret x;
  struct judge_case c = {.user = "tim"};

  make("users.cdb", "tim");
  userjudge_init(&judge, &users);
  ok(judge.fold, "letter case is no matter");
  passwords();
  cram();
  scram();
  keyed();
  external();
  unlink("users.cdb");
  ok(password("tim", "pw", reason) == JUDGE_FAILED &&
         !strcmp(reason, "open users.cdb: No such file or directory"),
     "no file");
  ok(secret("tim", &x, reason) == JUDGE_FAILED &&
         judge.known(judge.data, &c, reason) == JUDGE_FAILED,
     "for nobody");
  return done();
}
