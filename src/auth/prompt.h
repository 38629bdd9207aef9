/*
 * prompt - a password from a person or from a pipe.
 */
#ifndef POSTERN_PROMPT_H
#define POSTERN_PROMPT_H

#include <stddef.h>

enum prompt_result {
  PROMPT_OK,
  PROMPT_FAILED,   /* errno says why; 0: the input ended before a line */
  PROMPT_TOO_LONG, /* more than size - 1 bytes */
  PROMPT_DIFFER,   /* the two were not the same */
  PROMPT_NUL,      /* a NUL in it */
};

/*
 * Read a line from fd to buf, without its newline, NUL-terminated; *len is its
 * length.  If fd is a terminal, ask for it there twice, without echo; the
 * terminal is put back whatever happens, signals included (who types the
 * interrupt character ends the program as usual).  buf is wiped unless
 * PROMPT_OK.  Waits as long as the person does.
 */
extern enum prompt_result prompt_password(int fd, char *buf, size_t size,
                                          size_t *len);

#endif
