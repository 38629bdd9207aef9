/*
 * settings - what postern-smtpd is told: control files and the environment.
 * It serves by them, and postern-why explains by them.
 *
 * Read once at the start.  What cannot be understood is an error, never a
 * default: settings_load fails, and nobody is served.
 */
#ifndef POSTERN_SETTINGS_H
#define POSTERN_SETTINGS_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#include "checker.h"
#include "control.h"
#include "eod.h"
#include "sasl.h"
#include "tlsfacts.h"
#include "ucspitls.h"

/* A set of mechanisms: 1 << SASL_PLAIN and so on. */

/* What SMTPAUTH says of CRAM-MD5. */
enum settings_cram { CRAM_AS_IS = 0, CRAM_TOO, CRAM_ONLY };

#define SETTINGS_RECIPIENTS 1000 /* a message, without control/maxrcpt */
#define SETTINGS_TIMEOUT 1200    /* seconds, without control/timeoutsmtpd */
#define SETTINGS_TIMEOUT_MAX 21600

struct settings {
  /* from the command line; the caller fills them in */
  struct control control;
  char const *mailboxes;       /* mailboxes.cdb, or 0 */
  char const *names;           /* store of names (crowd.h), or 0 */
  char const *const *recorder; /* who writes a name there, with names */
  char const *const *queue;    /* without QMAILQUEUE */
  char const *const *checker;  /* its argv, or 0 */
  enum checker_order order;
  unsigned int mechanisms;
  char const *auth_socket; /* of the auth server instead of a checker, or 0 */
  char const *named;     /* -m with it: the names that may be offered; 0: all */
  char const *auth_host; /* for CRAM-MD5; 0: me */
  int prove;             /* -p: ask the checker a wrong password, too */

  /* control files; strings end with a NUL that len does not count, lists are
     those of control_list */
  stralloc me;
  stralloc greeting;
  stralloc localiphost;
  stralloc rcpthosts;
  stralloc backupmx;
  stralloc percenthack;
  stralloc badmailfrom;
  stralloc relaycerts; /* relaycerts.h; not read where no TLS can be */
  int has_rcpthosts;
  uint64_t databytes; /* 0: no limit */
  uint64_t maxrcpt;
  uint64_t maxnames; /* from one private address; read where there are names */
  unsigned int timeout;

  /* the environment; strings are the environment's own, 0 if not set */
  char const *remote_ip;
  char const *remote_host;
  char const *remote_info;
  char const *local_ip;
  char const *by; /* our name in Received */
  char const *relayclient;
  char const *relayreason;
  int gateway_ok;       /* POSTERN_GATEWAY=ok: it may be anybody's address */
  char const *rblsmtpd; /* never empty */
  char const *queue_argv[2]; /* QMAILQUEUE */
  int plain_auth;            /* POSTERN_PLAINAUTH=ok */
  enum settings_cram cram;
  int auth_required;
  enum eod_barelf barelf;
  struct tlsfacts tls;      /* when the session begins */
  struct ucspitls ucspitls; /* may be begun, or must be */
  char const *tls_off;  /* why not although it was meant, for the log, or 0 */
  char const *auth_off; /* why AUTH is not there, for the log, or 0 */
};

/* 1, or 0 with control.why. */
extern int settings_load(struct settings *s);

/* The part that control files say, for who has no session: postern-doctor. */
extern int settings_control(struct settings *s);

extern void settings_free(struct settings *s);

/* Is there somebody to judge logins? */
extern int settings_has_auth(struct settings const *s);

/* May that mechanism of the auth server's be offered? */
extern int settings_named(struct settings const *s, char const *name);

#endif
