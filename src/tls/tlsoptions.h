/*
 * tlsoptions - what postern-tlsd is told on its command line.
 */
#ifndef POSTERN_TLSOPTIONS_H
#define POSTERN_TLSOPTIONS_H

#include <sys/types.h>

struct tlsoptions {
  char const *socket;
  char const *certs;
  char const *clients; /* 0: clients are asked for no certificate */
  char const *user;    /* 0: not given */
  char const *group;
  char const *root;
  int ready; /* descriptor, or -1 */
  int quiet;
  mode_t mode;
  unsigned int sessions;
  unsigned int handshakes;
  unsigned int connections; /* of a worker */
  unsigned int deadline;    /* seconds */
  unsigned int idle;
  unsigned int drain;
  unsigned int rotation;
};

/* Ends the process with 100 and says why if they are wrong. */
extern void tlsoptions_parse(struct tlsoptions *o, int argc,
                             char const *const *argv);

#endif
