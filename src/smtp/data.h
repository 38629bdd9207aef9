/*
 * data - DATA and BDAT: a message passes from the client to the queue program.
 *
 * It is in no file and in no buffer as a whole: what arrives is turned into
 * queue form where it stands and written to the program.  A message that must
 * be refused is read to its end, and no envelope is written for it.
 */
#ifndef POSTERN_DATA_H
#define POSTERN_DATA_H

#include "smtp.h"

extern void data_do(struct smtp *s, char *arg, size_t len);
extern void data_chunk(struct smtp *s, char *arg, size_t len);

#endif
