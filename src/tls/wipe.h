/*
 * wipe - what OpenSSL frees is overwritten before another has it: a process
 * that serves one client after the other must have nothing left of the first.
 */
#ifndef POSTERN_WIPE_H
#define POSTERN_WIPE_H

/* Before anything else is asked of OpenSSL; 0 if it was too late.  The C
   library's allocator is told to keep the memory of a connection for the next,
   too, which saves a page fault for each page. */
extern int wipe_begin(void);

/* Overwrite what calls that have returned left on the stack. */
extern void wipe_stack(void);

#endif
