/*
 * maildrop - the messages of a Maildir as one POP3 session sees them.
 *
 * A snapshot: what arrives later is invisible.  Messages are in the order of
 * the time in their names, then of the names, so that a message keeps its place
 * among the others from session to session.
 *
 * There is no lock, and none is needed: other programs may deliver, flag and
 * delete meanwhile.  A file that was renamed is found again by its unique part;
 * one that is gone is gone.  Nothing in the Maildir changes before
 * maildrop_commit, but for what is left in tmp/ from deliveries that failed
 * more than 36 hours ago, which every Maildir reader removes.
 */
#ifndef POSTERN_MAILDROP_H
#define POSTERN_MAILDROP_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/genalloc.h>
#include <skalibs/stralloc.h>

#include "mailname.h"

/* A message; members are maildrop's. */
struct maildrop_message {
  size_t path; /* in names: new/NAME or cur/NAME, with its NUL */
  struct mailname name;
  unsigned int again; /* see mailname_uid */
  uint64_t octets;
  unsigned int sized : 1;
  unsigned int deleted : 1;
  unsigned int gone : 1;
};

struct maildrop {
  int fd; /* the Maildir */
  stralloc names;
  genalloc messages; /* struct maildrop_message */
};
#define MAILDROP_ZERO                                                          \
  {                                                                            \
    -1, STRALLOC_ZERO, GENALLOC_ZERO                                           \
  }

/* Take the snapshot.  1, or 0 with errno; then call maildrop_close too. */
extern int maildrop_open(struct maildrop *m, char const *dir);
extern void maildrop_close(struct maildrop *m);

/* How many there are; messages are numbered from 0. */
extern size_t maildrop_count(struct maildrop const *m);

/* Is it there: neither marked as deleted nor gone? */
extern int maildrop_has(struct maildrop const *m, size_t i);

/* Mark it as deleted; unmark all; how many are marked? */
extern void maildrop_delete(struct maildrop *m, size_t i);
extern void maildrop_reset(struct maildrop *m);
extern size_t maildrop_marked(struct maildrop const *m);

/*
 * Its octets on the wire (popwire.h).  Known from ,W= if that is possible at
 * the size that the file has; else the file is read, once in a session.  1, or
 * 0 if the message turns out to be gone.  A file that is there and cannot be
 * read counts as its bytes.
 */
extern int maildrop_octets(struct maildrop *m, size_t i, uint64_t *octets);

/* How many are there (maildrop_has), and their octets. */
extern size_t maildrop_total(struct maildrop *m, uint64_t *octets);

/* Its unique-id; returns the length. */
extern size_t maildrop_uid(struct maildrop const *m, size_t i,
                           char uid[MAILNAME_UID_MAX]);

/* A descriptor to read it, or -1 with errno; ENOENT: it is gone. */
extern int maildrop_read(struct maildrop *m, size_t i);

/*
 * Remove what is marked, and move the rest of new/ to cur/.  Returns how many
 * of the marked could not be removed, with errno of the last; what is gone
 * already counts as removed.
 */
extern size_t maildrop_commit(struct maildrop *m);

#endif
