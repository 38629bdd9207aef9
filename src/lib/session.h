/*
 * session - the identifier that every log line of one connection bears.
 *
 * The listener makes it and hands it on as POSTERN_SESSION; a program that
 * runs under a foreign listener makes its own.
 */
#ifndef POSTERN_SESSION_H
#define POSTERN_SESSION_H

#define SESSION_FMT 33 /* with its NUL */

/* A new one: seconds since the epoch and 32 random bits, both hexadecimal,
   a dot between. */
extern void session_new(char s[SESSION_FMT]);

/* Is it one?  1 to 32 letters, digits, dots and hyphens. */
extern int session_good(char const *s);

/* POSTERN_SESSION, if it is one; else a new one. */
extern void session_get(char s[SESSION_FMT]);

#endif
