/*
 * message - a message on its way from a pipe into files.
 *
 * qmail-queue's protocol sends the message before the envelope, so it must be
 * kept until its recipients are known: its head in memory, what is over in a
 * temporary file that has no name.
 */
#ifndef POSTERN_MESSAGE_H
#define POSTERN_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_HEAD_MAX 262144 /* bytes kept in memory */

struct message {
  char *head;
  size_t hlen;
  int tail;      /* descriptor, or -1 if the head is all */
  uint64_t tlen; /* bytes in the tail */
};

enum message_result {
  MESSAGE_OK,
  MESSAGE_MEMORY, /* no memory; errno for all of these */
  MESSAGE_READ,   /* fd could not be read */
  MESSAGE_CREATE, /* no temporary file in tmpdir */
  MESSAGE_WRITE,  /* it could not be written */
};

/* Read fd to its end.  The head and the descriptor live as long as the process.
 */
extern enum message_result message_read(struct message *m, int fd,
                                        char const *tmpdir);

/* Write the n bytes at lines, then the message, to an empty file.  1, or 0
   with errno. */
extern int message_write(struct message const *m, int fd, char const *lines,
                         size_t n);

/*
 * Does the header have the field "Delivered-To: address"?  Letter case is no
 * matter.  Looks at the head only: a header longer than that is not searched
 * to its end.
 */
extern int message_was_delivered_to(struct message const *m,
                                    char const *address);

#endif
