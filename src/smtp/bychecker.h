/*
 * bychecker - AUTH judged by a checkpassword program: the mechanisms are
 * sasl.h's, the program is asked by checker.h.
 */
#ifndef POSTERN_BYCHECKER_H
#define POSTERN_BYCHECKER_H

#include "login.h"

extern struct backend const bychecker;

#endif
