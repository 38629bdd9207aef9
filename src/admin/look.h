/*
 * look - what postern-doctor sees with: files, and what programs say.
 */
#ifndef POSTERN_LOOK_H
#define POSTERN_LOOK_H

#include <stddef.h>
#include <sys/stat.h>

#include <skalibs/stralloc.h>

#define LOOK_FILES 200000   /* in one walk; more are not looked at */
#define LOOK_OUTPUT 4194304 /* bytes that are read of a program */

/*
 * Run a program, found along PATH, with nothing on descriptor 0; what it writes
 * to 1 is appended to out, 2 is /dev/null.  Its exit code; -1 with errno if it
 * could not be run, was killed, said more than LOOK_OUTPUT bytes or nothing in
 * that many seconds (ETIMEDOUT; it is killed then).
 */
extern int look_run(char const *const *argv, unsigned int seconds,
                    stralloc *out);

/*
 * Call see for path and, if it is a directory, all that is below on the same
 * file system, but for what a Maildir's folders hold; no symbolic link is
 * followed.  error is 0, or why st is not filled in or the directory cannot be
 * entered.  0 with errno if the walk did not come to its end.
 */
typedef void look_see(char const *path, struct stat const *st, int error,
                      void *data);
extern int look_walk(char const *path, look_see *see, void *data);

#endif
