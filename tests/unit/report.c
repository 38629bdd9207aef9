/* Unit test of src/accept/report.c. */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "report.h"
#include "unit.h"

static int says(struct report *r, char const *want)
{
  int same = r->len == strlen(want) && !memcmp(r->lines, want, r->len);

  r->len = 0;
  return same;
}

int main(void)
{
  struct report r = {.prog = "tcpserver", .verbosity = 2};
  struct client c = {.remote_port = 4200, .local_port = 25};
  char want[300] = "tcpserver: deny 0 ";

  addr_scan("192.0.2.1", &c.remote);
  addr_scan("192.0.2.2", &c.local);
  report_status(&r, 3, 40);
  ok(says(&r, "tcpserver: status: 3/40\n"), "status");
  report_pid(&r, 99, &c.remote);
  ok(says(&r, "tcpserver: pid 99 from 192.0.2.1\n"), "pid");
  report_verdict(&r, 1, 99, &c);
  ok(says(&r, "tcpserver: ok 99 :192.0.2.2:25 :192.0.2.1::4200\n"), "ok");
  strcpy(c.local_host, "a:b%c d\x80");
  strcpy(c.remote_host, "mx.example.org");
  strcpy(c.remote_info, "user");
  report_verdict(&r, 1, 99, &c);
  ok(says(&r, "tcpserver: ok 99 a?b?c?d?:192.0.2.2:25 "
              "mx.example.org:192.0.2.1:user:4200\n"),
     "odd bytes");
  report_end(&r, 99, 1792);
  ok(says(&r, "tcpserver: end 99 status 1792\n"), "end");
  report_drop(&r, "read", "rules.cdb", "file does not exist");
  ok(says(&r, "tcpserver: warning: dropping connection, unable to read "
              "rules.cdb: file does not exist\n"),
     "drop");
  report_drop(&r, "fork", "", "temporary failure");
  ok(says(&r, "tcpserver: warning: dropping connection, unable to fork: "
              "temporary failure\n"),
     "drop without object");
  addr_scan("2001:db8::1", &c.remote);
  addr_scan("::1", &c.local);
  memset(c.local_host, 'x', 120);
  c.local_host[120] = 0;
  report_verdict(&r, 0, 0, &c);
  memset(want + strlen(want), 'x', 100);
  strcat(want, "...:[::1]:25 mx.example.org:[2001:db8::1]:user:4200\n");
  ok(says(&r, want), "IPv6, and a long name");
  r.verbosity = 1;
  report_status(&r, 3, 40);
  report_pid(&r, 99, &c.remote);
  report_verdict(&r, 1, 99, &c);
  report_end(&r, 99, 0);
  ok(says(&r, ""), "-Q: no such lines");
  r.verbosity = 0;
  report_drop(&r, "fork", "", "temporary failure");
  ok(says(&r, ""), "-q: nothing");
  return done();
}
