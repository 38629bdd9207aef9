/* Unit test of src/auth/guess.c: in the directory where it runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "guess.h"
#include "unit.h"

static struct guess g = {.policy = GUESS_POLICY};
static unsigned int delay;

#define A "192.0.2.7"
#define U "roam@example.org"

/* What the record of that name says, times left out; "" if there is none. */
static char const *shows(char const *name)
{
  static char s[256];
  char path[300], target[256];
  unsigned long set, ttl;
  ssize_t n;

  snprintf(path, sizeof path, "s/%s", name);
  n = readlink(path, target, sizeof target - 1);
  if (n < 0) return "";
  target[n] = 0;
  if (sscanf(target, "1:%lu:%lu:%255s", &set, &ttl, s) != 3) return "?";
  return s;
}

static int shown(char const *name, char const *want)
{
  if (!strcmp(shows(name), want)) return 1;
  printf("# %s is %s\n", name, shows(name));
  return 0;
}

/* Make every record that many seconds older. */
static void age(char const *name, long by)
{
  char path[300], target[400];
  unsigned long set, ttl;
  char s[256];
  ssize_t n;

  snprintf(path, sizeof path, "s/%s", name);
  n = readlink(path, target, sizeof target - 1);
  if (n < 0) return;
  target[n] = 0;
  sscanf(target, "1:%lu:%lu:%255s", &set, &ttl, s);
  snprintf(target, sizeof target, "1:%lu:%lu:%s", set - (unsigned long)by, ttl,
           s);
  unlink(path);
  symlink(target, path);
}

static unsigned long set_of(char const *name)
{
  char path[300], target[256] = "";
  unsigned long set = 0;

  snprintf(path, sizeof path, "s/%s", name);
  if (readlink(path, target, sizeof target - 1) > 0)
    sscanf(target, "1:%lu:", &set);
  return set;
}

static void fresh(void)
{
  guess_close(&g);
  system("rm -rf s");
  store_make(&g.store, "s", 0);
  g = (struct guess){.policy = GUESS_POLICY};
  guess_open(&g, "s");
}

static int go(char const *ip, char const *user)
{
  return guess_ask(&g, ip, user, &delay) == GUESS_GO;
}

static struct {
  char const *ip;
  char const *net; /* 0: none */
} const nets[] = {
    {A, A},
    {"::ffff:192.0.2.7", A},
    {"2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"},
    {"2001:DB8:0:1::", "2001:db8:0:1::/64"},
    {"::1", "::/64"},
    {"192.0.2", 0},
    {"192.0.2.7 ", 0},
    {"unknown", 0},
    {"", 0},
};

static void names(void)
{
  char net[GUESS_NET], name[GUESS_NAME + 1], other[GUESS_NAME + 1];
  char big[2000];

  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
    ok(nets[i].net ? guess_net(net, nets[i].ip) && !strcmp(net, nets[i].net)
                   : !guess_net(net, nets[i].ip),
       nets[i].ip);
  guess_name(name, "Roam@Example.ORG");
  ok(!strcmp(name, U), "in lower case");
  guess_name(name, "a/b \n\377");
  ok(!strcmp(name, "a/b \n\377"), "any bytes");
  memset(big, 'x', sizeof big);
  big[GUESS_NAME] = 0;
  guess_name(name, big);
  ok(!strcmp(name, big), "as long as may be");
  big[GUESS_NAME] = 'y';
  big[GUESS_NAME + 1] = 0;
  guess_name(name, big);
  big[GUESS_NAME] = 'z';
  guess_name(other, big);
  ok(strlen(name) == GUESS_NAME && !memcmp(name + 131, "...", 3) &&
         !strncmp(name, other, 134) && strcmp(name, other),
     "longer: cut, and told apart by what was cut off");
  big[GUESS_NAME] = 'Z';
  guess_name(name, big);
  ok(!strcmp(name, other), "but not by case");
  memset(big, '\n', 1999);
  big[1999] = 0;
  guess_name(name, big);
  ok(strlen(name) == 43 + 19, "odd bytes take more room");
}

static void counting(void)
{
  fresh();
  ok(go(A, U) && delay == 1 && shown("from=" A, "1") && shown("user=" U, "1") &&
         shown("new", "2") && !guess_why(&g),
     "an attempt is a failure");
  ok(go("::ffff:" A, "ROAM@example.org") && delay == 2 &&
         shown("from=" A, "2") && shown("user=" U, "2") && shown("new", "2"),
     "another of the same");
  guess_right(&g, A, U);
  ok(shown("from=" A, "1") && shown("user=" U, "1") &&
         shown("pair=" A "+" U, "ok") && !guess_why(&g),
     "success takes it back, and is marked");
  go(A, U);
  guess_void(&g, A, U);
  ok(shown("from=" A, "1") && shown("user=" U, "1"),
     "so does what nobody could judge");
  guess_void(&g, A, U);
  guess_right(&g, A, U);
  ok(shown("from=" A, "1") && shown("user=" U, "1"), "once");
  fresh();
  go(A, U);
  guess_right(&g, A, U);
  ok(shown("from=" A, "") && shown("user=" U, ""), "none are left");
  fresh();
  ok(go(0, U) && go("x", U) && delay == 1 && shown("user=" U, "2") &&
         shown("new", "1"),
     "an unknown address");
  guess_right(&g, 0, U);
  ok(shown("user=" U, "1") && shown("pair=" A "+" U, ""), "has no mark");
  ok(go("2001:db8::1", "a/b") && go("2001:db8::2", "A/b") && delay == 2 &&
         shown("from=2001:db8::%2f64", "2") && shown("user=a%2fb", "2"),
     "a network, and odd bytes");
}

static void limits(void)
{
  unsigned int n = 0, waited = 0;

  fresh();
  while (n < 1000 && go(A, U)) {
    char want[12];

    waited += delay;
    snprintf(want, sizeof want, "%u", ++n);
    if (!shown("from=" A, want)) break;
  }
  ok(n == GUESS_ADDRESS && delay == GUESS_DELAY_MAX &&
         waited == 15 * 16 / 2 + 5 * 15,
     "an address is refused at its limit; the waits grow");
  ok(!go(A, "other") && shown("user=other", "") && shown("from=" A, "20"),
     "whoever it asks for, and that is not counted");
  ok(go("192.0.2.8", "other"), "others are not");
  age("from=" A, GUESS_WINDOW - 2);
  ok(!go(A, U), "nearly over");
  age("from=" A, 2);
  ok(go(A, U) && shown("from=" A, "1"), "over");

  fresh();
  for (n = 0; n < 1000; n++) {
    char ip[20];

    snprintf(ip, sizeof ip, "10.1.%u.%u", n / 250, n % 250);
    if (!go(ip, U)) break;
  }
  ok(n == GUESS_ACCOUNT, "an account is refused at its limit");
  ok(shown("from=10.1.0.100", "") && shown("user=" U, "100"),
     "and that is no failure of the address");
  ok(go("10.1.0.100", "other") && delay == 1, "which may ask for others");
  g.policy.account = 0;
  ok(go("10.1.0.101", U) && delay == GUESS_DELAY_MAX, "no limit");
}

static void marks(void)
{
  unsigned int n;

  fresh();
  go(A, U);
  guess_right(&g, A, U);
  for (n = 0; n < 150 && go(A, U); n++)
    ;
  ok(n == 150 && delay == GUESS_DELAY_MAX, "a marked pair is never refused");
  ok(!go(A, "other") && !go("192.0.2.8", U), "others are");
  ok(go(A, U) && (guess_right(&g, A, U), shown("user=" U, "150")),
     "and success is success");
  age("pair=" A "+" U, GUESS_MARK);
  ok(!go(A, U), "until the mark is old");
  fresh();
  go(A, U);
  guess_right(&g, A, U);
  age("pair=" A "+" U, 1000);
  n = (unsigned int)set_of("pair=" A "+" U);
  go(A, U);
  guess_right(&g, A, U);
  ok(set_of("pair=" A "+" U) == n, "a young mark stays");
  age("pair=" A "+" U, 100000);
  go(A, U);
  guess_right(&g, A, U);
  ok(set_of("pair=" A "+" U) > n, "an old one is renewed");
}

static void lives(void)
{
  unsigned long was;

  fresh();
  go(A, U);
  age("from=" A, 1000);
  was = set_of("from=" A);
  go(A, U);
  ok(set_of("from=" A) >= was + 1000, "a failure begins its time anew");
  guess_right(&g, A, U);
  ok(set_of("from=" A) == was && shown("from=" A, "1"),
     "a success does not prolong it");
}

static int each_seen(struct store_entry const *e, void *data)
{
  unsigned int *n = data;
  struct guess_entry x;

  if (!guess_from(&x, e))
    n[4]++;
  else
    n[x.kind]++;
  return 1;
}

static void showing(void)
{
  unsigned int n[5] = {0};
  struct guess_entry x = {.net = A}, y = {.user = U};

  fresh();
  go(A, U);
  guess_right(&g, A, U);
  go(A, U);
  go("2001:db8::1", "a+b/c\377");
  guess_right(&g, "2001:db8::1", "a+b/c\377");
  go("2001:db8::1", "a+b/c\377");
  symlink("1:1:1:x", "s/from=192.0.2.9");
  symlink("1:1:1:3", "s/from=192.0.2.9+");
  symlink("1:1:1:ok", "s/pair=192.0.2.9");
  symlink("1:1:1:01", "s/user=x");
  symlink("1:1:1:1", "s/from=2001:db8:0:1::%2f63");
  symlink("1:1:1:1", "s/news");
  ok(store_each(&g.store, each_seen, n) && n[GUESS_FROM] == 2 &&
         n[GUESS_USER] == 2 && n[GUESS_PAIR] == 2 && n[GUESS_BUDGET] == 1 &&
         n[4] == 6,
     "what is a record of ours");
  ok(guess_forgive(&g.store, &x) == 1 && x.kind == GUESS_FROM &&
         x.failures == 1 && shown("from=" A, "") && shown("user=" U, "1"),
     "an address forgiven");
  ok(guess_forgive(&g.store, &x) == 0, "again: nothing");
  age("user=" U, GUESS_WINDOW);
  ok(guess_forgive(&g.store, &y) == 0 && shown("user=" U, ""),
     "what was over anyway");
}

static void no_store(void)
{
  struct guess h = {.policy = GUESS_POLICY};

  ok(!guess_open(&h, "nowhere") &&
         !strcmp(guess_why(&h), "No such file or directory"),
     "no store");
  delay = 0;
  ok(guess_ask(&h, A, U, &delay) == GUESS_GO && delay == GUESS_DELAY_MAX &&
         guess_why(&h),
     "refuses nobody, delays everybody, and says why");
  guess_right(&h, A, U);
  guess_void(&h, A, U);
  guess_close(&h);

  fresh();
  mkdir("s/from=" A, 0700);
  ok(go(A, U) && delay == GUESS_DELAY_MAX && guess_why(&g) &&
         shown("user=" U, "1"),
     "one that is damaged: the same, and what can be counted is");
  guess_right(&g, A, U);
  ok(shown("user=" U, ""), "and taken back");
  ok(go("192.0.2.8", U) && delay == 1 && !guess_why(&g), "elsewhere it is not");

  fresh();
  {
    char s[64];

    snprintf(s, sizeof s, "1:%lu:3600:%d", (unsigned long)store_now(),
             GUESS_NEW - 1);
    symlink(s, "s/new");
  }
  ok(go(A, U) && delay == GUESS_DELAY_MAX && shown("from=" A, "1") &&
         shown("user=" U, "") && shown("new", "20000") &&
         !strcmp(guess_why(&g), "too many new addresses and names"),
     "the last new count; the next is not made");
  ok(go(A, "x") && shown("from=" A, "2") && shown("user=x", ""),
     "those that are there go on");
  age("new", GUESS_WINDOW);
  ok(go(A, U) && shown("user=" U, "1") && shown("new", "1") && delay == 3,
     "until the window is over");
}

/* Twelve processes at once, each ten times. */
static void at_once(void)
{
  int went = 0, status;

  fresh();
  for (int i = 0; i < 12; i++)
    if (!fork()) {
      int n = 0;

      guess_open(&g, "s");
      for (int k = 0; k < 10; k++)
        n += go(A, U);
      _exit(n);
    }
  while (wait(&status) > 0)
    went += WEXITSTATUS(status);
  ok(went == GUESS_ADDRESS && shown("from=" A, "20") && shown("user=" U, "20"),
     "many at once are as many");
}

int main(void)
{
  names();
  counting();
  limits();
  marks();
  lives();
  showing();
  no_store();
  at_once();
  return done();
}
