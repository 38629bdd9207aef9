/*
 * userfile - users.cdb, opened to judge one attempt.
 *
 * The file is opened for each attempt and read where it is mapped: that costs
 * a few system calls beside a hash, and what was replaced since is seen.  It is
 * trusted as secretfile.h says.
 */
#ifndef POSTERN_USERFILE_H
#define POSTERN_USERFILE_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "cdbmap.h"
#include "users.h"

/* Zero-initialise. */
struct userfile {
  uint32_t scram;   /* iterations of the mock secrets (USERDB_SCRAM), or what we
                       make */
  uint32_t derive;  /* password_check's iterations (USERDB_DERIVE), or 0 */
  char const *hash; /* the model's, or what stands for it if there is none:
                       yescrypt with crypt(5)'s usual cost */
  struct user model;
  int has_model;
  struct user user; /* after userfile_find */
  cdbmap map;       /* private */
  stralloc model_sa;
  stralloc user_sa;
};

/* Why it failed: "unable to VERB PATH: WHY". */
struct userfile_problem {
  char const *verb;
  char const *why;
};

/* Open it and find the model.  1, or 0 with *p. */
extern int userfile_open(struct userfile *f, char const *path,
                         struct userfile_problem *p);

/* Look a user up: 1, 0 there is none, -1 with *p. */
extern int userfile_find(struct userfile *f, char const *name, size_t len,
                         struct userfile_problem *p);

/* Unmap the file.  What was found stays. */
extern void userfile_close(struct userfile *f);

/* Wipe what was found, and close. */
extern void userfile_free(struct userfile *f);

#endif
