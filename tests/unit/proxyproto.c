/* Unit test of src/accept/proxyproto.c: one row per case. */
#include <string.h>

#include <skalibs/types.h>

#include "addr.h"
#include "proxyproto.h"
#include "unit.h"

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\300\0\2\1\300\0\2\2\x10\x68\0\x19"
#define V6                                                                     \
  "\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1"                                       \
  "\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x10\x68\0\x19"
#define MAPPED                                                                 \
  "\0\0\0\0\0\0\0\0\0\0\xff\xff\300\0\2\1"                                     \
  "\0\0\0\0\0\0\0\0\0\0\xff\xff\300\0\2\2\x10\x68\0\x19"
#define IN4 "192.0.2.1 4200 192.0.2.2 25"
#define IN6 "2001:db8::1 4200 2001:db8::2 25"
#define F255 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

#define B(s) s, sizeof s - 1

static struct {
  char const *name;
  char const *in;
  size_t n;
  int want;
  size_t len;
  char const *who; /* source and destination */
} const t[] = {
    {"v1 IPv4", B("PROXY TCP4 192.0.2.1 192.0.2.2 4200 25\r\nEHLO"), 2, 40,
     IN4},
    {"v1 IPv6", B("PROXY TCP6 2001:db8::1 2001:db8::2 4200 25\r\n"), 2, 44,
     IN6},
    {"v1 mapped", B("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 4200 25\r\n"),
     2, 54, IN4},
    {"v1 unknown", B("PROXY UNKNOWN\r\n220"), 1, 15, 0},
    {"v1 unknown, longest",
     B("PROXY UNKNOWN " F255 " " F255 " 65535 65535\r\n"), 1, 107, 0},
    {"nothing yet", B(""), 0, 0, 0},
    {"v1 begins", B("PRO"), 0, 0, 0},
    {"v1 without its CR", B("PROXY TCP4 192.0.2.1 192.0.2.2 4200 25"), 0, 0, 0},
    {"v1 without its LF", B("PROXY TCP4 192.0.2.1 192.0.2.2 4200 25\r"), 0, 0,
     0},
    {"v1 bare LF", B("PROXY TCP4 192.0.2.1 192.0.2.2 4200 25\n\r\n"), -1, 0, 0},
    {"v1 CR alone", B("PROXY TCP4 192.0.2.1 192.0.2.2 4200 25\r\r\n"), -1, 0,
     0},
    {"v1 two blanks", B("PROXY TCP4  192.0.2.1 192.0.2.2 4200 25\r\n"), -1, 0,
     0},
    {"v1 blank at the end", B("PROXY TCP4 192.0.2.1 192.0.2.2 4200 25 \r\n"),
     -1, 0, 0},
    {"v1 port missing", B("PROXY TCP4 192.0.2.1 192.0.2.2 4200\r\n"), -1, 0, 0},
    {"v1 port too high", B("PROXY TCP4 192.0.2.1 192.0.2.2 65536 25\r\n"), -1,
     0, 0},
    {"v1 port with a zero", B("PROXY TCP4 192.0.2.1 192.0.2.2 042 25\r\n"), -1,
     0, 0},
    {"v1 port with a sign", B("PROXY TCP4 192.0.2.1 192.0.2.2 +42 25\r\n"), -1,
     0, 0},
    {"v1 octet", B("PROXY TCP4 256.0.2.1 192.0.2.2 4200 25\r\n"), -1, 0, 0},
    {"v1 IPv6 as TCP4", B("PROXY TCP4 ::1 ::1 4200 25\r\n"), -1, 0, 0},
    {"v1 IPv4 as TCP6", B("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"), -1, 0, 0},
    {"v1 UDP4", B("PROXY UDP4 192.0.2.1 192.0.2.2 4200 25\r\n"), -1, 0, 0},
    {"v1 no family", B("PROXY \r\n"), -1, 0, 0},
    {"v1 NUL", B("PROXY TCP4 192.0.2.1\0 192.0.2.2 4200 25\r\n"), -1, 0, 0},
    {"v1 lower case", B("proxy TCP4 192.0.2.1 192.0.2.2 4200 25\r\n"), -1, 0,
     0},
    {"v1 too long", B("PROXY UNKNOWN " F255 " " F255 " 65535 655350\r\n"), -1,
     0, 0},
    {"v1 endless",
     B("PROXY UNKNOWN " F255 F255 F255 F255 F255 F255 F255 F255 F255), -1, 0,
     0},
    {"SMTP", B("EHLO a\r\n"), -1, 0, 0},
    {"v2 IPv4", B(SIG "\x21\x11\0\x0c" V4 "EHLO"), 2, 28, IN4},
    {"v2 IPv6", B(SIG "\x21\x21\0\x24" V6), 2, 52, IN6},
    {"v2 mapped", B(SIG "\x21\x21\0\x24" MAPPED), 2, 52, IN4},
    {"v2 with extensions", B(SIG "\x21\x11\0\x13" V4 "\4\0\1x\4\0\0"), 2, 35,
     IN4},
    {"v2 extension cut", B(SIG "\x21\x11\0\x10" V4 "\4\0\2x"), -1, 0, 0},
    {"v2 extension stub", B(SIG "\x21\x11\0\x0e" V4 "\4\0"), -1, 0, 0},
    {"v2 local", B(SIG "\x20\0\0\0"), 1, 16, 0},
    {"v2 local with addresses", B(SIG "\x20\x11\0\x0c" V4), 1, 28, 0},
    {"v2 unspecified", B(SIG "\x21\0\0\0"), 1, 16, 0},
    {"v2 begins", B("\r\n\r\n\0\r"), 0, 0, 0},
    {"v2 head only", B(SIG "\x21\x11\0\x0c"), 0, 0, 0},
    {"v2 one byte short", B(SIG "\x21\x11\0\x0c\300\0\2\1\300\0\2\2\x10\x68\0"),
     0, 0, 0},
    {"v2 version 1", B(SIG "\x11\x11\0\x0c" V4), -1, 0, 0},
    {"v2 version 3", B(SIG "\x31\x11\0\x0c" V4), -1, 0, 0},
    {"v2 command 2", B(SIG "\x22\x11\0\x0c" V4), -1, 0, 0},
    {"v2 UDP", B(SIG "\x21\x12\0\x0c" V4), -1, 0, 0},
    {"v2 unix", B(SIG "\x21\x31\0\x0c" V4), -1, 0, 0},
    {"v2 addresses too short", B(SIG "\x21\x11\0\x0b" V4), -1, 0, 0},
    {"v2 IPv6 too short", B(SIG "\x21\x21\0\x0c" V4), -1, 0, 0},
    {"v2 too long, at once", B(SIG "\x21\x11\xff\xff"), -1, 0, 0},
    {"v2 bad signature", B("\r\n\r\n\0\r\nQUIT\r"), -1, 0, 0},
};

static void show(char *out, struct proxyproto const *p)
{
  out += addr_fmt(out, &p->source);
  *out++ = ' ';
  out += uint16_fmt(out, p->source_port);
  *out++ = ' ';
  out += addr_fmt(out, &p->destination);
  *out++ = ' ';
  out += uint16_fmt(out, p->destination_port);
  *out = 0;
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct proxyproto p;
    char who[200] = "";
    enum proxyproto_result r = proxyproto_parse(t[i].in, t[i].n, &p);

    if (r == PROXYPROTO_CLIENT) show(who, &p);
    ok((int)r == t[i].want && p.len == t[i].len &&
           !strcmp(who, t[i].who ? t[i].who : ""),
       t[i].name);
    /* every way to be cut short asks for more */
    for (size_t n = 0; t[i].want > 0 && n < t[i].len; n++)
      if (proxyproto_parse(t[i].in, n, &p) != PROXYPROTO_MORE) ok(0, t[i].name);
  }
  return done();
}
