/*
 * limits - every bound of a session, in one place.
 *
 * Beyond those that control files set: databytes, maxrcpt, timeoutsmtpd
 * (settings.h).
 */
#ifndef POSTERN_LIMITS_H
#define POSTERN_LIMITS_H

/* Bytes in a command line with its CR LF.  RFC 5321 asks for 512 and each
   extension for a little more; AUTH has its own (RFC 4954). */
#define LIMIT_LINE 2048

#define LIMIT_HELO 255 /* bytes in the client's name of itself */

/* 5xx replies in a session; the next one is followed by 421. */
#define LIMIT_ERRORS 50

/* Commands since a message was queued, recipients accepted and logins not
   counted. */
#define LIMIT_COMMANDS 1000

#define LIMIT_LOGINS 3      /* failed ones in a session */
#define LIMIT_LOGIN_DELAY 1 /* seconds for each that failed before the 535 */
#define LIMIT_LOGIN_SECONDS                                                    \
  60 /* that a checker, or an auth server for one step, may take */

#define LIMIT_LOGIN_LIST                                                       \
  10 /* that an auth server may take to say what it can */
#define LIMIT_LOGIN_ROUNDS 16 /* challenges in one AUTH */

#define LIMIT_NAMING 10 /* seconds that a name's recorder may take */

#define LIMIT_HANDSHAKE 60 /* seconds, from STARTTLS to TLS */

#define LIMIT_SESSION 21600 /* seconds in all */

/* A message may take timeoutsmtpd seconds, and one more for each of: */
#define LIMIT_BYTES_A_SECOND 100

/* Seconds to wait for the end of data that are refused already. */
#define LIMIT_REFUSED 30

/* Seconds that the queue program may take for any one step; less than the ten
   minutes that a client waits after the final dot (RFC 5321 4.5.3.2.6). */
#define LIMIT_QUEUE 540

#endif
