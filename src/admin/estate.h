/*
 * estate - what an installation consists of, as its run lines name it.  Pure.
 *
 * The programs of the tree, tcpserver and qmail-smtpd are known, with their
 * options; other words are passed over.
 */
#ifndef POSTERN_ESTATE_H
#define POSTERN_ESTATE_H

#include <stddef.h>

#include <skalibs/genalloc.h>

#include "finding.h"
#include "runline.h"

enum thing_kind {
  THING_RULES,     /* rules.cdb */
  THING_SOURCE,    /* what it was compiled from */
  THING_CONTROL,   /* a directory */
  THING_USERS,     /* users.cdb */
  THING_MAILBOXES, /* mailboxes.cdb */
  THING_ALIASES,
  THING_TOKEN,   /* a key file */
  THING_STORE,   /* grants, guesses or names */
  THING_NAMES,   /* names: a store, too */
  THING_CERTS,   /* a directory */
  THING_CHECKER, /* argv */
  THING_GATE,    /* path is a user that faces the network, name or number */
  THING_GATES,   /* and a group */
  THING_OPEN,    /* RELAYCLIENT is set for everybody */
  THING_FOREIGN, /* an smtpd that takes everything without rcpthosts; path is
                    its control directory */
  THING_PATH,    /* where programs are looked for */
  THING_KINDS,
};

struct thing {
  enum thing_kind kind;
  char *path;              /* absolute, if home was */
  char const *const *argv; /* THING_CHECKER: points into the runline */
  struct place said;       /* the run line that names it */
};

/* Zero-initialise. */
struct estate {
  genalloc things;   /* struct thing; of one kind and path once */
  genalloc runlines; /* struct runline *, that belong to it */
};

/*
 * Add what the words of r name; r stays with e until estate_free.  dir is where
 * relative paths begin until the words say cd.  file, for messages, must live
 * as long.  A word that is needed and has a $ in it is a finding.  0 without
 * memory.
 */
extern int estate_read(struct estate *e, struct runline *r, char const *dir,
                       char const *file, struct findings *f);

/* Add one by hand; path is made absolute with dir. */
extern int estate_add(struct estate *e, enum thing_kind kind, char const *path,
                      char const *dir, struct place said);

/* Those of a kind, one after the other: *pos starts as 0; 0 at the end. */
extern struct thing const *estate_next(struct estate const *e,
                                       enum thing_kind kind, size_t *pos);

/* The first of a kind, or 0. */
extern struct thing const *estate_first(struct estate const *e,
                                        enum thing_kind kind);

extern void estate_free(struct estate *e);

#endif
