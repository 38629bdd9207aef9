/* Unit test of src/admin/logline.c. */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "logline.h"
#include "text.h"
#include "unit.h"

#define R "postern-smtpd: rcpt session=6b026d10.0a ip=::1 to=a\\x20b@x"

static struct {
  char const *line;
  int good;
  enum logline_clock clock;
  char const *when;
  unsigned int nanos;
  char const *program, *event;
  size_t pairs;
} const lines[] = {
    {R, 1, LOGLINE_SESSION, "2026-11-22 04:18:24", 0, "postern-smtpd", "rcpt",
     3},
    {"@400000006b026d100ae3fe2b " R, 1, LOGLINE_STAMP, "2026-11-22 04:17:47",
     182713899, "postern-smtpd", "rcpt", 3},
    {"2026-11-22 04:17:47.182713899  " R, 1, LOGLINE_WALL,
     "2026-11-22 04:17:47", 182713899, "postern-smtpd", "rcpt", 3},
    {"2024-02-29T23:59:59.5Z p: e", 1, LOGLINE_STAMP, "2024-02-29 23:59:59",
     500000000, "p", "e", 0},
    {"1970-01-01 00:00:00 p: e", 1, LOGLINE_WALL, "1970-01-01 00:00:00", 0, "p",
     "e", 0},
    {"@400000006b026d100ae3fe2b 2020-01-01 01:01:01.000000001  p: e", 1,
     LOGLINE_STAMP, "2026-11-22 04:17:47", 182713899, "p", "e", 0},
    {"tcpserver: crash pid=1 start=exec", 1, LOGLINE_UNTIMED, "", 0,
     "tcpserver", "crash", 2},
    {"p: e k=", 1, LOGLINE_UNTIMED, "", 0, "p", "e", 1},
    {"p: e k=a=b", 1, LOGLINE_UNTIMED, "", 0, "p", "e", 1},
    {"p: e session=x.y", 1, LOGLINE_UNTIMED, "", 0, "p", "e", 1},
    {"", 0, 0, 0, 0, 0, 0, 0},
    {"p:", 0, 0, 0, 0, 0, 0, 0},
    {"p: ", 0, 0, 0, 0, 0, 0, 0},
    {": e", 0, 0, 0, 0, 0, 0, 0},
    {"p e k=v", 0, 0, 0, 0, 0, 0, 0},
    {"p: e k", 0, 0, 0, 0, 0, 0, 0},
    {"p: e =v", 0, 0, 0, 0, 0, 0, 0},
    {"p: e k=v ", 0, 0, 0, 0, 0, 0, 0},
    {"p: e  k=v", 0, 0, 0, 0, 0, 0, 0},
    {"p: e K=v", 0, 0, 0, 0, 0, 0, 0},
    {"p: e k=\\", 0, 0, 0, 0, 0, 0, 0},
    {"p: e k=\\x1", 0, 0, 0, 0, 0, 0, 0},
    {"p: e k=\\x1G", 0, 0, 0, 0, 0, 0, 0},
    {"p: e k=\xc3\xa4", 0, 0, 0, 0, 0, 0, 0},
    {"p: e k=a\tb", 0, 0, 0, 0, 0, 0, 0},
    {"p: warning: x=y", 0, 0, 0, 0, 0, 0, 0},
    {"tcpserver: status: 1/40", 0, 0, 0, 0, 0, 0, 0},
    {"tcpserver: ok 12 0:127.0.0.1:25 :127.0.0.1::1234", 0, 0, 0, 0, 0, 0, 0},
    {"@400000006b026d100ae3fe2 " R, 0, 0, 0, 0, 0, 0, 0},
    {"@400000006b026d10ffffffff " R, 0, 0, 0, 0, 0, 0, 0},
    {"2026-13-22 04:17:47 " R, 0, 0, 0, 0, 0, 0, 0},
    {"2026-11-22 24:17:47 " R, 0, 0, 0, 0, 0, 0, 0},
};

static int is_line(size_t i)
{
  struct logline l;
  char when[LOGLINE_TIME_FMT] = "";
  size_t n = strlen(lines[i].line);
  char *tight = malloc(n + 1);
  int good;

  memcpy(tight, lines[i].line, n);
  good = logline_scan(&l, tight, n) == lines[i].good;
  if (good && lines[i].good) {
    if (l.clock != LOGLINE_UNTIMED) logline_time_fmt(when, l.seconds);
    good = l.clock == lines[i].clock && !strcmp(when, lines[i].when) &&
           l.nanos == lines[i].nanos && l.pairs == lines[i].pairs &&
           logline_equal(&l.program, lines[i].program) &&
           logline_equal(&l.event, lines[i].event);
  }
  free(tight);
  return good;
}

/* What log.c writes is read back. */
static void round_trip(void)
{
  struct log l;
  struct logline back;
  struct logline_span const *v;
  char all[256], got[LOG_VALUE_MAX];
  uint64_t u;

  for (size_t i = 0; i < sizeof all; i++)
    all[i] = (char)i;
  log_start(&l, "postern-smtpd", "rcpt", "6b026d10.1");
  log_bytes(&l, "low", all, 100);
  log_bytes(&l, "high", all + 180, 76);
  log_number(&l, "size", 18446744073709551615u);
  ok(logline_scan(&back, l.line, l.len), "a line of log.c");
  v = logline_get(&back, "low");
  ok(v && logline_unescape(got, v->s, v->n) == 100 && !memcmp(got, all, 100),
     "every low byte comes back");
  v = logline_get(&back, "high");
  ok(v && logline_unescape(got, v->s, v->n) == 76 &&
         !memcmp(got, all + 180, 76),
     "and the high ones");
  ok(logline_number(&back, "size", &u) && u == UINT64_MAX, "the number, too");
  ok(!logline_number(&back, "low", &u) && !logline_get(&back, "none"),
     "what is none");
  ok(logline_is(&back, "smtpd", "rcpt") &&
         !logline_is(&back, "popup", "rcpt") &&
         !logline_is(&back, "smtpd", "rcp"),
     "its program and event");
}

static void days(void)
{
  char line[64], when[LOGLINE_TIME_FMT];
  unsigned int wrong = 0;
  struct logline l;

  for (int64_t d = 0; d < 60000; d++) {
    logline_time_fmt(when, d * 86400 + d);
    snprintf(line, sizeof line, "%s p: e", when);
    wrong +=
        !logline_scan(&l, line, strlen(line)) || l.seconds != d * 86400 + d;
  }
  ok(!wrong, "every day from 1970 to 2134");
}

int main(void)
{
  struct logline l;
  char pairs[256] = "p: e";

  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    ok(is_line(i), lines[i].line);
  round_trip();
  days();
  for (int i = 0; i < LOGLINE_PAIRS; i++)
    strcat(pairs, " k=v");
  ok(logline_scan(&l, pairs, strlen(pairs)), "as many pairs as may be");
  strcat(pairs, " k=v");
  ok(!logline_scan(&l, pairs, strlen(pairs)), "one more");
  return done();
}
