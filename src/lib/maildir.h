/*
 * maildir - put messages into Maildirs so that they stay there.
 *
 * A message is written to tmp, fsynced and closed, renamed to new, and the
 * directory new is fsynced: then it is on disk.  A failed fsync or close is
 * final; the file is taken back, not tried again.  What a killed process leaves
 * in tmp is swept after 36 hours by whoever reads the Maildir.
 *
 * Files get mode 0600, directories 0700, less the umask.  All functions but
 * maildir_name and maildir_undo return 1, or 0 with errno.
 */
#ifndef POSTERN_MAILDIR_H
#define POSTERN_MAILDIR_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define MAILDIR_HOST_MAX 64
#define MAILDIR_NAME_FMT 352 /* with its NUL, each byte of the host escaped */
#define MAILDIR_PATH_MAX 4096

struct maildir_message {
  char const *dir;  /* the Maildir; the caller's */
  char const *name; /* the caller's */
  int fd;           /* tmp/name while it is being written, else -1 */
  enum { MAILDIR_NOWHERE, MAILDIR_TMP, MAILDIR_NEW } where;
};

/*
 * A unique name, SECONDS.MmicrosecondsPpidQsequence.HOST.  sequence counts the
 * names that this process made.  In host / and : become \057 and \072; it is
 * cut after MAILDIR_HOST_MAX bytes.  Returns the length.
 */
extern size_t maildir_name(char s[MAILDIR_NAME_FMT], struct timespec const *now,
                           pid_t pid, unsigned int sequence, char const *host);

/* Is it a Maildir, and do its three directories belong to us?  ENOENT if not,
   EPERM if they are somebody else's: what we wrote he could not read. */
extern int maildir_check(char const *dir);

/* Make one.  The directory above must exist, and may have the Maildir, or a
   part of it, already. */
extern int maildir_make(char const *dir);

/* Create tmp/name, which must not exist, and open m->fd on it. */
extern int maildir_begin(struct maildir_message *m, char const *dir,
                         char const *name);
/* fsync and close. */
extern int maildir_keep(struct maildir_message *m);
/* Rename it to new. */
extern int maildir_publish(struct maildir_message *m);
/* fsync the directory new. */
extern int maildir_sync(char const *dir);
/* Take it back from where it is. */
extern void maildir_undo(struct maildir_message *m);

#endif
