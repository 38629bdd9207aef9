/*
 * popcommand - one command line of POP3, taken apart (RFC 1939, 2449, 2595,
 * 5034).
 *
 * Pure.  A line is a verb in any letter case, and after exactly one blank its
 * argument.  Numbers are whole decimal numbers or refused: not 1x, not +1, not
 * 2^64+1.  A line with a NUL in it is no command.
 */
#ifndef POSTERN_POPCOMMAND_H
#define POSTERN_POPCOMMAND_H

#include <stddef.h>
#include <stdint.h>

/* Bytes in a command line with its CR LF.  RFC 2449 asks for 255; the longest
   password that a checkpassword program takes, in base64, needs more. */
#define POPCOMMAND_MAX 1024

/* What CAPA lists in every state, beside what depends on the session. */
#define POPCOMMAND_CAPABILITIES                                                \
  "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n"              \
  "EXPIRE NEVER\r\nIMPLEMENTATION postern\r\n.\r\n"

enum pop_verb {
  POP_UNKNOWN = 0,
  POP_APOP,
  POP_AUTH,
  POP_CAPA,
  POP_DELE,
  POP_LIST,
  POP_NOOP,
  POP_PASS,
  POP_QUIT,
  POP_RETR,
  POP_RSET,
  POP_STAT,
  POP_STLS,
  POP_TOP,
  POP_UIDL,
  POP_USER,
};

/* arg points into the line; empty if there is none. */
struct pop_command {
  enum pop_verb verb;
  char const *arg;
  size_t len;
};

/* Any line gives a command; one that is none is POP_UNKNOWN. */
extern struct pop_command popcommand_parse(char const *line, size_t len);

/* The argument is empty, or blanks only. */
extern int popcommand_bare(struct pop_command const *c);

/* The argument is n numbers with blanks between, perhaps blanks after the
   last: 1, else 0. */
extern int popcommand_numbers(struct pop_command const *c, uint64_t *u,
                              size_t n);

/* APOP's argument is a name, a blank, and 32 hexadecimal digits in lower case,
   which are the last 32 bytes: 1 with the length of the name, else 0. */
extern int popcommand_apop(struct pop_command const *c, size_t *namelen);

/* AUTH's argument is a mechanism and perhaps a blank and an initial response:
   1, with *initial 0 if there is none; else 0. */
extern int popcommand_auth(struct pop_command const *c, size_t *mechlen,
                           char const **initial, size_t *initlen);

#endif
