/*
 * login - AUTH (RFC 4954): the dialogue, and the password checker.
 *
 * The mechanisms are sasl.h's, the checker is asked by checker.h.  After a
 * failure the reply waits, one second longer each time; the checker has ended
 * by then.
 */
#ifndef POSTERN_LOGIN_H
#define POSTERN_LOGIN_H

#include <skalibs/stralloc.h>

#include "smtp.h"

extern void login_do(struct smtp *s, char *arg, size_t len);

/*
 * Append to modifs (env_addmodif) what the queue program shall know of it:
 * after AUTH the names that the patches of the qmail family use, else that
 * none of them is set, whatever was inherited.
 */
extern int login_env(struct smtp const *s, stralloc *modifs);

#endif
