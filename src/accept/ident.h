/*
 * ident - the question and the answer of RFC 1413, as bytes.
 *
 * What a client's own ident server says is a claim, good for the log and for
 * rules that expect it; it is bounded and printable before anybody sees it.
 */
#ifndef POSTERN_IDENT_H
#define POSTERN_IDENT_H

#include <stddef.h>
#include <stdint.h>

#include "client.h"

#define IDENT_PORT 113
#define IDENT_LINE_MAX 1000 /* RFC 1413 section 6 */
#define IDENT_QUERY_FMT 16

/* "REMOTE , LOCAL" CR LF; returns its length. */
extern size_t ident_query(char s[IDENT_QUERY_FMT], uint16_t remote_port,
                          uint16_t local_port);

/*
 * The user name in the reply line (n bytes, without its LF): 1 and a string in
 * info; 0 if it is an error reply, for other ports, malformed, or if the name
 * is empty, too long or has bytes outside 0x21 to 0x7e.  Blanks before it are
 * skipped.
 */
extern int ident_parse(char const *line, size_t n, uint16_t remote_port,
                       uint16_t local_port, char info[IDENT_INFO_MAX + 1]);

#endif
