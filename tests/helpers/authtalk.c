/*
 * authtalk SOCKET [SECONDS] - src/lib/authclient by hand.  Each line of stdin
 * is a question, and has one line for an answer, flushed:
 *
 *   MECHS                  the names, * after those that show the password
 *   AUTH NAME [INITIAL]    begin; = is the empty response
 *   MORE LINE              go on; MORE alone with nothing
 *   CANCEL                 give up: "cancelled"
 *
 *   OK USER | CONT CHALLENGE | WRONG WHY | TEMP WHY
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authclient.h"

static struct authclient a;
static stralloc out = STRALLOC_ZERO;

static void mechs(void)
{
  if (!authclient_open(&a)) {
    printf("TEMP %s\n", a.why);
    return;
  }
  for (size_t i = 0; i < a.n; i++)
    printf("%s%s%s", i ? " " : "", a.mech[i].name,
           a.mech[i].plaintext ? "*" : "");
  puts("");
}

static void tell(enum authclient_result r)
{
  switch (r) {
  case AUTHCLIENT_OK: printf("OK %s\n", a.user.s); break;
  case AUTHCLIENT_CONT: printf("CONT %.*s\n", (int)out.len, out.s); break;
  case AUTHCLIENT_WRONG: printf("WRONG %s\n", a.why); break;
  case AUTHCLIENT_TEMP: printf("TEMP %s\n", a.why); break;
  }
}

static void start(char *rest)
{
  struct authclient_request r = {.service = "smtp",
                                 .mechanism = rest,
                                 .remote_ip = "127.0.0.1",
                                 .secured = 1};
  char *blank = strchr(rest, ' ');

  if (blank) {
    *blank = 0;
    r.initial = blank + 1;
    r.initial_len = strcmp(r.initial, "=") ? strlen(r.initial) : 0;
  }
  tell(authclient_start(&a, &r, &out));
}

static void obey(char *line)
{
  if (!strcmp(line, "MECHS")) {
    mechs();
  } else if (!strncmp(line, "AUTH ", 5)) {
    start(line + 5);
  } else if (!strncmp(line, "MORE", 4)) {
    char *s = line + 4 + (line[4] == ' ');
    tell(authclient_continue(&a, s, strlen(s), &out));
  } else if (!strcmp(line, "CANCEL")) {
    authclient_cancel(&a);
    puts("cancelled");
  } else {
    puts("?");
  }
  fflush(stdout);
}

int main(int argc, char **argv)
{
  static char line[20000];

  if (argc < 2) return 100;
  a.path = argv[1];
  a.timeout = argc > 2 ? (unsigned int)atoi(argv[2]) : 60;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    obey(line);
  }
  authclient_free(&a);
  stralloc_free(&out);
  return 0;
}
