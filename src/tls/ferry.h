/*
 * ferry - carry bytes both ways between two ends, until both have said all.
 * Pure: the ends are functions, nothing waits, and there is no clock.
 *
 * What one end gives is kept until the other has taken it, FERRY_ROOM bytes at
 * most each way: a slow reader slows his writer.  The end of one direction is
 * passed on when its bytes are, and the other direction goes on.
 */
#ifndef POSTERN_FERRY_H
#define POSTERN_FERRY_H

#include <stddef.h>
#include <sys/types.h>

#define FERRY_ROOM 16384 /* bytes: a TLS record */

/* What an end says instead of a number of bytes. */
enum {
  FERRY_BROKEN = -1,      /* no more in either direction */
  FERRY_AWAIT_READ = -2,  /* again when its descriptor is readable */
  FERRY_AWAIT_WRITE = -3, /* again when it is writable */
};

/* read gives 0 at the end; write takes 1 byte at least; shut is called once,
   says that nothing more comes, and gives 0 when that is said. */
struct ferry_end {
  void *context;
  ssize_t (*read)(void *context, char *s, size_t n);
  ssize_t (*write)(void *context, char const *s, size_t n);
  ssize_t (*shut)(void *context);
};

struct ferry_way {
  int ended; /* the source has said all */
  int shut;  /* and the sink knows */
  size_t pos;
  size_t len;
  unsigned long long total; /* bytes that the sink has taken */
  char s[FERRY_ROOM];
};

/* Zero-initialise, but for end.  way[i] is from end[i] to the other. */
struct ferry {
  struct ferry_end end[2];
  struct ferry_way way[2];
};

/* For what to wait, one for each end; bits. */
enum { FERRY_READ = 1, FERRY_WRITE = 2 };

/*
 * Carry what can be carried now.  1: wait for want and come again; if both
 * are 0, come again at once.  0: all is said and passed on.  -1: an end broke.
 * *moved is 1 if a byte or an end was passed on, else as it was.
 */
extern int ferry_step(struct ferry *f, int want[2], int *moved);

#endif
