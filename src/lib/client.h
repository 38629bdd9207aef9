/*
 * client - one connection, as far as the listener knows it.
 *
 * An empty name is an unknown one: the listener never has a known empty name.
 * fd and address are the listener's own; who explains what it would do
 * (postern-why) has neither.
 */
#ifndef POSTERN_CLIENT_H
#define POSTERN_CLIENT_H

#include <stdint.h>

#include <skalibs/ip46.h>

#include "session.h"

#define LOCAL_HOST_MAX 255
#define HOSTNAME_MAX 253 /* RFC 1035: 255 in the message, 253 as text */
#define IDENT_INFO_MAX 255

struct client {
  int fd;
  uint32_t address; /* its entry in the limit table, or LIMIT_NONE */
  ip46 remote;
  ip46 local;
  uint16_t remote_port;
  uint16_t local_port;
  char local_host[LOCAL_HOST_MAX + 1]; /* -l takes any text */
  char remote_host[HOSTNAME_MAX + 1];
  char remote_info[IDENT_INFO_MAX + 1];
  char session[SESSION_FMT];
};

#endif
