#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crypt.h>

#include "hmacsha256.h"
#include "scheme.h"
#include "scramsecret.h"
#include "secret.h"
#include "token.h"
#include "userfile.h"
#include "userjudge.h"

#define MOCK "postern-authd: salts of users who do not exist"

/* What could not be done: "a b: c", as much as fits. */
static enum judge_result failed(char reason[JUDGE_REASON], char const *a,
                                char const *b, char const *c)
{
  char const *part[] = {a, " ", b, ": ", c};
  size_t n = 0;

  for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
    size_t len = strlen(part[i]);

    if (len > JUDGE_REASON - 1 - n) len = JUDGE_REASON - 1 - n;
    memcpy(reason + n, part[i], len);
    n += len;
  }
  reason[n] = 0;
  return JUDGE_FAILED;
}

static enum judge_result say(char reason[JUDGE_REASON], enum judge_result r,
                             char const *why)
{
  memcpy(reason, why, strlen(why) + 1);
  return r;
}

static enum judge_result wrong(char reason[JUDGE_REASON], char const *why)
{
  return say(reason, JUDGE_WRONG, why);
}

/* Open and look up: *user is 0 if there is none.  0 with reason. */
static int open_user(struct userfile *f, struct userjudge const *u,
                     char const *name, struct user const **user,
                     char reason[JUDGE_REASON])
{
  struct userfile_problem p;
  int found;

  *user = 0;
  if (userfile_open(f, u->path, &p)) {
    found = userfile_find(f, name, strlen(name), &p);
    if (found > 0) *user = &f->user;
    /* a record is read, whoever he is */
    if (!found && f->has_model)
      userfile_find(f, f->model.name, strlen(f->model.name), &p);
    if (found >= 0) return 1;
  }
  failed(reason, p.verb, u->path, p.why);
  userfile_free(f);
  return 0;
}

static char const *crypt_once(char const *key, char const *setting, void *data)
{
  return crypt_r(key, setting, data);
}

static enum judge_result verdict(enum password_result r,
                                 struct password_verdict const *v,
                                 char reason[JUDGE_REASON])
{
  switch (r) {
  case PASSWORD_OK: return JUDGE_OK;
  case PASSWORD_WRONG: return wrong(reason, v->reason);
  case PASSWORD_FAILED: break;
  }
  return say(reason, JUDGE_FAILED, "crypt(3) failed");
}

/* Judge with the function of the test, or with crypt_r(3) and its memory. */
static enum judge_result check(struct userjudge const *u,
                               struct userfile const *f,
                               struct user const *user,
                               struct credentials const *c,
                               char reason[JUDGE_REASON])
{
  struct password_check p = {.crypt = u->crypt,
                             .data = u->data,
                             .model = f->hash,
                             .plain = u->plain,
                             .derive = f->derive};
  struct password_verdict v = {0};
  struct crypt_data *data = 0;
  enum password_result r = PASSWORD_FAILED;

  if (!p.crypt) {
    p.crypt = crypt_once;
    p.data = data = calloc(1, sizeof *data);
  }
  if (!data && p.crypt == crypt_once)
    return say(reason, JUDGE_FAILED, "out of memory");
  r = password_check(&p, user, c, &v);
  if (data) explicit_bzero(data, sizeof *data);
  free(data);
  return verdict(r, &v, reason);
}

static enum judge_result password(void *data, struct judge_case const *about,
                                  struct sasl const *s,
                                  char reason[JUDGE_REASON])
{
  struct userjudge const *u = data;
  struct userfile f = {0};
  struct user const *user;
  struct credentials c = {.user = about->user};
  enum judge_result r;

  if (s->user.len + s->secret.len + 2 > USERJUDGE_SECRET)
    return wrong(reason, "too-long");
  if (s->mechanism == SASL_CRAM_MD5) {
    c.response = s->secret.s;
    c.challenge = s->challenge.s;
  } else {
    c.password = s->secret.s;
  }
  if (!open_user(&f, u, about->user, &user, reason)) return JUDGE_FAILED;
  userfile_close(&f);
  r = check(u, &f, user, &c, reason);
  userfile_free(&f);
  return r;
}

/* What nobody else knows, and what stays as long as somebody's secret: the
   model's hash, or without a model the first record.  None: nobody exists. */
static void seed(struct userfile const *f, char const **s, size_t *len)
{
  char const *key;
  uint32_t pos = 0;
  size_t klen;

  *s = f->hash;
  *len = strlen(f->hash);
  if (!f->has_model) cdbmap_next(&f->map, &pos, &key, &klen, s, len);
}

static int mock_key(unsigned char key[HMACSHA256], struct userjudge const *u,
                    struct userfile const *f, char reason[JUDGE_REASON])
{
  stralloc sa = STRALLOC_ZERO;
  char const *why = 0, *s;
  int r = !u->key_path || token_key(&sa, u->key_path, &why);
  size_t len;

  seed(f, &s, &len);
  if (r)
    hmacsha256(key, sa.len ? sa.s : s, sa.len ? sa.len : len, MOCK,
               sizeof MOCK - 1);
  else
    failed(reason, "read", u->key_path, why ? why : strerror(errno));
  secret_free(&sa);
  return r;
}

/* A secret is read and a mock is made, whoever he is. */
static enum judge_result choose(struct scram_secret *secret,
                                struct userfile const *f,
                                struct user const *user, char const *name,
                                unsigned char const key[HMACSHA256],
                                char reason[JUDGE_REASON])
{
  struct scram_secret own;
  struct user const *any = user ? user : f->has_model ? &f->model : 0;
  int has = any && password_scram(&own, any) > 0;

  scramsecret_mock(secret, key, HMACSHA256, name, f->scram);
  if (!user) return wrong(reason, "unknown");
  if (!has) return wrong(reason, "no-secret");
  *secret = own;
  explicit_bzero(&own, sizeof own);
  return user->disabled ? wrong(reason, "disabled") : JUDGE_OK;
}

static enum judge_result secret(void *data, struct judge_case const *about,
                                struct scram_secret *x,
                                char reason[JUDGE_REASON])
{
  struct userjudge const *u = data;
  struct userfile f = {0};
  struct user const *user;
  unsigned char key[HMACSHA256];
  enum judge_result r = JUDGE_FAILED;

  if (!open_user(&f, u, about->user, &user, reason)) return JUDGE_FAILED;
  if (mock_key(key, u, &f, reason))
    r = choose(x, &f, user, about->user, key, reason);
  explicit_bzero(key, sizeof key);
  userfile_free(&f);
  return r;
}

static enum judge_result known(void *data, struct judge_case const *about,
                               char reason[JUDGE_REASON])
{
  struct userfile f = {0};
  struct user const *user;
  enum judge_result r = JUDGE_OK;

  if (!open_user(&f, data, about->user, &user, reason)) return JUDGE_FAILED;
  if (!user) r = wrong(reason, "unknown");
  if (user && user->disabled) r = wrong(reason, "disabled");
  userfile_free(&f);
  return r;
}

void userjudge_init(struct judge *j, struct userjudge *u)
{
  j->data = u;
  j->fold = 1;
  j->password = password;
  j->secret = secret;
  j->known = known;
}
