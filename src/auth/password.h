/*
 * password - are these credentials the user's?  Decides; reads nothing.
 *
 * The same work whether the user exists, is disabled, or gave a wrong
 * password: an attempt with a password costs exactly one crypt(3), against the
 * user's hash if he has one, else against the model's; an attempt with a
 * response costs one HMAC-MD5 and one MD5, and that crypt(3) too when the
 * response is wrong and has the form of a password.  Digests and hashes are
 * compared in constant time.
 */
#ifndef POSTERN_PASSWORD_H
#define POSTERN_PASSWORD_H

#include "credentials.h"
#include "users.h"

enum password_result {
  PASSWORD_OK,
  PASSWORD_WRONG,
  PASSWORD_FAILED, /* crypt(3) could not work: no memory, not a hash */
};

/* Why, and how, for the log; null or a literal. */
struct password_verdict {
  char const *reason; /* with PASSWORD_WRONG: "unknown", "disabled", "secret" */
  char const *method; /* with PASSWORD_OK: "plain", "cram-md5", "apop" */
};

/*
 * Like crypt_r(3): the hash of key by the method and salt of setting, valid
 * until the next call, or 0 or a string that begins with * if it cannot.
 */
typedef char const *password_crypt(char const *key, char const *setting,
                                   void *data);

struct password_check {
  password_crypt *crypt;
  void *data;        /* for crypt */
  char const *model; /* the hash that stands for a missing one */
  int plain;         /* may {PLAIN} secrets be used? */
};

/* u is 0 if there is no such user. */
extern enum password_result password_check(struct password_check const *p,
                                           struct user const *u,
                                           struct credentials const *c,
                                           struct password_verdict *v);

#endif
