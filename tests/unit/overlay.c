/* Unit test of src/grant/overlay.c: one row per case. */
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "overlay.h"
#include "rulefile.h"
#include "text.h"
#include "unit.h"

#define GRANTED "+RELAYCLIENT=\0+RELAYREASON=grant:roam"
#define BYTES(s) s, sizeof s

static struct {
  char const *rules;
  char const *ip;
  char const *user;
  char const *want; /* 0: no rule */
  size_t len;
} const cases[] = {
    {"", "192.0.2.7", "roam", BYTES(GRANTED)},
    {"10.:allow\n", "192.0.2.7", "roam", BYTES(GRANTED)},
    /* a refusal stands, however wide */
    {"192.0.2.7:deny\n", "192.0.2.7", "roam", 0, 0},
    {"192.0.2.:deny\n", "192.0.2.7", "roam", 0, 0},
    {"192.0.0.0/16:deny\n", "192.0.2.7", "roam", 0, 0},
    {":deny\n", "192.0.2.7", "roam", 0, 0},
    {"192.0.2.:deny\n192.0.2.8:allow\n", "192.0.2.7", "roam", 0, 0},
    {"192.:deny\n192.0.2.:allow\n", "192.0.2.7", "roam", BYTES(GRANTED)},
    /* what is said of the very address stands */
    {"192.0.2.7:allow\n", "192.0.2.7", "roam", 0, 0},
    {"192.0.2.7:allow,X=\"1\"\n", "192.0.2.7", "roam", 0, 0},
    {"192.0.2.5-9:allow,X=\"1\"\n", "192.0.2.7", "roam", 0, 0},
    /* what is said of its network is repeated */
    {"192.0.2.:allow,A=\"1\",B=\"\"\n", "192.0.2.7", "roam",
     BYTES("+A=1\0+B=\0" GRANTED)},
    {":allow,A=\"1\"\n192.0.2.:allow,B=\"2\"\n", "192.0.2.7", "roam",
     BYTES("+B=2\0" GRANTED)},
    /* who may relay already needs nothing */
    {"192.0.2.:allow,RELAYCLIENT=\"\"\n", "192.0.2.7", "roam", 0, 0},
    {"192.0.2.:allow,A=\"1\",RELAYCLIENT=\"@x\"\n", "192.0.2.7", "roam", 0, 0},
    /* not for tcpserver */
    {"", "2001:db8::1", "roam", 0, 0},
    {"", "192.0.2.7", "a b\"\n",
     BYTES("+RELAYCLIENT=\0+RELAYREASON=grant:a\\x20b\"\\x0a")},
};

static struct {
  char const *rules;
  char const *want; /* the key; 0: none */
} const hides[] = {
    {"", 0},
    {":deny\n192.0.2.:deny\n", 0},
    {"=host.example:allow\n=.example:allow,A=\"D\"\n=:allow\n", 0},
    {"=.example:deny\n", "=.example"},
    {":allow\n=:deny\n", "="},
};

static int add(void *arg, char const *key, size_t klen, char const *data,
               size_t dlen)
{
  return cdbmap_make_add(arg, key, klen, data, dlen);
}

static int compile(cdbmap *m, char const *text)
{
  int fd = memfd_create("test", 0), good;
  cdbmap_make *mk = cdbmap_make_start(fd);
  rulefile f;

  rulefile_init(&f, add, mk);
  good = rulefile_compile(&f, text, strlen(text)) && !f.fatal &&
         rulefile_finish(&f) && cdbmap_make_finish(mk) &&
         lseek(fd, 0, SEEK_SET) == 0 && cdbmap_load(m, fd);
  cdbmap_make_free(mk);
  rulefile_free(&f);
  close(fd);
  return good;
}

int main(void)
{
  stralloc data = STRALLOC_ZERO;

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct grant g = {.set = 1, .ttl = 1};
    enum overlay_result got = OVERLAY_FAILED;
    cdbmap m = CDBMAP_ZERO;
    char shown[128] = "";

    text_escape(shown, sizeof shown - 1, cases[i].rules,
                strlen(cases[i].rules));
    addr_scan(cases[i].ip, &g.ip);
    g.bits = addr_bits(&g.ip);
    strcpy(g.user, cases[i].user);
    if (compile(&m, cases[i].rules)) got = overlay_rule(&m, &g, &data);
    ok(cases[i].want ? got == OVERLAY_RULE && data.len == cases[i].len &&
                           !memcmp(data.s, cases[i].want, data.len)
                     : got == OVERLAY_NONE,
       shown);
    cdbmap_close(&m);
  }
  for (size_t i = 0; i < sizeof hides / sizeof *hides; i++) {
    cdbmap m = CDBMAP_ZERO;
    int got = compile(&m, hides[i].rules) ? overlay_hides(&m, &data) : -1;

    ok(hides[i].want ? got == 1 && !strcmp(data.s, hides[i].want) : got == 0,
       "denied by name, or not");
    cdbmap_close(&m);
  }
  stralloc_free(&data);
  return done();
}
