/* Unit test of src/admin/logsearch.c: which sessions are found, and how they
   are handed over. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "log.h"
#include "logsearch.h"
#include "text.h"
#include "unit.h"

#define S "postern-smtpd: "

static char const a_log[] =
    "@400000006b026d100ae3fe2b postern-tcpserver: accept session=6b026ceb.1 "
    "pid=7 ip=192.0.2.7\n"
    "@400000006b026d110ae3fe2b " S "auth session=6b026ceb.1 ip=192.0.2.7 "
    "user=Joe@Example.ORG mechanism=PLAIN result=ok\n"
    "@400000006b026d120ae3fe2b " S "rcpt session=6b026ceb.2 ip=192.0.2.70 "
    "from=a@x to=C@y relay=none code=553 why=rcpthosts\n"
    "@400000006b026d130ae3fe2b " S "rcpt session=6b026ceb.1 ip=192.0.2.7 "
    "from=a@x to=c@y relay=auth:joe@example.org code=250\n"
    "@400000006b026d140ae3fe2b " S "queued session=6b026ceb.1 ip=192.0.2.7 "
    "from=a@x rcpts=1 size=99 qp=123 relay=auth:joe@example.org ms=1 "
    "msgid=m\\x20one@x\n"
    "a line to=c@y that is none, session=6b026ceb.9\n"
    "@400000006b026d150ae3fe2b " S "rcpt session=6b026ceb.3 ip=2001:db8::1 "
    "from= to=cc@y relay=grant:joe@example.org code=250\n"
    "@400000006b026d150ae3fe2c " S "rcpt session=6b026ceb.4 ip=192.0.2.71 "
    "from=b@x to=<x\\x20y>z> relay=none code=501 why=syntax\n"
    "@400000006b026d160ae3fe2b " S "end session=6b026ceb.1 ip=192.0.2.7 "
    "why=quit messages=1 bytes=120\n"
    "@400000006b026d170ae3fe2b " S "queued session=6b026ceb.3 ip=2001:db8::1 "
    "from= rcpts=1 size=99 qp=1234 relay=grant:joe@example.org ms=1";

/* the TLS service's own directory: it is read later, its line came earlier */
static char const b_log[] =
    "@400000006b026d101ae3fe2b postern-tlsd: tls session=6b026ceb.1 "
    "ip=192.0.2.7 protocol=TLSv1.3\n";

static char const *const source[] = {"a", "b"};
static stralloc got;

static void put(char const *name, char const *s)
{
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  size_t n = strlen(s);

  if (fd < 0 || write(fd, s, n) != (ssize_t)n) perror(name);
  close(fd);
}

/* Session: events */
static int emit(void *data, struct logsearch_session const *s)
{
  (void)data;
  stralloc_cats(&got, s->name);
  for (size_t i = 0; i < s->lines; i++) {
    struct logline l;

    if (!logline_scan(&l, s->line[i], strlen(s->line[i]))) return 0;
    stralloc_cats(&got, " ");
    stralloc_catb(&got, l.event.s, l.event.n);
  }
  return stralloc_cats(&got, "\n");
}

#define ONE "6b026ceb.1 accept tls auth rcpt queued end\n"
#define TWO "6b026ceb.2 rcpt\n"
#define FOUR "6b026ceb.4 rcpt\n"
#define THREE "6b026ceb.3 rcpt queued\n"

static struct {
  char const *name;
  struct logsearch q;
  char const *want;
} const cases[] = {
    {"message-id", {.msgid = "m one@x"}, ONE},
    {"in brackets", {.msgid = "<m one@x>"}, ONE},
    {"its case counts", {.msgid = "M one@x"}, ""},
    {"not a part of it", {.msgid = "m one@"}, ""},
    {"queue number", {.queue = "123"}, ONE},
    {"at the end of a line", {.queue = "1234"}, THREE},
    {"not its beginning", {.queue = "12"}, ""},
    {"session", {.session = "6b026ceb.2"}, TWO},
    {"no such session", {.session = "6b026ceb.9"}, ""},
    {"recipient", {.rcpt = "c@Y"}, ONE TWO},
    {"sender", {.sender = "A@x"}, ONE TWO},
    {"the null sender", {.sender = ""}, THREE},
    {"as a path", {.sender = "<>"}, THREE},
    {"a recipient as a path", {.rcpt = "<C@y>"}, ONE TWO},
    {"one that is no address", {.rcpt = "x y>z"}, FOUR},
    {"nor as a path", {.rcpt = "<x y>z>"}, FOUR},
    {"its brackets are a pair", {.rcpt = "<x y>z"}, ""},
    {"user, as he wrote it or as we do",
     {.user = "joe@example.org"},
     ONE THREE},
    {"no such user", {.user = "oe@example.org"}, ""},
    {"address", {.ip = "192.0.2.7"}, ONE},
    {"IPv6 address", {.ip = "2001:db8::1"}, THREE},
    {"two conditions, on different lines",
     {.queue = "123", .user = "joe@example.org"},
     ONE},
    {"both must hold", {.queue = "1234", .ip = "192.0.2.7"}, ""},
    {"three", {.sender = "a@x", .rcpt = "c@y", .ip = "192.0.2.70"}, TWO},
    {"the newest", {.sender = "a@x", .most = 1}, ONE},
};

static int finds(size_t i)
{
  struct logsearch q = cases[i].q;
  struct logdir d = {.source = source, .sources = 2};
  int r;

  got.len = 0;
  r = logsearch(&q, &d, emit, 0);
  stralloc_0(&got);
  if (strcmp(got.s, cases[i].want)) printf("# got: %s\n", got.s);
  for (char const *s = got.s; *s; s++)
    r -= *s == '\n';
  return !strcmp(got.s, cases[i].want) && !r && !d.troubles && !q.dropped;
}

static int names(char const *s, char const *queue, char const *session,
                 char const *msgid)
{
  struct logsearch q = {0};

  logsearch_named(&q, s);
  return (q.queue ? queue && !strcmp(q.queue, queue) : !queue) &&
         (q.session ? session && !strcmp(q.session, session) : !session) &&
         (q.msgid ? msgid && !strcmp(q.msgid, msgid) : !msgid);
}

static int refuse(void *data, struct logsearch_session const *s)
{
  (void)data;
  (void)s;
  errno = EDOM;
  return 0;
}

static int count(void *data, struct logsearch_session const *s)
{
  size_t *n = data;

  n[0] += s->lines;
  n[1] += s->left_out;
  return 1;
}

/* More sessions than are kept: the newest, and it is told. */
static void many(void)
{
  char const *const many_source[] = {"many"};
  struct logdir d = {.source = many_source, .sources = 1};
  struct logsearch q = {.sender = "s", .most = LOGSEARCH_MOST_MAX};
  FILE *f = fopen("many", "w");
  unsigned int all = 2 * LOGSEARCH_CANDIDATES + 10;
  size_t n[2] = {0, 0};

  for (unsigned int i = 0; f && i < all; i++)
    fprintf(f, S "rcpt session=6b02%04x.%x from=s\n", i / 100, i);
  if (f) fclose(f);
  ok(logsearch(&q, &d, count, n) == LOGSEARCH_MOST_MAX, "no more than asked");
  ok(n[0] == LOGSEARCH_MOST_MAX && !n[1], "each with its line");
  ok(q.found == LOGSEARCH_CANDIDATES + 10 && q.dropped == LOGSEARCH_CANDIDATES,
     "candidates are bounded");
}

/* A message-id as long as that, of these bytes: as smtpd logs it, and as a user
   gives it. */
static int finds_long(size_t n, char c)
{
  char const *const long_source[] = {"long"};
  struct logdir d = {.source = long_source, .sources = 1};
  char id[600], path[602] = "<", value[LOG_VALUE_MAX];
  struct logsearch q = {.msgid = path};
  FILE *f = fopen("long", "w");
  int good;

  memset(id, c, n);
  memcpy(path + 1, id, n);
  strcpy(path + 1 + n, ">");
  n = text_escape(value, sizeof value, id,
                  n < LOG_MSGID_MAX ? n : LOG_MSGID_MAX);
  if (f) {
    fprintf(f, S "queued session=6b026ceb.1 msgid=%.*s\n", (int)n, value);
    fclose(f);
  }
  got.len = 0;
  good = logsearch(&q, &d, emit, 0) == 1;
  unlink("long");
  return good;
}

static void put_many(char const *name, char const *time)
{
  FILE *f = fopen(name, "w");

  for (unsigned int i = 0; f && i <= LOGSEARCH_CANDIDATES; i++)
    fprintf(f, S "rcpt session=%s.%x from=s\n", time, i);
  if (f) fclose(f);
}

/* The newest of all sources, whatever their order. */
static int newest(char const *const *two, char const *want)
{
  struct logdir d = {.source = two, .sources = 2};
  struct logsearch q = {.sender = "s", .most = 1};

  got.len = 0;
  return logsearch(&q, &d, emit, 0) == 1 && stralloc_0(&got) &&
         !strcmp(got.s, want);
}

static void in_any_order(void)
{
  char const *const forth[] = {"x", "y"}, *const back[] = {"y", "x"};

  put_many("x", "6b020001");
  put_many("y", "6b020000");
  ok(newest(forth, "6b020001.ffff rcpt\n") &&
         newest(back, "6b020001.ffff rcpt\n"),
     "too many, and the newest are read first or last");
  put("x", "@400000006b026d300ae3fe2b " S "rcpt session=6b026ceb.1 from=s\n"
           "@400000006b026d200ae3fe2b " S "rcpt session=6b026ceb.2 from=s\n");
  put("y", "@400000006b026d100ae3fe2b " S "auth session=6b026ceb.1 from=s\n");
  ok(newest(forth, "6b026ceb.1 auth rcpt\n") &&
         newest(back, "6b026ceb.1 auth rcpt\n"),
     "a session of both is as new as its latest line");
  unlink("x");
  unlink("y");
}

int main(void)
{
  struct logdir d = {.source = source, .sources = 2};
  struct logsearch q = {0};

  put("a", a_log);
  put("b", b_log);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ok(finds(i), cases[i].name);
  ok(logsearch(&q, &d, emit, 0) < 0 && errno == EINVAL, "nothing asked for");
  q.queue = "123";
  ok(logsearch(&q, &d, refuse, 0) < 0 && errno == EDOM, "emit may stop it");
  ok(names("1234", "1234", 0, 0), "a number");
  ok(names("250 ok 1763769600 qp 1234", "1234", 0, 0), "the reply");
  ok(names("6b026ceb.2a", 0, "6b026ceb.2a", 0), "a session");
  ok(names("<6b026ceb.2a@x>", 0, 0, "<6b026ceb.2a@x>"), "a message-id");
  ok(names("6b026ceb.2a@x", 0, 0, "6b026ceb.2a@x"), "without its brackets");
  ok(finds_long(399, 'x') && finds_long(401, 'x') && finds_long(599, 'x'),
     "a message-id that the log has cut");
  ok(finds_long(100, ' ') && finds_long(399, ' ') && finds_long(599, ' '),
     "and one that it has cut once more, escaped");
  many();
  in_any_order();
  unlink("a");
  unlink("b");
  unlink("many");
  return done();
}
