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

/*
 * Start argv[0] as a child, with that environment and those descriptors, all
 * signals unblocked and with their default action.  A program of this image is
 * called in a fork; any other is started with posix_spawn.  What the caller
 * has open and not marked close-on-exec, the child has too.  No from may be
 * the to of another.  Returns the pid, or -1 with errno; that argv[0] cannot
 * be run is told at once or, as the shell does, by an exit with 127 or 126.
 */
extern pid_t chain_spawn(char const *const *argv, char const *const *envp,
                         struct chain_fd const *fds, size_t n);

/* The program of that name in chain_programs, or 0. */
extern struct chain_program const *chain_find(char const *name);

/* Would argv0 be called, and not executed, under that environment? */
extern int chain_is_fused(char const *argv0, char const *const *envp);

/* The image's own main: the program that argv[0] names. */
extern int chain_main(int argc, char const *const *argv);

#endif
