/*
 * errtext - errno in words, as ucspi-tcp 0.88 writes it.
 *
 * Scripts read tcpserver's log, and its texts are D. J. Bernstein's, not the C
 * library's.  Those that a listener can meet are here; any other number gets
 * the C library's text.
 */
#ifndef POSTERN_ERRTEXT_H
#define POSTERN_ERRTEXT_H

extern char const *errtext(int e);

#endif
