/*
 * control - qmail's control files: one setting a file, in one directory.
 *
 * Three kinds: one line (the first counts, the rest may explain), one number
 * (the first line, decimal, all of it), a list (one item a line; empty lines
 * and lines that begin with # do not count).  Blanks, tabs and a CR at the end
 * of a line are dropped.  A file that is absent is no error.  One that cannot
 * be read, is larger than CONTROL_MAX, or says what is not understood is one,
 * never a default.
 */
#ifndef POSTERN_CONTROL_H
#define POSTERN_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#define CONTROL_MAX 1048576 /* bytes in a file; more belongs into a .cdb */
#define CONTROL_LINE_MAX 1024

/* Zero-initialise but for dir.  After a failure why holds file, line and
   reason, with a NUL: "control/databytes:1: not a number". */
struct control {
  char const *dir;
  stralloc why;
};

/* All return 1; 0 if there is no such file; -1 with why. */

/* *out receives the line, with a NUL that its length does not count.  It is
   not empty. */
extern int control_line(struct control *c, char const *name, stralloc *out);

extern int control_number(struct control *c, char const *name, uint64_t *out);

/* *out receives the items, each with its NUL.  fault, which may be null, says
   what is wrong with an item of n bytes, or 0 if nothing is. */
typedef char const *control_fault(char const *item, size_t n);
extern int control_list(struct control *c, char const *name,
                        control_fault *fault, stralloc *out);

/*
 * For messages: *out receives dir/name:LINE and its NUL, for that line; or for
 * the one on which an item stands, from the file as it is now.  item points
 * into the list that control_list made.  1; 0 if there are not so many items
 * any more, if the file cannot be read, or if memory ran out.
 */
extern int control_where(struct control const *c, char const *name, size_t line,
                         stralloc *out);
extern int control_item_where(struct control *c, char const *name,
                              stralloc const *list, char const *item,
                              stralloc *out);

/* The path of a file: dir/name with its NUL.  0 if memory ran out. */
extern int control_path(struct control const *c, char const *name,
                        stralloc *out);

extern void control_free(struct control *c);

#endif
