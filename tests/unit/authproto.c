/* Unit test of src/auth/authproto.c: whole connections, line by line, before a
   judge who believes the password "pw". */
#include <stdlib.h>
#include <string.h>

#include "authproto.h"
#include "unit.h"

#define HELLO "VERSION\t1\t1\nCPID\t42\n"
#define RIGHT "resp=AHRpbQBwdw=="  /* \0tim\0pw */
#define WRONG "resp=AHRpbQBweA=="  /* \0tim\0px */
#define BROKEN "resp=AHRpbQBmYWls" /* \0tim\0fail */

struct memory {
  int told;
  unsigned int delay;
  char ip[64], session[64], service[64];
  int no_penalty;
};

static struct memory m;

static enum judge_result password(void *data, struct judge_case const *c,
                                  struct sasl const *s,
                                  char reason[JUDGE_REASON])
{
  (void)data;
  snprintf(m.ip, sizeof m.ip, "%s", c->remote_ip ? c->remote_ip : "-");
  snprintf(m.session, sizeof m.session, "%s", c->session ? c->session : "-");
  snprintf(m.service, sizeof m.service, "%s", c->service ? c->service : "-");
  m.no_penalty = c->no_penalty;
  strcpy(reason, "x");
  if (!strcmp(s->secret.s, "fail")) return JUDGE_FAILED;
  if (!strcmp(s->secret.s, "pw")) return JUDGE_OK;
  return JUDGE_WRONG;
}

static enum judge_result known(void *data, struct judge_case const *c,
                               char reason[JUDGE_REASON])
{
  (void)data;
  strcpy(reason, "unknown");
  return strcmp(c->user, "tim") ? JUDGE_WRONG : JUDGE_OK;
}

static enum judge_result ask(void *counter, struct judge_case const *c,
                             unsigned int *delay)
{
  (void)counter;
  *delay = m.delay;
  return c->user && !strcmp(c->user, "often") ? JUDGE_REFUSED : JUDGE_OK;
}

static void tell(void *counter, struct judge_case const *c, enum judge_result r)
{
  (void)counter;
  (void)c;
  (void)r;
}

static void told(void *data, struct exchange const *x)
{
  (void)data;
  (void)x;
  m.told++;
}

static int token(void *data, struct exchange const *x, char s[AUTHPROTO_TOKEN])
{
  (void)data;
  if (!x->about.service || strcmp(x->about.service, "pop3")) return 0;
  strcpy(s, "a\tb");
  return 1;
}

static struct authproto_settings const settings = {
    .judge = {.fold = 1,
              .password = password,
              .known = known,
              .ask = ask,
              .tell = tell},
    .set = EXCHANGE_BIT(EXCHANGE_PLAIN) | EXCHANGE_BIT(EXCHANGE_LOGIN) |
           EXCHANGE_BIT(EXCHANGE_EXTERNAL),
    .host = "h",
    .told = told,
    .token = token,
};

/* What goes in after the client's greeting, what comes out, and why the
   connection must end. */
static struct {
  char const *name;
  char const *in;
  char const *out;
  char const *why;
} const t[] = {
    {"right", HELLO "AUTH\t1\tPLAIN\t" RIGHT "\n", "OK\t1\tuser=tim\n", 0},
    {"wrong", HELLO "AUTH\t1\tPLAIN\t" WRONG "\n", "FAIL\t1\tuser=tim\n", 0},
    {"nobody can judge", HELLO "AUTH\t1\tPLAIN\t" BROKEN "\n",
     "FAIL\t1\tuser=tim\ttemp\treason=Temporary failure, try again later\n", 0},
    {"refused", HELLO "AUTH\t1\tPLAIN\tresp=AG9mdGVuAHB3\n",
     "FAIL\t1\tuser=often\ttemp\t"
     "reason=Too many failed logins, try again later\n",
     0},
    {"in two messages",
     HELLO "AUTH\t4294967295\tplain\nCONT\t4294967295\t"
           "AHRpbQBwdw==\n",
     "CONT\t4294967295\t\nOK\t4294967295\tuser=tim\n", 0},
    {"in three", HELLO "AUTH\t7\tLOGIN\nCONT\t7\tdGlt\nCONT\t7\tcHc=\n",
     "CONT\t7\tVXNlcm5hbWU6\nCONT\t7\tUGFzc3dvcmQ6\nOK\t7\tuser=tim\n", 0},
    {"two at once",
     HELLO "AUTH\t1\tLOGIN\nAUTH\t2\tLOGIN\nCONT\t2\tdGlt\nCONT\t1\tVE9N\n"
           "CONT\t1\tcHc=\nCONT\t2\tcHg=\n",
     "CONT\t1\tVXNlcm5hbWU6\nCONT\t2\tVXNlcm5hbWU6\nCONT\t2\tUGFzc3dvcmQ6\n"
     "CONT\t1\tUGFzc3dvcmQ6\nOK\t1\tuser=tom\nFAIL\t2\tuser=tim\n",
     0},
    {"a number again when it is free",
     HELLO "AUTH\t1\tPLAIN\t" WRONG "\nAUTH\t1\tPLAIN\t" RIGHT "\n",
     "FAIL\t1\tuser=tim\nOK\t1\tuser=tim\n", 0},
    {"cancelled",
     HELLO "AUTH\t1\tLOGIN\nCANCEL\t1\nAUTH\t1\tPLAIN\t" RIGHT "\n",
     "CONT\t1\tVXNlcm5hbWU6\nOK\t1\tuser=tim\n", 0},
    {"nothing to cancel", HELLO "CANCEL\t9\n", "", 0},
    {"an answer that nobody waits for", HELLO "CONT\t9\t\n",
     "FAIL\t9\ttemp\treason=Temporary failure, try again later\n", 0},
    {"all parameters",
     HELLO "AUTH\t1\tPLAIN\tservice=pop3\tsession=s.1\trip=192.0.2.7\t"
           "lip=192.0.2.1\trport=1\tlport=2\tsecured\tnologin\tno-penalty\t"
           "what=ever\t" RIGHT "\n",
     "OK\t1\tuser=tim\ttoken=a\001tb\n", 0},
    {"the minor version is no matter",
     "VERSION\t1\t99\tx\nCPID\t1\textra\nAUTH\t1\tPLAIN\t" RIGHT "\n",
     "OK\t1\tuser=tim\n", 0},
    {"not base64", HELLO "AUTH\t1\tPLAIN\tresp=%\n", "FAIL\t1\n", 0},
    {"an unknown mechanism", HELLO "AUTH\t1\tDIGEST-MD5\n",
     "FAIL\t1\ttemp\treason=Temporary failure, try again later\n", 0},
    {"one that is not offered", HELLO "AUTH\t1\tCRAM-MD5\n",
     "FAIL\t1\ttemp\treason=Temporary failure, try again later\n", 0},
    {"EXTERNAL",
     HELLO "AUTH\t1\tEXTERNAL\tvalid-client-cert\t"
           "cert_username=Tim\tresp=\n",
     "OK\t1\tuser=tim\n", 0},
    {"without valid-client-cert",
     HELLO "AUTH\t1\tEXTERNAL\tcert_username=tim\tresp=\n", "FAIL\t1\n", 0},
    {"without a name", HELLO "AUTH\t1\tEXTERNAL\tvalid-client-cert\tresp=\n",
     "FAIL\t1\n", 0},
    {"a name in the response",
     HELLO "AUTH\t1\tEXTERNAL\tvalid-client-cert\t"
           "cert_username=tom\tresp=dGlt\n",
     "FAIL\t1\tuser=tom\n", 0},

    {"no VERSION", "CPID\t1\n", "", "no VERSION"},
    {"AUTH at once", "AUTH\t1\tPLAIN\t" RIGHT "\n", "", "no VERSION"},
    {"version 2", "VERSION\t2\t1\n", "", "a version other than 1"},
    {"version 10", "VERSION\t10\t1\n", "", "a version other than 1"},
    {"half a version", "VERSION\t1\n", "", "a version other than 1"},
    {"two versions", "VERSION\t1\t1\nVERSION\t1\t1\n", "", "a second VERSION"},
    {"no CPID", "VERSION\t1\t1\nAUTH\t1\tPLAIN\t" RIGHT "\n", "", "no CPID"},
    {"a name for a CPID", "VERSION\t1\t1\nCPID\tx\n", "",
     "CPID without a number"},
    {"an empty CPID", "VERSION\t1\t1\nCPID\n", "", "CPID without a number"},
    {"two CPIDs", HELLO "CPID\t1\n", "", "a second CPID"},
    {"an unknown command", HELLO "REQUEST\t1\t1\n", "", "an unknown command"},
    {"an empty line", HELLO "\n", "", "an unknown command"},
    {"lower case", HELLO "auth\t1\tPLAIN\n", "", "an unknown command"},
    {"a command with a NUL", HELLO "CANCEL\0010x\t1\n", "",
     "an unknown command"},
    {"number 0", HELLO "AUTH\t0\tPLAIN\n", "",
     "AUTH without a number or a mechanism"},
    {"a number over 2^32", HELLO "AUTH\t4294967296\tPLAIN\n", "",
     "AUTH without a number or a mechanism"},
    {"no mechanism", HELLO "AUTH\t1\n", "",
     "AUTH without a number or a mechanism"},
    {"a number in use", HELLO "AUTH\t1\tLOGIN\nAUTH\t1\tLOGIN\n",
     "CONT\t1\tVXNlcm5hbWU6\n", "AUTH with a number that is in use"},
    {"no answer", HELLO "AUTH\t1\tLOGIN\nCONT\t1\n", "CONT\t1\tVXNlcm5hbWU6\n",
     "CONT without a number or an answer"},
    {"two answers", HELLO "AUTH\t1\tLOGIN\nCONT\t1\tdGlt\tdGlt\n",
     "CONT\t1\tVXNlcm5hbWU6\n", "CONT without a number or an answer"},
    {"an answer to none", HELLO "CONT\n", "",
     "CONT without a number or an answer"},
    {"CANCEL without a number", HELLO "CANCEL\n", "",
     "CANCEL without a number"},
};

static uint64_t now = 1000;

/* Give all lines of s; stops where the connection must end. */
static int lines(struct authproto *p, char const *s)
{
  char buf[4096], *line = buf, *lf;

  snprintf(buf, sizeof buf, "%s", s);
  while ((lf = strchr(line, '\n'))) {
    if (!authproto_line(p, line, (size_t)(lf - line), now)) return 0;
    line = lf + 1;
  }
  return 1;
}

static int sent(struct authproto *p, char const *want)
{
  int r = p->out.len == strlen(want) && !memcmp(p->out.s, want, p->out.len);

  if (!r) printf("# %.*s\n", (int)p->out.len, p->out.s);
  p->out.len = 0;
  return r;
}

static void dialogues(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct authproto p = {0};

    m = (struct memory){0};
    authproto_start(&p, &settings);
    ok(lines(&p, t[i].in) == !t[i].why, t[i].name);
    ok(sent(&p, t[i].out), "is answered");
    ok(t[i].why ? p.why && !strcmp(p.why, t[i].why) : !p.why, "and goes on");
    authproto_free(&p);
  }
}

static void parameters(void)
{
  struct authproto p = {0};

  authproto_start(&p, &settings);
  lines(&p, HELLO "AUTH\t1\tPLAIN\tservice=pop3\tsession=s.1\trip=192.0.2.7\t"
                  "no-penalty\t" RIGHT "\n");
  ok(!strcmp(m.ip, "192.0.2.7") && !strcmp(m.session, "s.1") &&
         !strcmp(m.service, "pop3") && m.no_penalty && m.told == 1,
     "what the judge is told");
  p.out.len = 0;
  lines(&p, "AUTH\t1\tPLAIN\t" RIGHT "\n");
  ok(!strcmp(m.ip, "-") && !strcmp(m.session, "-") && !m.no_penalty &&
         sent(&p, "OK\t1\tuser=tim\n"),
     "nothing of it stays; no token for others");
  authproto_free(&p);
}

static void held_back(void)
{
  struct authproto p = {0};
  uint64_t when;

  m = (struct memory){.delay = 2};
  authproto_start(&p, &settings);
  ok(!authproto_next(&p, &when), "nothing waits");
  lines(&p, HELLO "AUTH\t1\tPLAIN\t" WRONG "\n");
  ok(sent(&p, "") && m.told == 1, "a failure is held back, and logged at once");
  ok(authproto_next(&p, &when) && when == now + 2000, "so long");
  lines(&p, "AUTH\t2\tPLAIN\t" RIGHT "\n");
  ok(sent(&p, "OK\t2\tuser=tim\n"), "a success is not");
  lines(&p, "AUTH\t3\tPLAIN\t" BROKEN "\n");
  ok(sent(&p, "FAIL\t3\tuser=tim\ttemp\treason=Temporary failure, try again "
              "later\n"),
     "nor what is nobody's fault");
  ok(authproto_due(&p, now + 1999) && sent(&p, ""), "not before");
  lines(&p, "AUTH\t4\tPLAIN\t" WRONG "\nCANCEL\t4\n");
  now += 2000;
  ok(authproto_due(&p, now) && sent(&p, "FAIL\t1\tuser=tim\n"),
     "then it is told, but what was cancelled is not");
  ok(!authproto_next(&p, &when), "and no more");
  lines(&p, "AUTH\t5\tPLAIN\t" WRONG "\n");
  ok(!lines(&p, "CONT\t5\t\n") && !strcmp(p.why, "CONT that was not asked for"),
     "nobody asked");
  authproto_free(&p);
}

static void too_late(void)
{
  struct authproto p = {0};
  uint64_t when;

  m = (struct memory){0};
  authproto_start(&p, &settings);
  lines(&p, HELLO "AUTH\t1\tLOGIN\n");
  now += AUTHPROTO_EXCHANGE / 2;
  lines(&p, "CONT\t1\tdGlt\n");
  p.out.len = 0;
  ok(authproto_next(&p, &when) && when == now + AUTHPROTO_EXCHANGE / 2,
     "an exchange has one deadline");
  now += AUTHPROTO_EXCHANGE / 2;
  lines(&p, "CONT\t1\tcHc=\n");
  ok(sent(&p, "FAIL\t1\ttemp\treason=Temporary failure, try again later\n"),
     "after it nobody is waited for");
  authproto_free(&p);
}

static void too_many(void)
{
  struct authproto p = {0};
  char line[64];

  authproto_start(&p, &settings);
  lines(&p, HELLO);
  for (int i = 1; i <= AUTHPROTO_REQUESTS; i++) {
    snprintf(line, sizeof line, "AUTH\t%d\tLOGIN\n", i);
    if (!lines(&p, line)) break;
  }
  ok(p.out.len > AUTHPROTO_REQUESTS * 20, "many at once");
  p.out.len = 0;
  ok(lines(&p, "AUTH\t99\tLOGIN\n") &&
         sent(&p, "FAIL\t99\ttemp\treason=Temporary failure, try again "
                  "later\n"),
     "but not any number");
  ok(lines(&p, "CANCEL\t5\nAUTH\t99\tLOGIN\n") &&
         sent(&p, "CONT\t99\tVXNlcm5hbWU6\n"),
     "until one goes");
  authproto_free(&p);
}

static void greeting(void)
{
  unsigned char const cookie[AUTHPROTO_COOKIE] = {
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xff};
  stralloc sa = STRALLOC_ZERO;

  ok(authproto_greet(&sa, EXCHANGE_BIT(EXCHANGE_MECHANISMS) - 1, 7166, 3,
                     cookie) &&
         stralloc_0(&sa) &&
         !strcmp(sa.s, "VERSION\t1\t1\n"
                       "MECH\tPLAIN\tplaintext\n"
                       "MECH\tLOGIN\tplaintext\n"
                       "MECH\tCRAM-MD5\tdictionary\tactive\n"
                       "MECH\tSCRAM-SHA-256\tmutual-auth\n"
                       "MECH\tSCRAM-SHA-256-PLUS\tmutual-auth\n"
                       "MECH\tEXTERNAL\n"
                       "SPID\t7166\n"
                       "CUID\t3\n"
                       "COOKIE\t000102030405060708090a0b0c0d0eff\n"
                       "DONE\n"),
     "the greeting");
  stralloc_free(&sa);
}

static void long_name(void)
{
  struct authproto p = {0};
  char line[4096];
  size_t n;

  authproto_start(&p, &settings);
  lines(&p, HELLO);
  /* LOGIN with 900 bytes of "iii" as the user */
  n = (size_t)snprintf(line, sizeof line, "AUTH\t1\tLOGIN\tresp=");
  for (int i = 0; i < 300; i++)
    n += (size_t)snprintf(line + n, sizeof line - n, "aWlp");
  snprintf(line + n, sizeof line - n, "\nCONT\t1\tcHg=\n");
  ok(lines(&p, line) && sent(&p, "CONT\t1\tUGFzc3dvcmQ6\nFAIL\t1\n"),
     "a name that is too long to be repeated");
  authproto_free(&p);
}

int main(void)
{
  greeting();
  dialogues();
  parameters();
  held_back();
  too_late();
  too_many();
  long_name();
  return done();
}
