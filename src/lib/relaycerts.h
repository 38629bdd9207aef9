/*
 * relaycerts - control/relaycerts: whose certificate is a right to relay.
 *
 * Each item is FINGERPRINT NAME, blanks or tabs between.  FINGERPRINT is the
 * SHA-256 of the certificate in hexadecimal, in either case, with a colon
 * after each byte or not, as openssl x509 -fingerprint -sha256 prints it.  NAME
 * is 1 to RELAYCERTS_NAME bytes without a blank.  Pure.
 */
#ifndef POSTERN_RELAYCERTS_H
#define POSTERN_RELAYCERTS_H

#include <stddef.h>

#define RELAYCERTS_NAME 255

/* What is wrong with an item of n bytes, or 0: for control_list. */
extern char const *relaycerts_fault(char const *item, size_t n);

/*
 * The NAME of a fingerprint of 64 lower-case digits (tlsfacts.h), or 0.  list
 * is len bytes from control_list, which relaycerts_fault judged; the name is a
 * part of it.  The first item of a fingerprint counts.
 */
extern char const *relaycerts_find(char const *list, size_t len,
                                   char const *fingerprint);

#endif
