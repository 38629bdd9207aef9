/* Unit test of src/lib/queue.c, with sh for a queue program. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/posixplz.h>

#include "queue.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  int code;
  char const *text;
  char const *want;
} const replies[] = {
    {11, "", "554 5.1.3 envelope address too long for qq"},
    {31, "", "554 5.3.0 mail server permanently rejected message"},
    {33, "", "554 5.7.1 mail server rejected message"},
    {39, "", "554 5.3.0 qq permanent problem"},
    {40, "", "554 5.3.0 qq permanent problem"},
    {41, "", "451 4.3.0 qq temporary problem"},
    {53, "", "451 4.3.0 qq write error or disk full"},
    {54, "Dx y", "451 4.3.0 qq read error"},
    {71, "", "451 4.3.0 mail server temporarily rejected message"},
    {111, "", "451 4.3.0 qq temporary problem"},
    {127, "", "451 4.3.0 unable to exec qq"},
    {256 + 11, "", "451 4.3.0 qq crashed"},
    {-1, "", "451 4.3.0 qq timeout"},
    {82, "", "451 4.3.0 qq temporary problem"},
    {82, "D", "451 4.3.0 qq temporary problem"},
    {82, "Dno spam", "554 5.3.0 no spam"},
    {88, "Zlater", "451 4.3.0 later"},
    {82, "Xwhat", "451 4.3.0 qq temporary problem"},
    {82, "Dno\x1b[2Jspam\x80", "554 5.3.0 no?[2Jspam?"},
    {82, "Dfirst\r\n250 second", "554 5.3.0 first"},
    {82, "D\n250 second", "451 4.3.0 qq temporary problem"},
};

static void texts(void)
{
  char reply[QUEUE_REPLY_MAX], big[1000];

  for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
    queue_reply(replies[i].code, replies[i].text, strlen(replies[i].text),
                reply);
    ok(!strcmp(reply, replies[i].want), replies[i].want);
  }
  memset(big, 'x', sizeof big);
  big[0] = 'D';
  queue_reply(82, big, sizeof big, reply);
  ok(strlen(reply) == 10 + QUEUE_TEXT_MAX - 1, "a long text is cut");
}

static char const envelope[] = "Fa@b\0Tc@d\0\0";

static struct {
  char const *name;
  char const *script;
  unsigned int timeout;
  int good;
  int code;
  char const *reply;
} const runs[] = {
    {"message and envelope", "cat >m && cat <&1 >e", 20, 1, 0, ""},
    {"an exit code", "cat >m; exit 53", 20, 0, 53,
     "451 4.3.0 qq write error or disk full"},
    {"a text on 4", "cat >m; cat <&1 >e; echo Dno4 >&4; exit 82", 20, 0, 82,
     "554 5.3.0 no4"},
    {"a text on 6", "cat >m; cat <&1 >e; echo Zno6 >&6; exit 88", 20, 0, 88,
     "451 4.3.0 no6"},
    {"a crash", "cat >m; kill -9 $$", 20, 0, 256 + SIGKILL,
     "451 4.3.0 qq crashed"},
    {"no reading, and 31", "exit 31", 20, 0, 31,
     "554 5.3.0 mail server permanently rejected message"},
    {"no reading, and 0", "exit 0", 20, 0, 0, "451 4.3.0 qq read error"},
    {"it hangs", "cat >m; cat <&1 >e; exec sleep 60 4>&- 6>&-", 1, 0, -1,
     "451 4.3.0 qq timeout"},
    {"a child keeps the descriptors", "cat >m; cat <&1 >e; sleep 20 & exit 0",
     20, 1, 0, ""},
    {"signals are as they should be", "cat >m; cat <&1 >e; kill -13 $$; exit 0",
     20, 0, 256 + SIGPIPE, "451 4.3.0 qq crashed"},
    {"not there", 0, 20, 0, 127, "451 4.3.0 unable to exec qq"},
};

/* A message too large for a pipe. */
static void put_all(struct queue *q)
{
  static char big[200000];

  memset(big, 'm', sizeof big);
  queue_put(q, big, sizeof big);
}

static int stored(char const *name, char const *want, size_t n)
{
  static char buf[300000];
  FILE *f = fopen(name, "r");
  size_t got = f ? fread(buf, 1, sizeof buf, f) : 0;

  if (f) fclose(f);
  return got == n && (!want || !memcmp(buf, want, n));
}

static void programs(void)
{
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
    char const *argv[] = {"sh", "-c", runs[i].script, 0};
    char reply[QUEUE_REPLY_MAX];
    struct queue q;
    int code, good;

    if (!runs[i].script) argv[0] = "./no-such-program";
    unlink("m");
    unlink("e");
    if (!queue_open(&q, argv, (char const *const *)environ, runs[i].timeout)) {
      ok(!runs[i].script && errno == ENOENT, runs[i].name);
      continue;
    }
    put_all(&q);
    good = queue_close(&q, BYTES(envelope), reply, &code);
    ok(good == runs[i].good && code == runs[i].code &&
           !strcmp(reply, runs[i].reply),
       runs[i].name);
    if (good)
      ok(stored("m", 0, 200000) && stored("e", BYTES(envelope)),
         "all of it arrived");
  }
}

static void cancel(void)
{
  static char const *const argv[] = {"sh", "-c",
                                     "cat >m; cat <&1 >e; echo $? >status", 0};
  struct queue q;

  ok(queue_open(&q, argv, (char const *const *)environ, 20), "another");
  queue_put(&q, BYTES("half a mess"));
  queue_cancel(&q);
  ok(!q.pid && stored("e", "", 0), "cancelled: there is no envelope");
  queue_cancel(&q);
  ok(1, "cancelling twice is once");
}

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  texts();
  programs();
  cancel();
  return done();
}
