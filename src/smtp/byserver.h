/*
 * byserver - AUTH judged by a server that speaks Dovecot's authentication
 * protocol (authclient.h).  What the client says is passed on if it is base64.
 *
 * The connection is made when the list of mechanisms is first needed, and
 * closed when it is not likely to be needed any more.  The list that was last
 * known stays.
 */
#ifndef POSTERN_BYSERVER_H
#define POSTERN_BYSERVER_H

#include "login.h"

extern struct backend const byserver;

#endif
