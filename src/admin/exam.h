/*
 * exam - what facts about an installation are findings: files, services,
 * stores, certificates, checkers.  Pure: facts in, findings out.
 */
#ifndef POSTERN_EXAM_H
#define POSTERN_EXAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "checker.h"
#include "finding.h"

/* --- files --- */

enum exam_role {
  ROLE_SECRET, /* passwords and keys: nobody else's business */
  ROLE_STORE,  /* who may write there may grant, or forgive */
  ROLE_SAY,    /* who may write there says what is done */
  ROLE_OTHER,  /* nobody may write what everybody may write */
};

/* Users and groups that face the network. */
#define EXAM_GATES 16
struct exam_gate {
  size_t nuid, ngid;
  uid_t uid[EXAM_GATES];
  gid_t gid[EXAM_GATES];
};

struct exam_file {
  char const *path;
  mode_t mode; /* st_mode */
  uid_t uid;
  gid_t gid;
  uid_t owner; /* the installation's; root always may */
};

/* One that is open to whom it should not is one finding, of the worst kind. */
extern void exam_file(struct findings *f, enum exam_role role,
                      struct exam_file const *x, struct exam_gate const *gate);

/* --- scripts --- */

/* The run script of a service; s and n are its text. */
struct exam_script {
  char const *path;
  int there;
  mode_t mode;
  char const *s;
  size_t n;
  int interpreter; /* what its first line names is there */
};

extern void exam_script(struct findings *f, struct exam_script const *x);

/* What the first line names, a copy; 0 if it names nothing. */
extern char *exam_interpreter(char const *s, size_t n);

/* --- services --- */

/* What s6-svstat -o up,wantedup,ready says of dir, or why it said nothing:
   supervised is 0 if nobody looks after it, -1 if that cannot be seen. */
struct exam_service {
  char const *dir;
  int supervised;
  char const *status; /* "true true true\n" */
  char const *log;    /* its log file, or 0 */
};

/* scan is the directory that s6-svscan is to look after. */
extern void exam_services(struct findings *f, char const *scan,
                          struct exam_service const *x, size_t n);

/* --- stores --- */

#define EXAM_STALE 3600 /* seconds after which a cleaner should have come */

struct exam_store {
  char const *path;
  size_t stale;      /* records that ended longer ago than that */
  size_t alien;      /* entries that are no records */
  char const *first; /* the path of one of those */
};

extern void exam_store(struct findings *f, struct exam_store const *x);

/* --- certificates --- */

/* text is what postern-certs said, me who we say that we are, or 0. */
extern void exam_certs(struct findings *f, char const *text, size_t n,
                       char const *me);

/* --- who judges passwords --- */

/* What checker_probe said of the checker that stands there. */
extern void exam_checker(struct findings *f, struct place at, char const *name,
                         enum checker_result result, char const *reason);

#endif
