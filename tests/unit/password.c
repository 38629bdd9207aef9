/*
 * Unit test of src/auth/password.c: who gets in, by what, and that everybody
 * who does not costs the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hmacmd5.h"
#include "password.h"
#include "unit.h"

#define CHALLENGE "<1@h>"
#define MODEL "$model$model"
#define HEXPW "0123456789abcdef0123456789abcdef"
#define USERS_ITERATIONS 4096
#define MODELS_ITERATIONS 5000

/* Stands for crypt(3): the hash of KEY by SETTING is the setting up to its
   last $, then KEY.  Counts, and remembers what it was asked. */
struct fake {
  int calls;
  int derived;
  uint32_t iterations; /* of the keys derived last */
  char setting[64];
  char hash[128];
};

static char const *fake_crypt(char const *key, char const *setting, void *data)
{
  struct fake *f = data;
  char const *last = strrchr(setting, '$');

  f->calls++;
  snprintf(f->setting, sizeof f->setting, "%s", setting);
  if (!strcmp(key, "starve")) return 0;
  if (!last) return "*0";
  snprintf(f->hash, sizeof f->hash, "%.*s$%s", (int)(last - setting), setting,
           key);
  return f->hash;
}

/* Stands for scramsecret_derive: the keys of a password are its bytes. */
static int fake_derive(struct scram_secret *x, char const *password, void *data)
{
  struct fake *f = data;

  f->derived++;
  f->iterations = x->iterations;
  if (!strcmp(password, "thirst")) return (errno = ENOMEM, 0);
  if (!strcmp(password, "\xff")) return (errno = EINVAL, 0);
  memset(x->stored, 0, SCRAM_KEY);
  memcpy(x->stored, password, strnlen(password, SCRAM_KEY));
  return 1;
}

/* The users; cram and scram are the passwords of the extra fields. */
static struct {
  char const *name;
  char const *password;
  char const *cram;
  char const *scram;
  int disabled;
} const users[] = {
    {"hash", "{CRYPT}$y$pw", 0, 0, 0},
    {"hash and context", "{CRYPT}$y$pw", "pw", 0, 0},
    {"plain", "{PLAIN}pw", 0, 0, 0},
    {"context", "{CRAM-MD5}", "pw", 0, 0},
    {"disabled", "{CRYPT}$y$pw", "pw", 0, 1},
    {"empty", "", 0, 0, 0},
    {"hexadecimal", "{CRYPT}$y$" HEXPW, HEXPW, 0, 0},
    {"hash and keys", "{CRYPT}$y$pw", 0, "keys", 0},
    {"keys", "{SCRAM-SHA-256}", 0, "pw", 0},
    {"keys in the field", "", 0, "pw", 0},
    {"keys, disabled", "{SCRAM-SHA-256}", 0, "pw", 1},
    {"keys and context", "{SCRAM-SHA-256}", "pw", "pw", 0},
    {"plain and keys", "{PLAIN}pw", 0, "keys", 0},
    {"context and keys", "{CRAM-MD5}", "pw", "keys", 0},
    {"unknown", 0, 0, 0, 0},
};
enum {
  HASH,
  BOTH,
  PLAIN,
  CONTEXT,
  DISABLED,
  EMPTY,
  HEXADECIMAL,
  HASH_KEYS,
  KEYS,
  FIELD,
  KEYS_DISABLED,
  KEYS_CONTEXT,
  PLAIN_KEYS,
  CONTEXT_KEYS,
  UNKNOWN
};

/* What the client sends. */
enum how {
  BY_PASSWORD,
  BY_CRAM,
  BY_CRAM_SWAPPED,
  BY_APOP,
  AS_RESPONSE,
  BY_ZEROS, /* the response of a context of zeros */
};

static struct {
  int user;
  enum how how;
  char const *secret;
  int plain;
  enum password_result want;
  char const *say; /* method or reason */
  int crypts;
} const t[] = {
    {HASH, BY_PASSWORD, "pw", 0, PASSWORD_OK, "plain", 1},
    {HASH, BY_PASSWORD, "pW", 0, PASSWORD_WRONG, "secret", 1},
    {HASH, BY_PASSWORD, "p", 0, PASSWORD_WRONG, "secret", 1},
    {HASH, BY_PASSWORD, "pww", 0, PASSWORD_WRONG, "secret", 1},
    {HASH, BY_PASSWORD, "starve", 0, PASSWORD_FAILED, 0, 1},
    {HASH, BY_CRAM, "pw", 0, PASSWORD_WRONG, "secret", 1},
    {HASH, BY_CRAM, "", 0, PASSWORD_WRONG, "secret", 1},
    {HASH, BY_CRAM_SWAPPED, "pw", 0, PASSWORD_WRONG, "secret", 0},
    {HASH, BY_APOP, "pw", 1, PASSWORD_WRONG, "secret", 1},
    {HASH, BY_APOP, "", 1, PASSWORD_WRONG, "secret", 1},
    {BOTH, BY_PASSWORD, "pw", 0, PASSWORD_OK, "plain", 1},
    {BOTH, BY_CRAM, "pw", 0, PASSWORD_OK, "cram-md5", 0},
    {BOTH, BY_CRAM_SWAPPED, "pw", 0, PASSWORD_OK, "cram-md5", 0},
    {BOTH, BY_CRAM, "pW", 0, PASSWORD_WRONG, "secret", 1},
    {BOTH, BY_CRAM_SWAPPED, "pW", 0, PASSWORD_WRONG, "secret", 0},
    {BOTH, BY_APOP, "pw", 1, PASSWORD_WRONG, "secret", 1},
    {PLAIN, BY_PASSWORD, "pw", 1, PASSWORD_OK, "plain", 1},
    {PLAIN, BY_PASSWORD, "pW", 1, PASSWORD_WRONG, "secret", 1},
    {PLAIN, BY_PASSWORD, "pw", 0, PASSWORD_WRONG, "secret", 1},
    {PLAIN, BY_CRAM, "pw", 1, PASSWORD_OK, "cram-md5", 0},
    {PLAIN, BY_CRAM_SWAPPED, "pw", 1, PASSWORD_OK, "cram-md5", 0},
    {PLAIN, BY_CRAM, "pw", 0, PASSWORD_WRONG, "secret", 1},
    {PLAIN, BY_APOP, "pw", 1, PASSWORD_OK, "apop", 0},
    {PLAIN, BY_APOP, "pW", 1, PASSWORD_WRONG, "secret", 1},
    {PLAIN, BY_APOP, "pw", 0, PASSWORD_WRONG, "secret", 1},
    {CONTEXT, BY_PASSWORD, "pw", 0, PASSWORD_OK, "plain", 1},
    {CONTEXT, BY_PASSWORD, "pW", 0, PASSWORD_WRONG, "secret", 1},
    {CONTEXT, BY_CRAM, "pw", 0, PASSWORD_OK, "cram-md5", 0},
    {CONTEXT, BY_APOP, "pw", 1, PASSWORD_WRONG, "secret", 1},
    {DISABLED, BY_PASSWORD, "pw", 0, PASSWORD_WRONG, "disabled", 1},
    {DISABLED, BY_PASSWORD, "pW", 0, PASSWORD_WRONG, "disabled", 1},
    {DISABLED, BY_CRAM_SWAPPED, "pW", 0, PASSWORD_WRONG, "disabled", 0},
    {DISABLED, BY_CRAM_SWAPPED, "pw", 0, PASSWORD_WRONG, "disabled", 0},
    {EMPTY, BY_PASSWORD, "pw", 1, PASSWORD_WRONG, "secret", 1},
    {EMPTY, BY_CRAM, "", 1, PASSWORD_WRONG, "secret", 1},
    {EMPTY, BY_APOP, "", 1, PASSWORD_WRONG, "secret", 1},
    {EMPTY, BY_PASSWORD, "", 1, PASSWORD_WRONG, "secret", 1},
    {EMPTY, BY_PASSWORD, "model", 1, PASSWORD_WRONG, "secret", 1},
    {EMPTY, BY_ZEROS, "", 1, PASSWORD_WRONG, "secret", 1},
    {HASH, BY_ZEROS, "", 0, PASSWORD_WRONG, "secret", 1},
    {UNKNOWN, BY_ZEROS, "", 0, PASSWORD_WRONG, "unknown", 1},
    {PLAIN, BY_PASSWORD, "model", 1, PASSWORD_WRONG, "secret", 1},
    {CONTEXT, BY_PASSWORD, "model", 0, PASSWORD_WRONG, "secret", 1},
    {HEXADECIMAL, AS_RESPONSE, HEXPW, 0, PASSWORD_OK, "plain", 1},
    {HEXADECIMAL, BY_CRAM, HEXPW, 0, PASSWORD_OK, "cram-md5", 0},
    {HASH, AS_RESPONSE, HEXPW, 0, PASSWORD_WRONG, "secret", 1},
    {HASH_KEYS, BY_PASSWORD, "pw", 0, PASSWORD_OK, "plain", 1},
    {HASH_KEYS, BY_PASSWORD, "keys", 0, PASSWORD_WRONG, "secret", 1},
    {KEYS, BY_PASSWORD, "pw", 0, PASSWORD_OK, "plain", 1},
    {KEYS, BY_PASSWORD, "pW", 0, PASSWORD_WRONG, "secret", 1},
    {KEYS, BY_PASSWORD, "model", 0, PASSWORD_WRONG, "secret", 1},
    {KEYS, BY_PASSWORD, "\xff", 0, PASSWORD_WRONG, "secret", 1},
    {KEYS, BY_PASSWORD, "starve", 0, PASSWORD_FAILED, 0, 1},
    {KEYS, BY_PASSWORD, "thirst", 0, PASSWORD_FAILED, 0, 1},
    {KEYS, BY_CRAM, "pw", 0, PASSWORD_WRONG, "secret", 1},
    {KEYS, BY_CRAM_SWAPPED, "pw", 0, PASSWORD_WRONG, "secret", 0},
    {FIELD, BY_PASSWORD, "pw", 0, PASSWORD_OK, "plain", 1},
    {FIELD, BY_PASSWORD, "pW", 0, PASSWORD_WRONG, "secret", 1},
    {FIELD, BY_PASSWORD, "", 0, PASSWORD_WRONG, "secret", 1},
    {KEYS_DISABLED, BY_PASSWORD, "pw", 0, PASSWORD_WRONG, "disabled", 1},
    {KEYS_CONTEXT, BY_PASSWORD, "pw", 0, PASSWORD_OK, "plain", 1},
    {KEYS_CONTEXT, BY_CRAM, "pw", 0, PASSWORD_OK, "cram-md5", 0},
    {PLAIN_KEYS, BY_PASSWORD, "pw", 1, PASSWORD_OK, "plain", 1},
    {PLAIN_KEYS, BY_PASSWORD, "keys", 1, PASSWORD_WRONG, "secret", 1},
    {PLAIN_KEYS, BY_PASSWORD, "keys", 0, PASSWORD_WRONG, "secret", 1},
    {CONTEXT_KEYS, BY_PASSWORD, "pw", 0, PASSWORD_OK, "plain", 1},
    {CONTEXT_KEYS, BY_PASSWORD, "keys", 0, PASSWORD_WRONG, "secret", 1},
    {EMPTY, BY_PASSWORD, "\xff", 0, PASSWORD_WRONG, "secret", 1},
    {UNKNOWN, BY_PASSWORD, "\xff", 0, PASSWORD_WRONG, "unknown", 1},
    {UNKNOWN, BY_PASSWORD, "pw", 1, PASSWORD_WRONG, "unknown", 1},
    {UNKNOWN, BY_PASSWORD, "model", 1, PASSWORD_WRONG, "unknown", 1},
    {UNKNOWN, BY_PASSWORD, "", 1, PASSWORD_WRONG, "unknown", 1},
    {UNKNOWN, BY_PASSWORD, "starve", 1, PASSWORD_FAILED, 0, 1},
    {UNKNOWN, BY_CRAM, "", 1, PASSWORD_WRONG, "unknown", 1},
    {UNKNOWN, BY_CRAM_SWAPPED, "", 1, PASSWORD_WRONG, "unknown", 0},
    {UNKNOWN, BY_APOP, "", 1, PASSWORD_WRONG, "unknown", 1},
};

static void get_keys(char *to, char const *password)
{
  struct scram_secret x = {.iterations = USERS_ITERATIONS, .salt_len = 1};
  stralloc sa = STRALLOC_ZERO;

  memcpy(x.stored, password, strlen(password));
  scramsecret_add(&sa, &x);
  strcpy(to, sa.s);
  stralloc_free(&sa);
}

static void get_user(int i, struct user *u, char *password, char *cram,
                     char *scram)
{
  *u = (struct user){.name = users[i].name, .disabled = users[i].disabled};
  *cram = *scram = 0;
  strcpy(password, users[i].password ? users[i].password : "");
  if (!strcmp(password, "{CRAM-MD5}"))
    hmacmd5_context(users[i].cram, password + 10);
  else if (users[i].cram)
    hmacmd5_context(users[i].cram, cram);
  if (!strcmp(password, "{SCRAM-SHA-256}"))
    get_keys(password + 15, users[i].scram);
  else if (users[i].scram)
    get_keys(scram, users[i].scram);
  u->password = password;
  u->cram_md5 = cram;
  u->scram_sha_256 = scram;
}

static void get_credentials(enum how how, char const *secret,
                            struct credentials *c, char hex[HMACMD5_HEX + 1])
{
  char context[HMACMD5_CONTEXT + 1];

  *c = (struct credentials){.user = "u"};
  if (how == BY_PASSWORD) {
    c->password = secret;
    return;
  }
  hmacmd5_context(secret, context);
  if (how == BY_ZEROS) memset(context, '0', HMACMD5_CONTEXT);
  if (how == BY_APOP)
    hmacmd5_apop(CHALLENGE, secret, hex);
  else if (how == AS_RESPONSE)
    strcpy(hex, secret);
  else
    hmacmd5_respond(context, CHALLENGE, hex);
  c->response = hex;
  c->challenge = CHALLENGE;
  if (how != BY_CRAM_SWAPPED) c->password = hex;
}

/* One row, in a file where keys are somebody's only secret, or where derive is
 * 0.
 */
static void row(size_t i, uint32_t derive)
{
  struct fake fake = {0};
  struct password_check p = {.crypt = fake_crypt,
                             .data = &fake,
                             .model = MODEL,
                             .plain = t[i].plain,
                             .derive = derive,
                             .scram = fake_derive};
  char password[256], cram[128], scram[256], hex[HMACMD5_HEX + 1], name[128];
  struct credentials c;
  struct password_verdict v;
  enum password_result want = t[i].want, got;
  struct user u;
  int has_hash = users[t[i].user].password &&
                 !strncmp(users[t[i].user].password, "{CRYPT}", 7);
  int own = t[i].user >= KEYS && t[i].user <= KEYS_CONTEXT;
  char const *said;

  get_user(t[i].user, &u, password, cram, scram);
  get_credentials(t[i].how, t[i].secret, &c, hex);
  snprintf(name, sizeof name, "%s, how %d, %s", users[t[i].user].name, t[i].how,
           (unsigned char)*t[i].secret == 0xff ? "no UTF-8" : t[i].secret);
  got = password_check(&p, t[i].user == UNKNOWN ? 0 : &u, &c, &v);
  ok(got == want, name);
  said = want == PASSWORD_OK ? v.method : v.reason;
  ok(t[i].say ? said && !strcmp(said, t[i].say) : !said, "what is logged");
  ok(want == PASSWORD_OK ? !v.reason : !v.method, "and nothing else");
  ok(fake.calls == t[i].crypts, "hashes computed");
  ok(!fake.calls || !strcmp(fake.setting, has_hash ? password + 7 : MODEL),
     "by the user's hash, or else the model's");
  ok(fake.derived == (derive || own ? t[i].crypts : 0), "keys derived");
  ok(!fake.derived || fake.iterations == (own ? USERS_ITERATIONS : derive),
     "as the user's, or else the model's");
}

static void damaged(char const *password, char const *scram, char const *name)
{
  struct fake fake = {0};
  struct password_check p = {
      .crypt = fake_crypt, .data = &fake, .model = MODEL, .plain = 1};
  struct user u = {
      .password = password, .cram_md5 = "", .scram_sha_256 = scram};
  struct credentials c = {.user = "u", .password = "x"};
  struct password_verdict v;

  ok(password_check(&p, &u, &c, &v) == PASSWORD_FAILED, name);
}

/* With the real derivation; RFC 7677's user. */
static void derivation(void)
{
  static char const keys[] = "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,"
                             "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
                             "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
  struct fake fake = {0};
  struct password_check p = {
      .crypt = fake_crypt, .data = &fake, .model = MODEL};
  struct user u = {.password = keys, .cram_md5 = "", .scram_sha_256 = ""};
  struct credentials c = {.user = "u", .password = "pencil"};
  struct password_verdict v;

  ok(password_check(&p, &u, &c, &v) == PASSWORD_OK, "the real one");
  c.password = "pencil2";
  ok(password_check(&p, &u, &c, &v) == PASSWORD_WRONG, "and a wrong one");
  ok(fake.calls == 2, "a hash for each");
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    row(i, 0);
    row(i, MODELS_ITERATIONS);
  }
  damaged("{SSHA}x", "", "a scheme that is not known is no wrong password");
  damaged("{CRYPT}no-dollar", "", "nor is a hash that crypt refuses");
  damaged("{SCRAM-SHA-256}1,a,b,c", "", "nor are keys that are none");
  damaged("", "1,a,b,c", "nor a field that is none");
  derivation();
  return done();
}
