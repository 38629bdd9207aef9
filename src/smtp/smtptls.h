/*
 * smtptls - the private wire of a session: STARTTLS (RFC 3207), and what is
 * known of it afterwards or, with implicit TLS, from the beginning.
 *
 * What the client said before STARTTLS was said by anybody: it is forgotten,
 * with all that followed from it.  Bytes that came behind the command end the
 * session.  Only the number of failed logins and the session's deadline stay,
 * which bound what a client may do to us.
 */
#ifndef POSTERN_SMTPTLS_H
#define POSTERN_SMTPTLS_H

#include <skalibs/stralloc.h>

#include "smtp.h"

/* At the start of a session: what the settings say. */
extern void smtptls_begin(struct smtp *s);

extern void smtptls_do(struct smtp *s, char *arg, size_t len);

/* Nothing may go on before STARTTLS. */
extern int smtptls_missing(struct smtp const *s);
#define SMTPTLS_MISSING GATE_NEEDS_TLS

/*
 * Append to modifs (env_addmodif) what the queue program shall know of it:
 * protocol, cipher and a verified certificate's fingerprint, if there are any;
 * that nothing else of tlsfacts.h is set, whatever was inherited: the client
 * chose it, or it binds to a channel that is not the queue program's; and
 * nothing of the descriptors that are not there any more.
 */
extern int smtptls_env(struct smtp const *s, stralloc *modifs);

extern void smtptls_free(struct smtp *s);

#endif
