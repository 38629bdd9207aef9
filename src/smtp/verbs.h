/*
 * verbs - the commands of SMTP, but for DATA, BDAT (data.h) and AUTH (login.h).
 */
#ifndef POSTERN_VERBS_H
#define POSTERN_VERBS_H

#include "smtp.h"

/* Do what the line of len bytes says, and reply.  It may be changed. */
extern void verbs_do(struct smtp *s, char *line, size_t len);

#endif
