/*
 * password - are these credentials the user's?  Decides; reads nothing.
 *
 * The same work whether the user exists, is disabled, or gave a wrong
 * password: an attempt with a password costs exactly one crypt(3), against the
 * user's hash if he has one, else against the model's.  Where SCRAM keys are
 * the only secret of some users (derive is not 0), it costs one derivation too,
 * of such a user's keys, else of the model's.  An attempt with a response costs
 * one HMAC-MD5 and one MD5, and all that too when the response is wrong and has
 * the form of a password.  Digests and hashes are compared in constant time.
 *
 * SCRAM keys prove a password only if the password field holds nothing else:
 * then there are not two secrets to guess at.
 */
#ifndef POSTERN_PASSWORD_H
#define POSTERN_PASSWORD_H

#include <stdint.h>

#include "credentials.h"
#include "scheme.h"
#include "scramsecret.h"
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

/* Like scramsecret_derive; data is that of crypt. */
typedef int password_derive(struct scram_secret *x, char const *password,
                            void *data);

struct password_check {
  password_crypt *crypt;
  void *data;        /* for crypt */
  char const *model; /* the hash that stands for a missing one */
  int plain;         /* may {PLAIN} secrets be used? */
  uint32_t derive;   /* iterations of the model's SCRAM keys; 0: nobody's only
                        secret are such */
  password_derive *scram; /* 0: scramsecret_derive */
};

/* The user's SCRAM secret: the field's, else the scheme's.  1; 0 he has none;
   -1 it is damaged. */
extern int password_scram(struct scram_secret *x, struct user const *u);

/* Does a password field of that scheme leave passwords to the SCRAM keys? */
extern int password_derives(enum scheme scheme);

/* u is 0 if there is no such user. */
extern enum password_result password_check(struct password_check const *p,
                                           struct user const *u,
                                           struct credentials const *c,
                                           struct password_verdict *v);

#endif
