/*
 * users - the users file, compiled (doc/man/postern-users.5).
 *
 * A Dovecot passwd-file, one user a line:
 *   user:password:uid:gid:gecos:home:shell:extra fields
 * postern-passwd compiles it to a CDB: the key is the user name in lower case,
 * the data the rest of the line.  It writes two: users.cdb with the passwords,
 * for the password checker alone, and mailboxes.cdb, where that field is empty,
 * for everybody who must know who exists and where his Maildir is.  This
 * module reads both.
 */
#ifndef POSTERN_USERS_H
#define POSTERN_USERS_H

#include <stddef.h>
#include <sys/types.h>

#include <skalibs/stralloc.h>

#include "cdbmap.h"

#define USERS_NAME_MAX 254  /* bytes: the longest mailbox, RFC 5321 */
#define USERS_LINE_MAX 4096 /* bytes in a line */

/* Strings point into the stralloc given to the function that filled it in. */
struct user {
  char const *name;          /* in lower case */
  char const *password;      /* {SCHEME}secret; empty in mailboxes.cdb */
  char const *cram_md5;      /* extra field cram_md5=: a second secret, 64
                                hexadecimal digits; empty if there is none */
  char const *scram_sha_256; /* extra field scram_sha_256=: another one, not
                                looked into (src/auth/scramsecret.h does);
                                empty if there is none */
  uid_t uid;                 /* never 0, nor is gid */
  gid_t gid;
  int has_ids;         /* 0: uid and gid are not given */
  char const *home;    /* absolute, or empty */
  char const *shell;   /* or empty */
  char const *maildir; /* extra field mail=maildir:..., else HOME/Maildir;
                          absolute; empty if there is no home */
  int disabled;        /* extra field nologin: may receive, not log in */
};

/*
 * Parse the data of one record (the line without the name and its colon).  sa
 * is overwritten; it holds the secrets afterwards, and was allocated once, so
 * that wiping sa->s to sa->a wipes them all.  1; 0 with *why set to the
 * reason, for a message, if the line is not well formed; -1 with errno if
 * memory ran out.
 */
extern int users_parse(char const *name, size_t nlen, char const *line,
                       size_t len, stralloc *sa, struct user *u,
                       char const **why);

/*
 * Look a user up; letter case is no matter.  1; 0 there is none; -1 with errno
 * (EPROTO: the file or the record is damaged).
 */
extern int users_find(cdbmap const *m, char const *name, size_t len,
                      stralloc *sa, struct user *u);

#endif
