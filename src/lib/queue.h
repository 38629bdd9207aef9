/*
 * queue - hand a message to a queue program, by qmail-queue's protocol.
 *
 * The program reads the message from descriptor 0 and then the envelope from
 * descriptor 1: F sender NUL, T recipient NUL ..., NUL.  It exits 0 when it has
 * taken responsibility; other codes say why not (qmail-queue's, with the codes
 * of the patches that most people know).  With 82 and 88 it may leave a text
 * of its own on descriptor 4 or 6, which are one pipe: D or Z and up to 255
 * bytes.
 *
 * The message is passed on as it comes.  The envelope is written after all of
 * it, so that a program that follows the protocol queues nothing before.  Every
 * wait has a deadline; a program that misses it is killed.  Its end is what
 * counts, not the end of its pipes: what it left running may keep them.
 *
 * The caller ignores SIGPIPE and does not ignore SIGCHLD.
 */
#ifndef POSTERN_QUEUE_H
#define POSTERN_QUEUE_H

#include <stddef.h>
#include <sys/types.h>

#define QUEUE_TEXT_MAX 255  /* bytes of a custom text */
#define QUEUE_REPLY_MAX 300 /* bytes of a reply, with its NUL */

/* A struct that is not running has pid 0. */
struct queue {
  pid_t pid;
  int message; /* descriptors that we write to, and the one that we read */
  int envelope;
  int error;
  int failed; /* a write failed, or its deadline passed */
  unsigned int timeout;
};

/*
 * Start argv[0], looked up along PATH, in that environment.  No single wait
 * for it lasts longer than timeout seconds.  1, or 0 with errno.
 */
extern int queue_open(struct queue *q, char const *const *argv,
                      char const *const *envp, unsigned int timeout);

/* Write to it.  If that fails, the rest is dropped and queue_close tells. */
extern void queue_put(struct queue *q, char const *s, size_t n);

/* Write the envelope, which is complete, and wait.  reply receives what to
   tell the client, an SMTP reply line without CR LF: "451 4.3.0 ...".  1 if
   the message is queued, and then reply is empty.  code, for the log: the exit
   code; 256 and more for a signal; -1 if it was killed for being late. */
extern int queue_close(struct queue *q, char const *envelope, size_t n,
                       char reply[QUEUE_REPLY_MAX], int *code);

/* Let go of it before the envelope was written: nothing is queued. */
extern void queue_cancel(struct queue *q);

/* Pure: the reply for an exit code and the n bytes of custom text. */
extern void queue_reply(int code, char const *text, size_t n,
                        char reply[QUEUE_REPLY_MAX]);

#endif
