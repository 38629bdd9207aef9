/*
 * secretfile - open a file of secrets, if it can be trusted.
 *
 * Whoever can write the users file can become any user; whoever can read it
 * can guess passwords at leisure; the same holds for a key.  So such a file is
 * a regular one, owned by root or by who runs the program, which its group may
 * read and not write, and others neither (at most mode 0640).
 */
#ifndef POSTERN_SECRETFILE_H
#define POSTERN_SECRETFILE_H

#include <sys/stat.h>

/* A descriptor, close-on-exec, and what is known of it; or -1, *why being a
   literal, or 0 if errno says it. */
extern int secretfile_open(char const *path, struct stat *st, char const **why);

#endif
