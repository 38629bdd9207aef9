/*
 * options - the run line, understood whole or refused.
 *
 * The letters of tcpserver 0.88 mean what they mean there.  A program that is
 * called tcpserver has 0.88's defaults; under any other name nothing is looked
 * up unless asked for, and a name counts only if it points back.
 */
#ifndef POSTERN_OPTIONS_H
#define POSTERN_OPTIONS_H

#include <stdint.h>

#include <skalibs/ip46.h>

#include "listen.h"

#define OPTIONS_NETS_MAX 64
#define OPTIONS_LIMIT_MAX 65535

struct options_net {
  ip46 ip;
  unsigned int bits;
};

struct options {
  char const *prog;       /* base name of argv[0] */
  int classic;            /* it is tcpserver */
  unsigned int verbosity; /* -q 0, -Q 1, -v 2 */
  int print_port;         /* -1 */
  int ready_fd;           /* -N, or -1 */
  int hosts;              /* -h, -H */
  int paranoid;           /* -p, -P */
  int info;               /* -r, -R */
  int no_delay;           /* -D, -d */
  int kill_options;       /* not -o */
  int keep;               /* -k */
  int may_be_missing;     /* -X */
  char const *rules;      /* -x, or 0 */
  char const *user;       /* -u or -U, or 0 */
  char const *group;      /* -g or -U, or 0 */
  char const *local_host; /* -l, or 0 */
  char const *banner;     /* -B, or 0 */
  char const *refusal;    /* -m, or 0: a text for each cause */
  unsigned int timeout;   /* -t, seconds */
  unsigned int drain;     /* -T, seconds */
  unsigned int backlog;   /* -b */
  unsigned int limit;     /* -c, 1 to OPTIONS_LIMIT_MAX */
  unsigned int per_ip;    /* -C, 0: no limit */
  unsigned int rate_most; /* -j, 0: no limit */
  unsigned int rate_seconds;
  unsigned int nnets; /* -y */
  struct options_net nets[OPTIONS_NETS_MAX];
  unsigned int nadopt; /* -f */
  int adopt[LISTEN_MAX];
  unsigned int nmore; /* -a */
  char const *more[LISTEN_MAX];
  char const *host;
  char const *port;
  char const *const *prog_argv;
};

/* Sets PROG.  On an error says what is wrong and exits 100. */
extern void options_parse(struct options *o, int argc, char const *const *argv);

/* Is ip in one of the networks of -y? */
extern int options_trusts(struct options const *o, ip46 const *ip);

#endif
