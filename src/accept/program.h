/*
 * program - start the program for one connection.
 *
 * By vfork(2): the parent's memory is not copied and the parent learns why
 * execve(2) failed.  posix_spawn(3) does the same but first asks the kernel for
 * the disposition of every signal, which on this path is half of its cost; the
 * listener catches no signal and knows the one that it ignores.
 *
 * The program gets the connection as descriptors 0 and 1, the listener's 2, an
 * empty signal mask and the default action for SIGPIPE.  Every other descriptor
 * of the listener is marked close-on-exec.
 */
#ifndef POSTERN_PROGRAM_H
#define POSTERN_PROGRAM_H

#include <signal.h>
#include <sys/types.h>

struct program {
  char const *const *argv;
  char **files; /* where argv[0] may be, in the order of PATH; ends with 0 */
  sigset_t mask;
};

/* argv must live on.  path may be 0: /bin:/usr/bin, as in tcpserver 0.88.
   0 if there is no memory. */
extern int program_init(struct program *s, char const *const *argv,
                        char const *path);
extern void program_free(struct program *s);

/*
 * The process, or -1 with errno if none could be made.  *failed is 0, or why
 * no file could be executed: the process then ends with exit code 111.
 */
extern pid_t program_start(struct program const *s, int fd,
                           char const *const *envp, int *failed);

#endif
