/*
 * logdir - the bytes of logs, in the order in which they were written.
 *
 * A source is a directory of s6-log's or multilog's, a file, or "-", standard
 * input.  A directory's files are @*.s and @*.u, by their names, which are
 * times, then current; other files in it are none of ours.  current is opened
 * before the others are listed, so that a rotation between loses nothing.
 *
 * What is read comes in blocks of whole lines, through one buffer of a fixed
 * size: memory does not depend on the size of the log.
 */
#ifndef POSTERN_LOGDIR_H
#define POSTERN_LOGDIR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <skalibs/stralloc.h>

#define LOGDIR_BLOCK 1048576 /* bytes; a line longer than that is left out */

struct logdir {
  char const *const *source;
  size_t sources;
  /* A source that cannot be read, wholly or in part: what, and why. */
  void (*trouble)(void *data, char const *path, char const *why);
  void *data;
  size_t troubles;     /* so many times was it called */
  uint64_t bytes;      /* read in all */
  unsigned int passes; /* private: so many times was it all read */
};

/* Bytes of whole lines; each ends with a newline, the last one too.  0: stop,
   with errno. */
typedef int logdir_take(void *data, char const *block, size_t n);

/*
 * Read all of it, once more at each call; what is no file, as a pipe, cannot be
 * read a second time, and that is told.  1; 0 with errno if there was no memory
 * or take said stop. What cannot be read is left out, and told.
 */
extern int logdir_read(struct logdir *d, logdir_take *take, void *data);

/*
 * Append the directories in dir that s6-log or multilog writes to, by their
 * names: DIR/NAME and a NUL each.  One that cannot be looked into is among
 * them, so that it is told when it is read.  Returns how many; -1 with errno.
 */
extern ssize_t logdir_below(stralloc *paths, char const *dir);

#endif
