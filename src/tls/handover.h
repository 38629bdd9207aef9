/*
 * handover - how a connection comes to postern-tlsd.
 *
 * Who offers TLS to the next program of the chain makes a connection to
 * postern-tlsd's unix stream socket and sends one message:
 *
 *   SESSION NUL IP NUL      text for log lines; either may be empty
 *
 * with one SCM_RIGHTS of two descriptors: the client's socket, and one end of a
 * stream socketpair, the data.  The connection then is the SSLCTLFD of
 * UCSPI-TLS, and the other end of the socketpair SSLREADFD and SSLWRITEFD.  A
 * byte y or Y on the connection begins TLS; its end, unused, takes the offer
 * back.
 *
 * No OpenSSL here: the chain image links this.
 */
#ifndef POSTERN_HANDOVER_H
#define POSTERN_HANDOVER_H

#include <stddef.h>

#define HANDOVER_MAX 200 /* bytes of a payload, with both NULs */

struct handover {
  int client; /* the receiver owns both, and they are close-on-exec */
  int data;
  char session[HANDOVER_MAX];
  char ip[HANDOVER_MAX];
};

/*
 * Send one, without waiting.  session and ip may be null; one that does not fit
 * is sent empty.  The descriptors stay open here.  1; 0 with errno (EAGAIN: the
 * connection is not ready; EPIPE, no signal: it is gone).
 */
extern int handover_send(int control, int client, int data, char const *session,
                         char const *ip);

/*
 * Receive one, without waiting.  1; 0 with errno, and no descriptor is left
 * open: EAGAIN, nothing came yet; EPIPE, the other side went; EPROTO, it is not
 * of the form above; EMFILE, there was no room for the descriptors, and they
 * are lost.
 */
extern int handover_receive(int control, struct handover *h);

/* The payload alone, all of it; 0 if it is not of the form.  Pure. */
extern int handover_scan(struct handover *h, char const *s, size_t n);

#endif
