/*
 * mailname - what the name of a file in a Maildir says about the message.
 *
 * Pure.  A name is the unique part, which stays for as long as the message
 * lives, and perhaps a colon and flags, which change.  The unique part begins
 * with the seconds since the epoch and a dot, and may bear Maildir++'s fields:
 * ,S=n the bytes of the file, ,W=n its octets with every line ending in CR LF.
 */
#ifndef POSTERN_MAILNAME_H
#define POSTERN_MAILNAME_H

#include <stddef.h>
#include <stdint.h>

#define MAILNAME_UID_MAX 70 /* RFC 1939 section 7 */

struct mailname {
  size_t unique; /* length of the unique part */
  uint64_t time; /* 0 if the name does not begin with one */
  int has_size;
  uint64_t size; /* ,S= */
  int has_octets;
  uint64_t octets; /* ,W= */
};

extern struct mailname mailname_parse(char const *name, size_t len);

/*
 * The unique-id of the message: its unique part if that is fit to be one, else
 * a dot and its SHA-256; a file whose name begins with a dot is no message, so
 * the two never meet.  again tells files apart that share a unique part, which
 * should not happen: 0 for the first, then 1, 2 ...  Returns the length; no
 * NUL.
 */
extern size_t mailname_uid(char uid[MAILNAME_UID_MAX], char const *unique,
                           size_t len, unsigned int again);

#endif
