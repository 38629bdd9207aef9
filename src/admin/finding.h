/*
 * finding - what is wrong with an installation, and what to do about it.
 * Pure.
 *
 * Strings given to finding_add are formats of a kind: what, command and hint
 * are assembled by the caller with finding_say, which escapes what is not ours,
 * and finding_quote, which makes a path one word of a shell.
 */
#ifndef POSTERN_FINDING_H
#define POSTERN_FINDING_H

#include <stddef.h>

#include <skalibs/genalloc.h>
#include <skalibs/stralloc.h>

#define FINDINGS_MAX 10000 /* more are counted, and not kept */

enum severity {
  DANGER, /* strangers may do what they should not, or nobody may do anything
             tomorrow */
  FAULT,  /* something does not work, or does not do what is written */
  ADVICE,
};

/* Owned strings; of command and hint at most one is not empty. */
struct finding {
  enum severity severity;
  int unseen;  /* it could not be looked at */
  size_t line; /* 0: the file as a whole */
  char *file;
  char *what;
  char *command; /* to type: it mends what is wrong */
  char *hint;    /* where no command can: what to do */
};

struct findings {
  genalloc list; /* struct finding */
  size_t lost;
  int nomem; /* some are missing */
};

/* Where the thing stands that is wrong. */
struct place {
  char const *file;
  size_t line;
};

/* Add one.  Parts are strings, ended by a null; those at odd positions are
   escaped (text_escape, but blanks stay). */
extern void finding_add(struct findings *f, enum severity severity,
                        struct place at, char const *const *what);

/* Of the one that was added last: a word with % in it stands for the next
   argument, which is quoted for a shell if need be.  An argument that is not
   printable makes it a hint that says so. */
extern void finding_command(struct findings *f, char const *format,
                            char const *const *args);
/* In the place of another one, if there was. */
extern void finding_hint(struct findings *f, char const *hint);

#define FINDING_AS_ROOT "look as root, or as the user who owns it"

/* It could not be looked at: a fault, with that reason, and a hint that goes
   with it. */
extern void finding_unseen(struct findings *f, struct place at,
                           char const *why);

/* Short forms. */
#define FINDING(f, severity, at, ...)                                          \
  finding_add(f, severity, at, (char const *const[]){__VA_ARGS__, 0})
#define COMMAND(f, format, ...)                                                \
  finding_command(f, format, (char const *const[]){__VA_ARGS__, 0})

/* The worst first, else in the order in which they were added. */
extern void findings_sort(struct findings *f);

/* Append all of them, for people: two lines each; or as JSON, an object a line.
   0 without memory. */
extern int findings_text(struct findings const *f, stralloc *out);
extern int findings_json(struct findings const *f, stralloc *out);

extern size_t findings_count(struct findings const *f);
extern int findings_unseen(struct findings const *f);
extern void findings_free(struct findings *f);

#endif
