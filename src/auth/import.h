/*
 * import - users from other programs' files, as lines of a users file
 * (doc/man/postern-users.5).  Text in, users out; reads nothing itself.
 *
 *   dovecot   a passwd-file: the lines as they are
 *   sasldb    Cyrus SASL's users, as db_dump prints sasldb2, with -p or without
 *             (the key is user, NUL, realm, NUL, "userPassword"; the data the
 *             password); or as sasldblistusers2 lists them, without passwords
 *   vpopmail  vpasswd: name:hash:uid:gid:gecos:dir:shell and, perhaps,
 * :password (uid and gid are flags, shell is the quota)
 *
 * What would be lost or changed without a word is refused: a password that
 * cannot be used, a restriction that we do not have.  keep takes such users in,
 * who then receive mail and cannot log in.
 */
#ifndef POSTERN_IMPORT_H
#define POSTERN_IMPORT_H

#include <stddef.h>

#include <skalibs/stralloc.h>

enum import_format {
  IMPORT_NONE = 0,
  IMPORT_DOVECOT,
  IMPORT_SASLDB,
  IMPORT_VPOPMAIL,
};

/* Zero-initialise, and fill in the first part. */
struct import {
  enum import_format format;
  char const *s; /* n bytes: the file */
  size_t n;
  char const *domain; /* of vpopmail's users */
  /* For who has none in the file, or 0; his home is home/DOMAIN/LOCAL. */
  char const *uid, *gid, *home;
  int keep;

  unsigned int line; /* where the user stands */
  char const *why;   /* why he is refused; static */
  size_t pos;        /* private, and what follows */
  unsigned int number;
  int state;
};

/* Zero-initialise; import_free wipes. */
struct import_user {
  stralloc name;     /* as it stands; NUL-terminated, len without the NUL */
  stralloc password; /* likewise; empty: what there is stands in rest */
  stralloc rest;     /* of his line: what is behind the name's colon */
};

/* IMPORT_NONE if it is no name of a format. */
extern enum import_format import_find(char const *name);

/*
 * The next user; u is overwritten.  1; 0 at the end; -1 with why and line if
 * he, or that line, is refused: the next call goes on behind it; -2 without
 * memory. Whether rest is a good line is for others to say (userdb.h).
 */
extern int import_next(struct import *i, struct import_user *u);

extern void import_free(struct import_user *u);

#endif
