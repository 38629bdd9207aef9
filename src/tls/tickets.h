/*
 * tickets - the keys of session tickets (RFC 5077, RFC 8446 section 4.6.1),
 * the same for all processes.  Pure.
 *
 * The newest key encrypts; it and those before it decrypt.  So a ticket is good
 * for two periods of rotation at least, and for three at most.
 */
#ifndef POSTERN_TICKETS_H
#define POSTERN_TICKETS_H

#include <stddef.h>

#define TICKETS_KEYS 3
#define TICKETS_NAME 16
#define TICKETS_AES 32 /* AES-256-CBC */
#define TICKETS_MAC 32 /* HMAC-SHA256 */

struct tickets_key {
  unsigned char name[TICKETS_NAME];
  unsigned char aes[TICKETS_AES];
  unsigned char mac[TICKETS_MAC];
};

/* Zero-initialise.  Goes from process to process as it is. */
struct tickets {
  size_t n;
  struct tickets_key key[TICKETS_KEYS]; /* the newest first */
};

/* A new key, of random bytes; the oldest goes. */
extern void tickets_rotate(struct tickets *t, struct tickets_key const *key);

/* The key of that name, or 0. */
extern struct tickets_key const *
tickets_find(struct tickets const *t, unsigned char const name[TICKETS_NAME]);

#endif
