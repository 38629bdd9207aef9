/*
 * confine - take away from a process what it will not need.
 *
 * The lists of system calls are what is allowed; any other fails with EPERM,
 * among them all that open, connect, execute, or look into another process.
 * Memory that is made can never be executed.
 */
#ifndef POSTERN_CONFINE_H
#define POSTERN_CONFINE_H

#include <stddef.h>

#include <linux/filter.h>

#include "account.h"

/* The filter of a worker, compiled beforehand: forks put it in force with one
   system call. */
struct confine {
  struct sock_fprog worker;
};

/* Close all descriptors but 0, 1, 2 and the n of keep, which is sorted; those
   below 3 in it are ignored. */
extern void confine_descriptors(int *keep, size_t n);

/*
 * Root directory (a descriptor, or -1: stays), groups, group, user (if a says
 * so), no core file, not to be traced, never more privileges.  0, or what could
 * not be done, with errno.
 */
extern char const *confine_identity(struct account const *a, int root);

/* Compile the worker's list, and put the master's in force.  0 with errno. */
extern int confine_master(struct confine *c);

/* Put the worker's in force, which allows less.  0 with errno. */
extern int confine_worker(struct confine const *c);

#endif
