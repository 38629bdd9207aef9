/* Unit test of src/admin/ledger.c: what a line adds, and habits. */
#include <string.h>

#include "ledger.h"
#include "unit.h"

#define D0 1795305600 /* 2026-11-22 00:00:00 */
#define TAI 4611686018427387904u

static struct ledger g;
static unsigned int sessions;

static void feed(char const *s)
{
  if (!ledger_feed(&g, s, strlen(s))) unit_bad++;
}

static void start(int64_t only)
{
  ledger_free(&g);
  if (!ledger_init(&g, only, 64, 64)) unit_bad++;
}

/* n recipients of joe's, at that time, from that address. */
static void mail(int day, unsigned int n, unsigned int from)
{
  char line[200];
  unsigned long long t = TAI + 37 + D0 + (unsigned long long)(day * 86400LL);

  sessions++;
  for (unsigned int i = 0; i < n; i++) {
    snprintf(line, sizeof line,
             "@%016llx00000000 postern-smtpd: rcpt session=s%u ip=192.0.2.%u "
             "from=a to=b relay=auth:joe code=250\n",
             t, sessions, from);
    feed(line);
  }
}

static int left(struct ledger_finding *f)
{
  struct tally_entry *e = tally_look(g.kind + LEDGER_USER, "joe", 3);

  return e && ledger_habit(&g, LEDGER_USER, e, f);
}

static struct {
  char const *name;
  unsigned int before[4]; /* recipients, of four days */
  unsigned int last, addresses;
  int want;
} const habits[] = {
    {"as ever", {2, 2, 2, 2}, 2, 1, 0},
    {"more, but not many", {2, 2, 2, 2}, 19, 1, 0},
    {"many", {2, 2, 2, 2}, 20, 1, 1},
    {"many, as on one day before", {2, 7, 2, 2}, 21, 1, 0},
    {"one more", {2, 7, 2, 2}, 22, 1, 1},
    {"few days are no habit", {2, 0, 2, 0}, 90, 1, 0},
    {"three are", {2, 0, 2, 2}, 90, 1, 1},
    {"four new addresses", {2, 2, 2, 2}, 4, 4, 0},
    {"five", {2, 2, 2, 2}, 5, 5, 1},
};

static void leave(void)
{
  struct ledger_finding f;

  for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
    start(0);
    /* the last day first: the order of sources is not that of times */
    for (unsigned int k = 0; k < habits[i].addresses; k++)
      if (habits[i].addresses > 1) mail(0, 1, 10 + k);
    for (int k = 0; k < 4; k++)
      mail(k - 4, habits[i].before[k], 1);
    if (habits[i].addresses == 1) mail(0, habits[i].last, 1);
    ledger_end(&g);
    ok(left(&f) == habits[i].want, habits[i].name);
  }
}

/* On its first day all of an account's addresses are new, and mean nothing. */
static void first_day(void)
{
  struct ledger_finding f;

  for (int day = -4; day < 0; day += 2) {
    start(0);
    for (int k = -4; k < 0; k++)
      mail(k, 1, 1);
    for (unsigned int k = 0; k < 5; k++) {
      mail(day, 1, 20 + k);
      mail(0, 1, 30 + k);
    }
    ledger_end(&g);
    ok(left(&f) == (day == -4) && f.fresh == 5, "five, as on one day before");
  }
}

#define ME "ip=192.0.2.1 "

static void figures(void)
{
  struct tally_entry *e;

  start(0);
  feed("postern-smtpd: auth session=a " ME "user=Joe mechanism=PLAIN "
       "result=ok\n"
       "postern-smtpd: rcpt session=a " ME "from=a to=b relay=auth:joe "
       "code=250\n"
       "postern-smtpd: rcpt session=a " ME "from=a to=c relay=local code=250\n"
       "postern-smtpd: rcpt session=a " ME "from=a to=d relay=none code=452 "
       "why=maxrcpt\n"
       "postern-smtpd: queued session=a " ME "from=a rcpts=2 size=70 qp=1 "
       "relay=auth:joe ms=1\n"
       "postern-smtpd: end session=a " ME "why=quit messages=1 bytes=90\n"
       "postern-smtpd: rcpt session=a " ME "from=a to=d relay=none code=553 "
       "why=rcpthosts\n"
       "postern-smtpd: auth session=b ip=192.0.2.2 user=joe mechanism=PLAIN "
       "result=wrong\n"
       "postern-smtpd: auth session=b ip=192.0.2.2 user=ann mechanism=PLAIN "
       "result=wrong\n"
       "postern-smtpd: auth session=b ip=192.0.2.2 user=joe mechanism=PLAIN "
       "result=failed\n"
       "other: rcpt session=b ip=192.0.2.2 from=a to=d relay=none code=553\n"
       "tcpserver: status: 0/40\n");
  ledger_end(&g);
  e = tally_look(g.kind + LEDGER_USER, "joe", 3);
  ok(e && e->f.messages == 1 && e->f.rcpts == 1 && e->f.bytes == 70 &&
         e->f.refused == 1 && e->f.wrong == 1,
     "an account: its own recipients, refusals of its sessions");
  ok(e && distinct_count(&e->habit->addresses) == 1,
     "where the password was wrong is not its address");
  ok(g.kind[LEDGER_USER].n == 1, "who never logged in is no account");
  e = tally_look(g.kind + LEDGER_ADDRESS, "192.0.2.1", 9);
  ok(e && e->f.messages == 1 && e->f.rcpts == 2 && e->f.refused == 2 &&
         !e->f.wrong,
     "an address: all of it");
  ok(g.total.messages == 1 && g.total.rcpts == 2 && g.total.bytes == 70 &&
         g.total.refused == 2 && g.total.wrong == 2 && g.sessions == 1,
     "the total");
  ok(g.right[LEDGER_LOCAL].rcpts == 1 && g.right[LEDGER_BY_AUTH].rcpts == 1 &&
         g.right[LEDGER_BY_AUTH].bytes == 70,
     "each recipient under its own reason");
  ok(g.lines == 11 && g.foreign == 1, "what is no line of ours");
}

static struct {
  char const *relay;
  enum ledger_right right;
  int unexplained;
} const reasons[] = {
    {"relay=local", LEDGER_LOCAL, 0},
    {"relay=auth:x", LEDGER_BY_AUTH, 0},
    {"relay=grant:x", LEDGER_BY_GRANT, 0},
    {"relay=cert:x", LEDGER_BY_CERT, 0},
    {"relay=rule:", LEDGER_BY_RULE, 0},
    {"relay=rule:10.", LEDGER_BY_RULE, 0},
    {"relay=backup", LEDGER_BACKUP, 0},
    {"relay=env", LEDGER_ENV, 1},
    {"relay=none", LEDGER_NONE, 1},
    {"relay=localx", LEDGER_NONE, 1},
    {"relay=suppressed:gateway", LEDGER_NONE, 1},
    {"relay=", LEDGER_NONE, 1},
    {"x=y", LEDGER_NONE, 1},
};

static void explained(void)
{
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
    char line[100];

    start(0);
    snprintf(line, sizeof line, "postern-smtpd: rcpt code=250 %s\n",
             reasons[i].relay);
    feed(line);
    ok(g.right[reasons[i].right].rcpts == 1 &&
           ledger_unexplained(&g) == (uint64_t)reasons[i].unexplained,
       reasons[i].relay);
  }
}

int main(void)
{
  struct ledger_finding f;

  leave();
  first_day();
  figures();
  explained();

  start(D0 / 86400 - 1);
  for (int day = -5; day <= 0; day++)
    mail(day, day == -1 ? 21 : 1, 1);
  ledger_end(&g);
  ok(g.total.rcpts == 21 && g.first == D0 - 86400, "one day only");
  ok(left(&f) && f.rcpts == 21 && f.usual == 1, "the days before are known");
  start(D0 / 86400 - 9);
  mail(0, 2, 1);
  ledger_end(&g);
  ok(!g.kind[LEDGER_USER].n && !left(&f), "what comes later does not count");
  start(0);
  feed("1-1-1");
  feed("0001-01-01 00:00:00 postern-smtpd: rcpt relay=local code=250\n");
  ok(g.total.rcpts == 1, "before the epoch there are no days");
  ledger_free(&g);
  return done();
}
