/* Unit test of src/accept/etc.c: one row per question. */
#include <string.h>

#include "etc.h"
#include "unit.h"

#define TEXT(s)                                                                \
  {                                                                            \
    s, sizeof s - 1                                                            \
  }

static struct etc_text const passwd =
    TEXT("root:x:0:0:root:/root:/bin/bash\n"
         "broken:x\n"
         "letters:x:1a:1::/:\n"
         "huge:x:4294967296:1::/:\n"
         "mail:x:8:9:mail, the:/var/mail:/bin/false\n"
         "mail:x:10:11::/:\n"
         "last:x:12:13::/:/bin/sh");
static struct etc_text const group = TEXT("root:x:0:\n"
                                          "adm:x:4:syslog,mail\n"
                                          "post:x:5:mailer,mai\n"
                                          "x:x:6:mail,root\n"
                                          "end:x:7:mail");
static struct etc_text const services = TEXT("# comment\n"
                                             "smtp\t25/tcp\tmail # too\n"
                                             "domain 53/udp\n"
                                             "domain 53/tcp\n"
                                             "bad 70000/tcp\n"
                                             "worse x/tcp\n"
                                             "pop3 110/tcp pop-3 x");

static struct {
  char const *name;
  uid_t uid;
  int want;
  uid_t got_uid;
  gid_t got_gid;
} const accounts[] = {
    {"root", 0, 1, 0, 0},   {"mail", 0, 1, 8, 9},  {"last", 0, 1, 12, 13},
    {"broken", 0, 0, 0, 0}, {"huge", 0, 0, 0, 0},  {"letters", 0, 0, 0, 0},
    {"mai", 0, 0, 0, 0},    {"mailx", 0, 0, 0, 0}, {"", 0, 0, 0, 0},
    {0, 10, 1, 10, 11},     {0, 8, 1, 8, 9},       {0, 1, 0, 0, 0},
};

static struct {
  char const *name;
  uint16_t want; /* 0: no such service */
} const ports[] = {
    {"smtp", 25}, {"mail", 25}, {"domain", 53}, {"pop-3", 110}, {"x", 110},
    {"bad", 0},   {"worse", 0}, {"too", 0},     {"#", 0},       {"", 0},
};

int main(void)
{
  for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
    struct etc_account a = {.uid = 0};
    int r = etc_account(&passwd, accounts[i].name, accounts[i].uid, &a);

    ok(r == accounts[i].want && (!r || (a.uid == accounts[i].got_uid &&
                                        a.gid == accounts[i].got_gid)),
       accounts[i].name ? accounts[i].name : "by number");
  }
  {
    struct etc_text const user = TEXT("mail");
    gid_t gid, sum = 0;
    size_t pos = 0;

    while (etc_member(&group, &pos, &user, &gid))
      sum = sum * 10 + gid;
    ok(sum == 467, "every group that lists him, and no other");
    ok(etc_group(&group, "post", &gid) && gid == 5, "a group");
    ok(!etc_group(&group, "pos", &gid), "no group");
  }
  for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
    uint16_t port = 0;
    int r = etc_port(&services, ports[i].name, &port);

    ok(r == (ports[i].want != 0) && port == ports[i].want, ports[i].name);
  }
  return done();
}
