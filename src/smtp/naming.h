/*
 * naming - is this client one of a crowd behind a private address (crowd.h)?
 *
 * We can only read who is there; that he is there, too, is written down by the
 * program of -n, whose user may.  What it could not write down gives no right.
 */
#ifndef POSTERN_NAMING_H
#define POSTERN_NAMING_H

#include "smtp.h"

/* To be called at each MAIL: by then a crowd may have come, or AUTH may have
   given a better right.  Sets crowd. */
extern void naming_ask(struct smtp *s);

#endif
