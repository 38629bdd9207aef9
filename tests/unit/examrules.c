/* Unit test of src/admin/examrules.c: a source, what was compiled from another
   one, and what is found. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "addr.h"
#include "examrules.h"
#include "rulefile.h"
#include "unit.h"

#define COMPILE "    $ postern-tcprules -f /r /r.cdb /r.cdb.tmp\n"
#define NAME                                                                   \
  "    name the addresses that are meant, and compile with postern-tcprules\n"
#define LEAVE                                                                  \
  "    leave POSTERN_PLAINAUTH to the addresses that need it, and compile "    \
  "with postern-tcprules\n"
#define GATEWAY                                                                \
  " relay, the gateway: where it forwards ports, everybody has that address\n" \
  "    give the gateway a rule of its own, without RELAYCLIENT; or if it is "  \
  "meant, add POSTERN_GATEWAY=\"ok\"\n"
#define CLEAR "everybody may send his password in clear\n" LEAVE
#define OPEN "the rule lets everybody relay: an open relay\n" NAME

static struct {
  char const *live;   /* 0: there is none */
  char const *source; /* 0: there is none; "=": the same */
  char const *want;
} const t[] = {
    {":allow\n", "=", ""},
    {":allow\n", 0, ""},
    {"10.:allow,RELAYCLIENT=\"\"\n:deny\n", "=", ""},
    {"10.:allow\n1.2.3.0/24:deny\n2001:db8::/32:deny\n:allow\n", "=", ""},
    {"1.2.3.4:deny\n:allow\n", "# x\n\n:allow\n1.2.3.4:deny\n", ""},
    {":allow\n", "1.2.3.4:allow\n5.:deny\n:allow\n",
     "fault: /r:1: not what was compiled into /r.cdb, which is in "
     "force\n" COMPILE},
    {"5.:deny\n:allow\n", "\n5.:allow\n:allow\n",
     "fault: /r:2: not what was compiled into /r.cdb, which is in "
     "force\n" COMPILE},
    {"5.:deny\n:allow\n", ":allow\n",
     "fault: /r.cdb: has rules that are not in /r\n" COMPILE},
    /* !: and a grant of postern-clean's */
    {"!:allow\n", ":allow\n", ""},
    {0, ":allow\n", "fault: /r.cdb: refuses every client: why\n" COMPILE},
    {0, 0,
     "fault: /r.cdb: refuses every client: why\n"
     "    compile its source with postern-tcprules\n"},
    {":allow\n", ":allow\nno\n",
     "fault: /r:2: the rules cannot be compiled: no colon: write "
     "ADDRESS:allow\n"
     "    mend the line, and compile with postern-tcprules\n"},
    {":allow,RELAYCLIENT=\"\"\n", "=", "danger: /r:1: " OPEN},
    {":allow,RELAYCLIENT=\"\"\n", 0, "danger: /r.cdb: " OPEN},
    {":allow,POSTERN_PLAINAUTH=\"ok\"\n", 0, "advice: /r.cdb: " CLEAR},
    {"1.:allow\n:allow,POSTERN_PLAINAUTH=\"ok\"\n", "=",
     "advice: /r:2: " CLEAR},
    {"1.:allow,POSTERN_PLAINAUTH=\"ok\"\n", "=", ""},
    /* 172.17.0.1 and fd00::1 are gateways */
    {"1.:allow\n172.17.:allow,RELAYCLIENT=\"\"\n", "=",
     "danger: /r:2: the rule lets 172.17.0.1" GATEWAY},
    {"172.17.:allow,RELAYCLIENT=\"\"\n", 0,
     "danger: /r.cdb: the rule lets 172.17.0.1" GATEWAY},
    {"fd00::/8:allow,RELAYCLIENT=\"\"\n", "=",
     "danger: /r:1: the rule lets fd00::1" GATEWAY},
    {"172.17.0.1:allow\n172.17.:allow,RELAYCLIENT=\"\"\n", "=", ""},
    {"172.17.0.1:deny,RELAYCLIENT=\"\"\n172.17.:allow,RELAYCLIENT=\"\"\n", "=",
     ""},
    {"172.17.:allow,RELAYCLIENT=\"\",POSTERN_GATEWAY=\"ok\"\n", "=", ""},
};

static int add(void *arg, char const *key, size_t klen, char const *data,
               size_t dlen)
{
  return cdbmap_make_add(arg, key, klen, data, dlen);
}

static int add_grant(cdbmap_make *mk)
{
  static char const rule[] = "+RELAYCLIENT=\0+RELAYREASON=grant:a@b";

  return cdbmap_make_add(mk, "5.6.7.8", 7, rule, sizeof rule);
}

static int compile(cdbmap *m, char const *text)
{
  int fd = memfd_create("rules", MFD_CLOEXEC);
  cdbmap_make *mk = cdbmap_make_start(fd);
  rulefile f;
  int good;

  rulefile_init(&f, add, mk);
  good = (*text != '!' || (text++, add_grant(mk))) &&
         rulefile_compile(&f, text, strlen(text)) && !f.fatal &&
         rulefile_finish(&f) && cdbmap_make_finish(mk) &&
         !lseek(fd, 0, SEEK_SET) && cdbmap_load(m, fd);
  cdbmap_make_free(mk);
  rulefile_free(&f);
  close(fd);
  return good;
}

int main(void)
{
  ip46 gateway[2];

  addr_scan("172.17.0.1", gateway);
  addr_scan("fd00::1", gateway + 1);
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    cdbmap m = CDBMAP_ZERO;
    char const *text =
        t[i].source && *t[i].source == '=' ? t[i].live : t[i].source;
    struct exam_rules x = {text ? "/r" : 0,
                           text ? text : "",
                           text ? strlen(text) : 0,
                           "/r.cdb",
                           0,
                           "why",
                           gateway,
                           2};
    struct findings f = {.lost = 0};
    stralloc sa = STRALLOC_ZERO;
    char name[32];

    if (t[i].live && compile(&m, t[i].live)) x.live = &m;
    exam_rules(&f, &x);
    snprintf(name, sizeof name, "rules %zu", i + 1);
    ok(!t[i].live == !x.live && findings_text(&f, &sa) && stralloc_0(&sa) &&
           !strcmp(sa.s, t[i].want),
       name);
    if (strcmp(sa.s, t[i].want)) printf("# is: %s\n", sa.s);
    stralloc_free(&sa);
    findings_free(&f);
    cdbmap_close(&m);
  }
  return done();
}
