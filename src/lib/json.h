/*
 * json - strings of JSON (RFC 8259).  Pure.
 */
#ifndef POSTERN_JSON_H
#define POSTERN_JSON_H

#include <stddef.h>

#include <skalibs/stralloc.h>

/*
 * Append a string in its quotes.  Bytes that are not UTF-8 (RFC 3629) become
 * U+FFFD, one for each byte, so that the text is JSON whatever a stranger sent.
 * 0 if memory ran out.
 */
extern int json_string(stralloc *out, char const *s, size_t n);

/* The same with a name, a colon, and a comma before it unless out ends with an
   opening brace: the members of an object, one after the other. */
extern int json_member(stralloc *out, char const *name, char const *s,
                       size_t n);
extern int json_member_number(stralloc *out, char const *name,
                              unsigned long long u);

#endif
