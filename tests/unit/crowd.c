/* Unit test of src/lib/crowd.c: in the directory where it runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "crowd.h"
#include "unit.h"

#define AT "10.0.0.5"

static struct {
  char const *ip;
  int private;
} const nets[] = {
    {"9.255.255.255", 0},   {"10.0.0.0", 1},        {"10.255.255.255", 1},
    {"11.0.0.0", 0},        {"172.15.255.255", 0},  {"172.16.0.0", 1},
    {"172.31.255.255", 1},  {"172.32.0.0", 0},      {"192.167.255.255", 0},
    {"192.168.0.0", 1},     {"192.168.255.255", 1}, {"192.169.0.0", 0},
    {"100.63.255.255", 0},  {"100.64.0.0", 1},      {"100.127.255.255", 1},
    {"100.128.0.0", 0},     {"169.254.0.1", 1},     {"169.255.0.1", 0},
    {"127.0.0.1", 0},       {"192.0.2.7", 0},       {"::1", 0},
    {"::ffff:10.1.2.3", 1}, {"fbff::1", 0},         {"fc00::1", 1},
    {"fdff:ffff::1", 1},    {"fe00::1", 0},         {"fe80::1", 1},
    {"febf::1", 1},         {"fec0::1", 0},         {"2001:db8::1", 0},
};

/* What HELO says, and how a record has it. */
static struct {
  char const *helo;
  char const *name;
} const names[] = {
    {"web.example", "web.example"},
    {"WEB.Example.", "web.example"},
    {"[10.0.0.5]", "[10.0.0.5]"},
    {"[IPv6:fd00::1]", "[ipv6:fd00::1]"},
    {"a_b-c=", "a_b-c="},
    {"", "="},
    {".", "="},
    {"..", "."},
    {"=", "="},
    {"a+b", "a=e62e9b190474c8c5"},
    {"A+B", "a=e62e9b190474c8c5"},
    {"a=e62e9b190474c8c5", "a=e62e9b190474c8c5"},
    {"b\xc3\xbc", "b=fef9ea19122a246a"},
    {"\x1b[2J", "=e90aba4e53d5d73b"},
    {"0123456789012345678901234567890", "0123456789012345678901234567890"},
    {"01234567890123456789012345678901", "01234567890123=110104acf687122d"},
    {"01234567890123456789012345678902", "01234567890123=110101acf6870d14"},
};

static ip46 ip;

static struct store opened(void)
{
  struct store s;

  if (!store_open(&s, "s", STORE_ALL)) abort();
  return s;
}

static void fresh(void)
{
  struct store s;

  system("rm -rf s");
  if (!store_make(&s, "s", 0)) abort();
}

static char const *why;

static int join(char const *name)
{
  struct store s = opened();
  int good = crowd_join(&s, &ip, name, &why);

  store_close(&s);
  return good;
}

static int look(char const *name, struct crowd *c)
{
  struct store s = opened();
  int good = crowd_look(&s, &ip, name, c, &why);

  store_close(&s);
  return good;
}

/* How many there are with that name, and whether it is settled. */
static int finds(char const *name, size_t n, int settled)
{
  struct crowd c;

  if (look(name, &c) && c.n == n && c.settled == settled) return 1;
  printf("# %zu, settled %d, %s\n", c.n, c.settled, c.names);
  return 0;
}

/* The record of AT: the time set, and what follows the time to live. */
static unsigned long record(char names_[600])
{
  char target[1700];
  unsigned long set, ttl;
  ssize_t n = readlink("s/" AT, target, sizeof target - 1);

  *names_ = 0;
  if (n < 0) return 0;
  target[n] = 0;
  if (sscanf(target, "1:%lu:%lu:%599s", &set, &ttl, names_) != 3) return 0;
  return ttl == CROWD_TTL ? set : 0;
}

static int holds(char const *want)
{
  char s[600];

  record(s);
  if (!strcmp(s, want)) return 1;
  printf("# the record is %s\n", s);
  return 0;
}

static void plant(unsigned long age, char const *payload)
{
  char target[1700];

  snprintf(target, sizeof target, "1:%lu:%d:%s",
           (unsigned long)store_now() - age, CROWD_TTL, payload);
  unlink("s/" AT);
  symlink(target, "s/" AT);
}

static void spelling(void)
{
  char name[CROWD_NAME + 1], again[CROWD_NAME + 1];

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    crowd_name(name, names[i].helo);
    ok(!strcmp(name, names[i].name), names[i].name);
    crowd_name(again, name);
    ok(!strcmp(again, name) || !strcmp(name, "."), "and that is its own");
  }
}

static void counting(void)
{
  char all[600] = "", name[CROWD_NAME + 1];
  struct crowd c;

  fresh();
  ok(finds("a", 1, 0), "the first would be one");
  ok(look(0, &c) && !c.n && !*c.names && !c.settled, "nobody is there");
  ok(access("s/" AT, F_OK) < 0, "who looks leaves nothing");
  ok(join("a") && join("b") && join("a") && holds("a+b"), "two");
  ok(finds("a", 2, 1) && finds("b", 2, 1), "they are known");
  ok(finds(0, 2, 0), "nobody is not");
  ok(finds("c", 3, 0) && finds("+", 3, 0) && finds("a+b", 3, 0) && holds("a+b"),
     "a third would be one more");
  ok(look("c", &c) && !strcmp(c.names, "a+b"), "besides those");

  fresh();
  for (int i = 1; i <= CROWD_NAMES; i++) {
    snprintf(name, sizeof name, "0123456789012345678901234567%03d", i);
    ok(join(name), name);
    ok(finds(name, (size_t)i, 1), "is there");
  }
  ok(record(all) && strlen(all) == 16 * 31 + 15, "a full record");
  ok(finds("new", CROWD_NAMES + 1, 1) && join("new") && finds(0, 16, 1),
     "takes no more");
}

static void times(void)
{
  static char const full[] = "a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p";
  unsigned long now = (unsigned long)store_now(), set;
  char s[600];

  fresh();
  plant(CROWD_TTL - 60, "a+b");
  ok(join("c") && holds("a+b+c") && record(s) < now - 1000,
     "one more begins no new day");
  plant(CROWD_TTL + 1, "a+b");
  ok(finds("a", 1, 0) && finds(0, 0, 0), "after a day all is forgotten");
  ok(join("c") && holds("c") && record(s) >= now, "and begins anew");
  plant((unsigned long)-90, "a+b");
  ok(join("c") && holds("c"), "likewise in the future");

  plant(CROWD_TTL - 60, full);
  ok(finds("z", 17, 0) && finds("a", 16, 0), "a full one that is old");
  ok(join("z") && record(s) >= now && holds(full), "begins a new day");
  plant(CROWD_TTL / 2 - 60, full);
  set = record(s);
  ok(finds("z", 17, 1) && finds("a", 16, 1) && join("z") && record(s) == set,
     "one that is young does not");
  plant(CROWD_TTL - 60, "a+b+c+d+e+f+g+h+i+j+k+l+m+n+o");
  ok(join("p") && record(s) >= now && holds(full),
     "one that becomes full does");
  plant(CROWD_TTL + 1, full);
  ok(finds(0, 0, 0), "unless nobody comes for a day");
}

static void damage(void)
{
  static char const *const bad[] = {"",
                                    "+",
                                    "a+",
                                    "+a",
                                    "a++b",
                                    "a%00b",
                                    "01234567890123456789012345678901",
                                    "a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a"};
  struct crowd c;
  struct store s;

  fresh();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    plant(60, bad[i]);
    ok(!look("a", &c) && !strcmp(why, "not a record of names"), bad[i]);
    ok(!join("a") && !strcmp(why, "not a record of names") && holds(bad[i]),
       "which is left as it is");
  }
  unlink("s/" AT);
  symlink("junk", "s/" AT);
  ok(!look("a", &c) && !strcmp(why, "not a record"), "no record at all");
  ok(join("a") && holds("a"), "which who writes replaces");
  unlink("s/" AT);
  s = opened();
  system("rmdir s");
  ok(!crowd_join(&s, &ip, "a", &why) && *why, "a store that is gone");
  store_close(&s);
}

static struct {
  char const *name;
  char const *target;
  size_t n;
} const entries[] = {
    {"10.0.0.5", "1:1763769600:86400:a+b", 2},
    {"fd00::5", "1:1763769600:86400:=", 1},
    {"fd00:0::5", "1:1763769600:86400:a", 0},
    {"10.0.0.05", "1:1763769600:86400:a", 0},
    {"10.0.0.0%2f8", "1:1763769600:86400:a", 0},
    {"10.0.0.6", "1:1763769600:86400:a++b", 0},
    {"10.0.0.7", "junk", 0},
    {"user=joe@local.example", "1:1763769600:86400:3", 0},
};

static int visit(struct store_entry const *e, void *data)
{
  struct crowd c;
  ip46 at;

  (void)data;
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
    if (!strcmp(e->name, entries[i].name))
      ok(crowd_from(&at, &c, e) ? c.n == entries[i].n : !entries[i].n, e->name);
  return 1;
}

static void listing(void)
{
  char path[100];
  struct store s;

  fresh();
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
    snprintf(path, sizeof path, "s/%s", entries[i].name);
    symlink(entries[i].target, path);
  }
  s = opened();
  ok(store_each(&s, visit, 0), "all of them");
  store_close(&s);
}

int main(void)
{
  ip46 a;

  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
    addr_scan(nets[i].ip, &a);
    ok(crowd_is_private(&a) == nets[i].private, nets[i].ip);
  }
  addr_scan(AT, &ip);
  spelling();
  counting();
  times();
  damage();
  listing();
  return done();
}
