/*
 * layout - what a home consists of: one table of files and directories.
 *
 * postern-conf writes it, and nothing else knows it.  The text of a file is a
 * template (template.h).
 */
#ifndef POSTERN_LAYOUT_H
#define POSTERN_LAYOUT_H

#include <sys/types.h>

/* Who owns it, when a home is made by root. */
enum layout_owner {
  LAYOUT_ROOT,
  LAYOUT_GATE, /* faces the network, owns nothing */
  LAYOUT_MAIL, /* Maildirs and grants */
  LAYOUT_AUTH, /* passwords */
  LAYOUT_TLS,  /* speaks TLS with everybody, owns nothing */
  LAYOUT_LOG,
  LAYOUT_OWNERS,
};

/* For which homes. */
enum layout_when {
  LAYOUT_ALWAYS,
  LAYOUT_SPLIT, /* made by root: a user for each task */
  LAYOUT_PLAIN, /* made by an ordinary user, who does it all */
  LAYOUT_NEVER, /* the end of the table */
};

struct layout_entry {
  enum layout_when when;
  enum layout_owner owner;
  enum layout_owner group;
  mode_t mode;
  char const *path; /* relative to the home */
  char const *text; /* 0: a directory */
};

extern struct layout_entry const layout[];

/* Among them: where certificates are put, unless they are elsewhere. */
#define LAYOUT_CERTS "tls/certs"

#endif
