/* Unit test of src/smtp/naming.c, with sh for a recorder.  tests/smtp/crowd.t
   has the real one. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "addr.h"
#include "dialogue.h"
#include "naming.h"
#include "unit.h"

static unsigned int warnings;

static void warned(void *data, char const *what, char const *why)
{
  (void)data;
  (void)what;
  (void)why;
  warnings++;
}

/* The number of bytes that sh writes to ran, for a run of the recorder. */
static size_t runs(void)
{
  struct stat st;

  return stat("ran", &st) ? 0 : (size_t)st.st_size;
}

static struct {
  char const *what;
  char const *script; /* of the recorder */
  char const *helo;
  int crowd;
  size_t runs;
} const t[] = {
    {"one that is known", "printf x >>ran", "known", 0, 0},
    {"one that is recorded",
     "[ $SMTPHELOHOST $PROTO $TCPREMOTEIP = 'new TCP 10.1.2.3' ];"
     "printf x >>ran; rm names/10.1.2.3;"
     "ln -s $(cat record)+$SMTPHELOHOST names/10.1.2.3",
     "NEW", 0, 1},
    {"one that is not", "printf x >>ran", "new", 1, 1},
    {"the recorder fails", "printf x >>ran; exit 1", "new", 1, 1},
    {"it crashes", "printf x >>ran; kill -SEGV $$", "new", 1, 1},
    {"it reads nobody's commands", "[ -z \"$(cat)\" ] && exit 3", "new", 1, 0},
};

static void plant(char const *names)
{
  char target[100];

  snprintf(target, sizeof target, "1:%llu:%d:%s",
           (unsigned long long)store_now(), CROWD_TTL, names);
  unlink("names/10.1.2.3");
  symlink(target, "names/10.1.2.3");
  unlink("ran");
}

static void ask(struct smtp *s, char const *helo)
{
  stralloc_copys(&s->helo, helo);
  stralloc_0(&s->helo);
  naming_ask(s);
}

int main(void)
{
  char const *recorder[] = {"sh", "-c", 0, 0};
  char const *nobody[] = {"./nobody", 0};
  struct settings set = dialogue_settings();
  struct smtp s = {.set = &set};
  int log = open("log", O_CREAT | O_TRUNC | O_WRONLY, 0600), keep = dup(2);
  struct store store;

  dup2(log, 2);
  if (!store_make(&store, "names", 0)) abort();
  s.gate = (struct gate){.set = &set, .warn = warned};
  set.recorder = recorder;
  set.names = "names";
  set.maxnames = 2;
  set.remote_ip = "10.1.2.3";
  set.relayclient = "";
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    plant("known");
    system("readlink names/10.1.2.3 >record");
    recorder[2] = t[i].script;
    s.crowd = 0;
    ask(&s, t[i].helo);
    ok(s.crowd == t[i].crowd, t[i].what);
    ok(runs() == t[i].runs, "so often was it asked");
  }
  plant("known");
  set.recorder = nobody;
  ask(&s, "new");
  ok(s.crowd, "no recorder");
  set.recorder = recorder;
  recorder[2] = "printf x >>ran";

  plant("a+b+c");
  ask(&s, "a");
  ok(s.crowd && !runs(), "a crowd");
  ask(&s, "d");
  ok(s.crowd && runs() == 1, "of whom we note one more");
  plant("a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p");
  ask(&s, "z");
  ok(s.crowd && !runs(), "until that is enough");
  set.gateway_ok = 1;
  ask(&s, "z");
  ok(!s.crowd, "the rule consents");
  set.gateway_ok = 0;
  set.names = 0;
  ask(&s, "z");
  ok(!s.crowd, "without -N nobody is asked");
  ok(!warnings, "the store could be read");
  set.names = "none";
  ask(&s, "z");
  ok(s.crowd && warnings == 1, "one that cannot gives no right");
  ok(!runs(), "and nobody is asked to write");
  dup2(keep, 2);
  settings_free(&set);
  stralloc_free(&s.helo);
  return done();
}
