/*
 * rights - a message with descriptors (SCM_RIGHTS) on a unix socket.
 *
 * No OpenSSL here: the chain image links this.
 */
#ifndef POSTERN_RIGHTS_H
#define POSTERN_RIGHTS_H

#include <stddef.h>
#include <sys/types.h>

#define RIGHTS_MAX 3 /* descriptors of a message */

/*
 * Send n descriptors with len bytes, one at least, without waiting.  They stay
 * open here.  1; 0 with errno (EAGAIN: there is no room; EPIPE, no signal: the
 * other side is gone).
 */
extern int rights_send(int to, int const *fd, unsigned int n, void const *s,
                       size_t len);

/*
 * Receive exactly n descriptors, close-on-exec, and at most max bytes; flags as
 * recvmsg has them.  The number of bytes; or -1 with errno, and no descriptor
 * is left open: EAGAIN, nothing came yet; EPIPE, the other side went; EPROTO,
 * there were more or fewer; EMFILE, there was no room, and they are lost.
 */
extern ssize_t rights_receive(int from, int *fd, unsigned int n, void *s,
                              size_t max, int flags);

#endif
