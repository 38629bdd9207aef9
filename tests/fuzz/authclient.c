/*
 * All that an authentication server says: its greeting, and the answers to
 * three attempts.  What comes of it is fit for the client's wire and the log,
 * and nothing waits for a server that has closed.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authclient.h"

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static struct authclient_request const request = {.service = "smtp",
                                                  .mechanism = "PLAIN",
                                                  .initial = "AGEAYg==",
                                                  .initial_len = 8};

static void hold(int true)
{
  if (!true) abort();
}

static void hold_string(stralloc const *sa)
{
  hold(!sa->len || strlen(sa->s) == sa->len);
}

static void check_mechs(struct authclient const *a)
{
  hold(a->n <= AUTHCLIENT_MECHS && (a->open || !a->n));
  for (size_t i = 0; i < a->n; i++) {
    size_t len = strlen(a->mech[i].name);

    hold(len && len <= AUTHCLIENT_NAME && !strpbrk(a->mech[i].name, " \t\r\n"));
    hold(authclient_find(a, a->mech[i].name, len) == a->mech + i);
  }
}

static void check(struct authclient const *a, enum authclient_result r,
                  stralloc const *out)
{
  hold_string(&a->user);
  hold_string(&a->token);
  hold(strlen(a->why) < sizeof a->why);
  switch (r) {
  case AUTHCLIENT_OK: hold(a->open && a->user.len); break;
  case AUTHCLIENT_CONT:
    hold(a->open && out->len < 12288);
    for (size_t i = 0; i < out->len; i++)
      hold(out->s[i] > ' ' && out->s[i] < 127);
    break;
  case AUTHCLIENT_WRONG: hold(a->open && a->why[0]); break;
  case AUTHCLIENT_TEMP: hold(a->why[0]); break;
  }
}

static void talk(struct authclient *a)
{
  stralloc out = STRALLOC_ZERO;

  for (int i = 0; i < 3 && a->open; i++) {
    enum authclient_result r = authclient_start(a, &request, &out);

    check(a, r, &out);
    if (r == AUTHCLIENT_CONT) {
      r = authclient_continue(a, "QQ==", 4, &out);
      check(a, r, &out);
    }
    if (r == AUTHCLIENT_CONT) authclient_cancel(a);
  }
  check_mechs(a);
  stralloc_free(&out);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
  struct authclient a = {.timeout = 20};
  int p[2];

  signal(SIGPIPE, SIG_DFL);
  if (size > 100000) return 0; /* what a socket holds unread */
  hold(!socketpair(AF_UNIX, SOCK_STREAM, 0, p));
  hold(!size || write(p[1], data, size) == (ssize_t)size);
  shutdown(p[1], SHUT_WR);
  if (authclient_adopt(&a, p[0])) {
    check_mechs(&a);
    talk(&a);
  }
  authclient_free(&a);
  close(p[1]);
  return 0;
}
