/*
 * proxyproto - the header that a proxy sends before the client's bytes, version
 * 1 and 2 (HAProxy's "The PROXY protocol", 2020/03/05).
 *
 * Pure: bytes in, addresses out.  The header is taken whole or refused.  What
 * follows it belongs to the program, so the caller looks at the bytes first
 * (MSG_PEEK) and consumes exactly len of them.
 */
#ifndef POSTERN_PROXYPROTO_H
#define POSTERN_PROXYPROTO_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/ip46.h>

/* The longest header that is taken: version 1 needs 107, version 2 rarely more
   than 300; its extensions (TLVs) are framed, skipped and not believed. */
#define PROXYPROTO_MAX 4096

enum proxyproto_result {
  PROXYPROTO_BAD = -1,  /* not a header, or malformed, or too long: refuse */
  PROXYPROTO_MORE = 0,  /* the beginning of one */
  PROXYPROTO_LOCAL = 1, /* the proxy speaks for itself (LOCAL, UNKNOWN,
                           unspecified): the socket's own addresses hold */
  PROXYPROTO_CLIENT = 2,
};

struct proxyproto {
  size_t len; /* bytes of the header; 0 unless LOCAL or CLIENT */
  ip46 source;
  ip46 destination;
  uint16_t source_port;
  uint16_t destination_port;
};

/* n may be more than the header. */
extern enum proxyproto_result proxyproto_parse(char const *s, size_t n,
                                               struct proxyproto *p);

#endif
