/*
 * deliver - one message into several Maildirs, or into none.
 *
 * Everything is written and on disk before the first mailbox shows it; if
 * anything fails after that, what was shown is taken back.  A process that is
 * killed while it publishes leaves the message in some of the mailboxes; it
 * was not accepted then, and the sender's next try completes the others.
 */
#ifndef POSTERN_DELIVER_H
#define POSTERN_DELIVER_H

#include <stddef.h>

#include "maildir.h"
#include "message.h"

struct delivery {
  char const *address; /* for Delivered-To */
  char const *maildir; /* path */
  struct maildir_message file;
  char name[MAILDIR_NAME_FMT];
};

enum deliver_result {
  DELIVER_OK,
  DELIVER_MEMORY,
  DELIVER_CREATE,  /* no file in tmp */
  DELIVER_WRITE,   /* write, fsync or close failed */
  DELIVER_PUBLISH, /* rename failed */
};

/*
 * address and maildir are the caller's; file and name get filled in.  On
 * failure errno says why and *failed which; nothing is left behind.
 */
extern enum deliver_result deliver(struct delivery *d, size_t n,
                                   struct message const *m, char const *sender,
                                   size_t *failed);

#endif
