/*
 * userjudge - the judge (judge.h) that knows a users file.
 *
 * The work is the same whether the user exists, is disabled, has a secret of
 * that kind or none (password.h).  For SCRAM who has no secret gets a mock one,
 * the same each time: its key is made of tokens' key if there is one, else of a
 * record of the file, and then it changes with that record.
 */
#ifndef POSTERN_USERJUDGE_H
#define POSTERN_USERJUDGE_H

#include <stddef.h>

#include "judge.h"
#include "password.h"

#define USERJUDGE_SECRET 512 /* bytes of user and secret, a NUL for each */

struct userjudge {
  char const *path;
  int plain;             /* may {PLAIN} secrets be used? */
  char const *key_path;  /* the key file of tokens (token.h), or 0 */
  password_crypt *crypt; /* 0: crypt_r(3) */
  void *data;            /* for crypt */
};

/* j's data and functions, but for who counts. */
extern void userjudge_init(struct judge *j, struct userjudge *u);

#endif
