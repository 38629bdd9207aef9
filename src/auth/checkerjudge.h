/*
 * checkerjudge - the judge (judge.h) that asks a checkpassword program.
 *
 * It knows passwords and, if the program does, CRAM-MD5; neither SCRAM nor
 * whether a user exists.  The program runs with TCPREMOTEIP, TCPLOCALIP and
 * POSTERN_SESSION as the client of the protocol told them, and without those
 * that it did not tell, or that are not of their form.
 */
#ifndef POSTERN_CHECKERJUDGE_H
#define POSTERN_CHECKERJUDGE_H

#include "checker.h"
#include "judge.h"

/* j's data and functions, but for who counts. */
extern void checkerjudge_init(struct judge *j, struct checker *c);

#endif
