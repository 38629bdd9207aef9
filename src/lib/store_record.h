/*
 * store_record - what a record of a store looks like as text, and the name
 * that its key has.  Pure, but for store_now.
 *
 * A key becomes a file name, a record the target of a symbolic link (see
 * store_dir.h and doc/man/postern-store.5):
 *
 *   192.0.2.7 -> 1:1763769600:900:roam@example.org
 *                | |          |   payload, escaped
 *                | |          time to live, seconds
 *                | time set, seconds since the epoch
 *                version
 *
 * Both directions are strict: what is read is exactly what would have been
 * written, so that a thing has one spelling and a damaged one has none.
 */
#ifndef POSTERN_STORE_RECORD_H
#define POSTERN_STORE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define STORE_NAME_MAX 255      /* bytes of an escaped key: NAME_MAX */
#define STORE_PAYLOAD_MAX 512   /* bytes of a payload, not escaped */
#define STORE_TTL_MAX 31622400u /* seconds: 366 days */
#define STORE_TARGET_MAX 1600   /* bytes of a record's text: enough for all */

struct store_record {
  uint64_t set; /* seconds since the epoch */
  uint32_t ttl; /* seconds, 1 to STORE_TTL_MAX */
  size_t len;
  char payload[STORE_PAYLOAD_MAX]; /* any bytes, NUL too */
};

/*
 * Letters, digits and @ . _ : + = - stand for themselves, but for a full stop
 * at the beginning; every other byte becomes %hh, lower case.  So a name has no
 * slash, is never "." or "..", and never begins with a full stop as the names
 * that a store keeps for itself do.  At most max bytes, no NUL; 0 if it does
 * not fit.
 */
extern int store_escape(char *out, size_t max, size_t *len, char const *s,
                        size_t n);

/* Back.  0 if s is not exactly what store_escape writes, or does not fit. */
extern int store_unescape(char *out, size_t max, size_t *len, char const *s,
                          size_t n);

/* The record's text, NUL-terminated; its length, or 0 if r is not one that
   store_record_scan would give. */
extern size_t store_record_fmt(char s[STORE_TARGET_MAX + 1],
                               struct store_record const *r);

/* All of s, or 0. */
extern int store_record_scan(struct store_record *r, char const *s, size_t n);

/* Is now within [set, set + ttl)?  A record dated in the future is stale. */
extern int store_fresh(struct store_record const *r, uint64_t now);

/* Seconds since the epoch.  Every reader and writer of records asks this
   clock: time(2) may lag behind it, and a new record would lie in the future.
 */
extern uint64_t store_now(void);

#endif
