/*
 * setup - what happens once, before the first client: descriptors, sockets,
 * identity, signals, readiness.
 *
 * These functions end the process if they cannot do their work: with 100 if a
 * human must change the run line, with 111 if another try may succeed, and
 * with tcpserver 0.88's words where it has some.
 */
#ifndef POSTERN_SETUP_H
#define POSTERN_SETUP_H

#include "account.h"
#include "listen.h"
#include "options.h"

/* 0, 1 and 2 are open; every other descriptor is closed on exec, so that none
   leaks into a program. */
extern void setup_descriptors(struct options const *o);

/* Who -u, -g and -U mean. */
extern void setup_account(struct options const *o, struct account *a);

/*
 * Bind host and port and every -a; or take over the sockets of -f or of
 * LISTEN_FDS, if LISTEN_PID is this process, instead.  Returns how many.
 */
extern unsigned int setup_listeners(struct options const *o,
                                    struct listen_socket l[LISTEN_MAX]);

/*
 * Close what was inherited and is not of use, and let the sockets lie as low
 * as they can: a program that is called in a fork finds what it must close
 * only among low descriptors (chain.h).
 */
extern void setup_close_rest(struct options const *o, struct listen_socket *l,
                             unsigned int n);

extern void setup_identity(struct account const *a);

/* SIGCHLD, SIGTERM, SIGINT and SIGHUP wait on the descriptor that is returned
   (signalfd); in a program they act as they do by default. */
extern int setup_signals(void);

/* POSTERN_DNS, or djb's DNSCACHEIP, or 0: /etc/resolv.conf. */
extern char const *setup_name_servers(void);

/* Print the first socket's port if -1 says so, give 0 and 1 away, tell the
   descriptor of -N. */
extern void setup_ready(struct options const *o, struct listen_socket const *l);

#endif
