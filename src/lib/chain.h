/*
 * chain - become the next program of the run line.
 *
 * The programs of the chain image (package/programs, column image) are linked
 * into one executable.  When the next word of the run line is one of them,
 * found along PATH and the very file that is running (same device and inode),
 * its main is called; otherwise it is executed.  Before the call happens what
 * execve(2) would do: descriptors marked close-on-exec are closed, caught
 * signals get their default action, environ and the process's name are the
 * new program's.  Signal mask, ignored signals, umask, limits and the working
 * directory stay, as they do across execve.
 *
 * So a program may rely on nothing but its arguments, its environment and its
 * descriptors, and must keep no state at file scope.  POSTERN_FUSE=0 in the
 * environment turns the short cut off.
 */
#ifndef POSTERN_CHAIN_H
#define POSTERN_CHAIN_H

#include <stddef.h>
#include <sys/types.h>

#include <skalibs/stralloc.h>

struct chain_program {
  char const *name;
  int (*main)(int, char const *const *);
};

/* Ends with a null name; empty in an executable that is not the chain image. */
extern struct chain_program const chain_programs[];

/*
 * Become argv[0], looked up along PATH, with the environment changed by modifs
 * (NAME=VALUE or NAME to remove it, each with its NUL: env_addmodif of
 * skalibs). modifs belongs to the new program afterwards.  Does not return: if
 * argv[0] cannot be run, says so on stderr and exits 127 (not found) or 126.
 */
extern _Noreturn void chain_exec(char const *const *argv,
                                 stralloc const *modifs);

/* The child's descriptor to is the caller's from. */
struct chain_fd {
  int from;
  int to;
};

enum chain_how {
  CHAIN_CALL,    /* call a program of this image in a fork, execute others */
  CHAIN_EXECUTE, /* execute it, whatever it is: a fresh address layout */
};

/*
 * Start argv[0] as a child, with that environment and those descriptors, no
 * signal blocked and the default action for SIGPIPE; all else is as after
 * fork(2) and execve(2).  No from may be the to of another.  The pid, or -1
 * with errno if there is no process; *failed is 0, or why argv[0] could not be
 * executed: the process then ends with exit code 111.  Only for a caller that
 * has no signal handlers (signalfd, or nothing).
 */
extern pid_t chain_spawn(char const *const *argv, char const *const *envp,
                         struct chain_fd const *fds, size_t n,
                         enum chain_how how, int *failed);

/* The program of that name in chain_programs, or 0. */
extern struct chain_program const *chain_find(char const *name);

/* The image's own main: the program that argv[0] names, with or without its
   "postern-", so that a link may be called tcpserver. */
extern int chain_main(int argc, char const *const *argv);

#endif
