/* Unit test of src/admin/logstory.c: what is said of a session. */
#include <string.h>

#include "logstory.h"
#include "unit.h"

#define P "postern-smtpd: "
#define S " session=6b026ceb.1 ip=192.0.2.7"
#define TWENTY(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x

static char const *const full[] = {
    "postern-tcpserver: accept session=6b026ceb.1 pid=7 ip=192.0.2.7 "
    "rule=192.0.2.",
    P "tls" S " protocol=TLSv1.3 cipher=X",
    P "auth" S " user=joe mechanism=LOGIN result=wrong",
    P "auth" S " user=joe@example.org mechanism=PLAIN result=ok",
    P "rcpt" S " from=a@x to=old@x relay=local code=250",
    P "rcpt" S " from=a@x to=c@y relay=auth:joe@example.org code=250",
    P "rcpt" S " from=a@x to=no@y relay=none code=553 why=rcpthosts",
    P "rcpt" S " from=a@x to=d@x relay=local code=250",
    P "queued" S " from=a@x rcpts=2 size=99 qp=123 "
      "relay=auth:joe@example.org ms=1 msgid=m\\x20\"1@x",
    P "rcpt" S " from= to=e@z relay=auth:joe@example.org code=250",
    P "queued" S " from= rcpts=1 size=1 qp=124 relay=auth:joe@example.org ms=1",
    P "refused" S " verb=DATA code=552 from=a@x reason=5.3.4\\x20too\\x20big",
    P "end" S " why=quit messages=2 bytes=120",
};

static char const *const grant[] = {
    "postern-grant-check: grant session=s ip=192.0.2.7 user=roam age=60 "
    "left=840",
    P "rcpt session=s ip=192.0.2.7 from=a@x to=c@y relay=grant:roam code=250",
};

static char const *const kept_back[] = {
    P "rcpt session=s ip=10.0.0.5 from=a@x to=c@y relay=suppressed:gateway "
      "code=553 why=rcpthosts",
    P "refused session=s ip=10.0.0.5 verb=MAIL code=501 from= "
      "reason=\\x1b\\x20no\\x5c",
};

static char const *const crowd[] = {
    TWENTY(P "rcpt session=s ip=::1 from=a to=b relay=local code=250"),
    P "queued session=s ip=::1 from=a rcpts=20 size=1 qp=1 relay=local ms=1",
    TWENTY(P "rcpt session=s ip=::1 from=a to=b relay=none code=553 why=no"),
};

/* lines are missing: there are fewer recipients than it says */
static char const *const short_of[] = {
    P "rcpt session=s ip=::1 from=a to=b relay=local code=250",
    P "queued session=s ip=::1 from=a rcpts=1 size=1 qp=1 relay=local ms=1",
    P "queued session=s ip=::1 from=a rcpts=1 size=2 qp=2 relay=local ms=1",
};

#define N(a) sizeof a / sizeof *a

static struct logsearch_session const sessions[] = {
    {"6b026ceb.1", full, N(full), 0}, {"s", grant, N(grant), 3},
    {"s", crowd, N(crowd), 0},        {"s", 0, 0, 0},
    {"s", short_of, N(short_of), 0},  {"s", kept_back, N(kept_back), 0},
};

#define WHO                                                                    \
  "Session 6b026ceb.1, 2026-11-22 04:17:47: 192.0.2.7 connected (rule "        \
  "192.0.2.), with TLSv1.3, logged in as joe@example.org by PLAIN."
#define FIRST                                                                  \
  " The message from a@x to c@y (auth:joe@example.org), d@x (local), "         \
  "message-id m\\x20\"1@x, 99 bytes, was queued as 123, by right of "          \
  "auth:joe@example.org."
#define SECOND                                                                 \
  " The message from <> to e@z (auth:joe@example.org), 1 bytes, was queued "   \
  "as 124, by right of auth:joe@example.org."
#define B10                                                                    \
  "b (local), b (local), b (local), b (local), b (local), "                    \
  "b (local), b (local), b (local), b (local), b (local)"
#define R10                                                                    \
  "b from a (553 no), b from a (553 no), b from a (553 no), "                  \
  "b from a (553 no), b from a (553 no), b from a (553 no), "                  \
  "b from a (553 no), b from a (553 no), b from a (553 no), b from a (553 no)"

static struct {
  char const *name;
  struct logsearch q;
  size_t session;
  char const *want;
} const cases[] = {
    {"all of it",
     {.ip = "192.0.2.7"},
     0,
     WHO FIRST SECOND
     " Refused: no@y from a@x (553 rcpthosts), DATA from a@x (552 "
     "5.3.4 too big).\n"},
    {"one message", {.queue = "124"}, 0, WHO SECOND "\n"},
    {"by its id", {.msgid = "<m \"1@x>"}, 0, WHO FIRST "\n"},
    {"by a recipient", {.rcpt = "D@x"}, 0, WHO FIRST "\n"},
    {"not by one of a transaction given up", {.rcpt = "old@x"}, 0, WHO "\n"},
    {"not by a refused one",
     {.rcpt = "no@y"},
     0,
     WHO " Refused: no@y from a@x (553 rcpthosts).\n"},
    {"a recipient and a sender", {.rcpt = "c@y", .sender = ""}, 0, WHO "\n"},
    {"a grant; lines are missing",
     {.session = "s"},
     1,
     "Session s: 192.0.2.7 connected, had a grant of roam set 60 seconds "
     "before. 3 of its lines are left out.\n"},
    {"not all of a crowd",
     {.session = "s"},
     2,
     "Session s: ::1 connected. The message from a to " B10
     " and 10 more, 1 bytes, was queued as 1, by right of local. Refused: " R10
     " and 10 more.\n"},
    {"a right was kept back",
     {.session = "s"},
     5,
     "Session s: 10.0.0.5 connected. Refused: c@y from a@x (553 rcpthosts, "
     "suppressed:gateway), MAIL from <> (501 \\x1b no\\x5c).\n"},
    {"nothing known", {.session = "s"}, 3, "Session s: a client connected.\n"},
    {"another message's recipients",
     {.queue = "2"},
     4,
     "Session s: ::1 connected. The message from a, 2 bytes, was queued as 2, "
     "by right of local.\n"},

};

int main(void)
{
  stralloc sa = STRALLOC_ZERO;

  for (size_t i = 0; i < N(cases); i++) {
    sa.len = 0;
    ok(logstory_text(&cases[i].q, sessions + cases[i].session, &sa) &&
           stralloc_0(&sa) && !strcmp(sa.s, cases[i].want),
       cases[i].name);
    if (strcmp(sa.s, cases[i].want)) printf("# got: %s", sa.s);
  }
  sa.len = 0;
  ok(logstory_json(&cases[2].q, sessions, &sa) && stralloc_0(&sa), "as JSON");
  sa.s[strcspn(sa.s, "\n")] = 0;
  *strstr(sa.s, "\"lines\"") = 0;
  ok(!strcmp(sa.s,
             "{\"session\":\"6b026ceb.1\",\"time\":\"2026-11-22 04:17:47\","
             "\"ip\":\"192.0.2.7\",\"rule\":\"192.0.2.\","
             "\"user\":\"joe@example.org\",\"mechanism\":\"PLAIN\","
             "\"tls\":\"TLSv1.3\",\"messages\":[{\"queue\":\"123\","
             "\"msgid\":\"m \\\"1@x\",\"from\":\"a@x\","
             "\"relay\":\"auth:joe@example.org\",\"size\":99,\"to\":["
             "{\"to\":\"c@y\",\"relay\":\"auth:joe@example.org\"},"
             "{\"to\":\"d@x\",\"relay\":\"local\"}]}],\"refused\":[],"),
     "its values are not escaped as in the log");
  sa.len = 0;
  ok(logstory_json(&cases[7].q, sessions + 1, &sa) && stralloc_0(&sa) &&
         !strcmp(sa.s,
                 "{\"session\":\"s\",\"ip\":\"192.0.2.7\",\"grant\":\"roam\","
                 "\"messages\":[],\"refused\":[],\"lines\":["
                 "\"postern-grant-check: grant session=s ip=192.0.2.7 "
                 "user=roam age=60 left=840\",\"postern-smtpd: rcpt session=s "
                 "ip=192.0.2.7 from=a@x to=c@y relay=grant:roam code=250\"],"
                 "\"left_out\":3}\n"),
     "with its lines");
  sa.len = 0;
  ok(logstory_json(&cases[7].q, sessions + 5, &sa) && stralloc_0(&sa), "JSON");
  *strstr(sa.s, ",\"lines\"") = 0;
  ok(!strcmp(sa.s, "{\"session\":\"s\",\"ip\":\"10.0.0.5\",\"messages\":[],"
                   "\"refused\":[{\"to\":\"c@y\",\"from\":\"a@x\","
                   "\"code\":553,\"relay\":\"suppressed:gateway\","
                   "\"why\":\"rcpthosts\"},{\"verb\":\"MAIL\",\"from\":\"\","
                   "\"code\":501,\"why\":\"\\u001b no\\\\\"}]"),
     "of refusals");
  stralloc_free(&sa);
  return done();
}
