/* Unit test of src/lib/received.c. */
#include <stdlib.h>
#include <string.h>

#include "received.h"
#include "unit.h"

#define NOW 1795306759 /* Sun, 22 Nov 2026 00:19:19 */

static struct {
  char const *name;
  struct received r;
  char const *want;
} const t[] = {
    {"plain",
     {.helo = "client.example",
      .host = "h.example",
      .ip = "192.0.2.7",
      .by = "me.example",
      .relay = "local",
      .id = "1.2",
      .rcpt = "joe@example.org",
      .now = NOW},
     "Received: from client.example (h.example [192.0.2.7])\n"
     "  by me.example with SMTP (relay local) id 1.2\n"
     "  for <joe@example.org>; Sun, 22 Nov 2026 00:19:19 +0000\n"},
    {"everything",
     {.helo = "[192.0.2.7]",
      .ip = "2001:db8::1",
      .info = "joe",
      .by = "me.example",
      .relay = "auth:joe@example.org",
      .tls = 1,
      .protocol = "TLSv1.3",
      .cipher = "TLS_AES_128_GCM_SHA256",
      .id = "1.2",
      .esmtp = 1,
      .authenticated = 1,
      .now = NOW},
     "Received: from [192.0.2.7] (joe@[IPv6:2001:db8::1])\n"
     "  by me.example with ESMTPSA (TLSv1.3 cipher TLS_AES_128_GCM_SHA256, "
     "relay auth:joe@example.org) id 1.2; Sun, 22 Nov 2026 00:19:19 +0000\n"},
    {"nothing known",
     {.by = "me.example", .relay = "env", .id = "1.2", .esmtp = 1, .now = 0},
     "Received: from unknown ([unknown])\n"
     "  by me.example with ESMTP (relay env) id 1.2; Thu, 1 Jan 1970 00:00:00 "
     "+0000\n"},
    {"nothing can be put in",
     {.helo = "a\nX: y",
      .host = "h)(\x01\x7f\"<>",
      .ip = "192.0.2.7",
      .info = "r\xc3\xb6 o",
      .by = "me.example",
      .relay = "auth:x) (y\r\n",
      .id = "1.2",
      .rcpt = "a b@example.org",
      .esmtp = 1,
      .authenticated = 1,
      .now = 951782400},
     "Received: from a?X:?y (r???o@h??????? [192.0.2.7])\n"
     "  by me.example with ESMTPA (relay auth:x???y?\?) id 1.2; Tue, 29 Feb "
     "2000 00:00:00 +0000\n"},
    {"SMTPUTF8",
     {.helo = "c",
      .ip = "192.0.2.7",
      .by = "m",
      .relay = "local",
      .id = "1",
      .rcpt = "j\xc3\xb6@x",
      .esmtp = 1,
      .utf8 = 1,
      .tls = 1,
      .now = 4102444799},
     "Received: from c ([192.0.2.7])\n"
     "  by m with UTF8SMTPS (TLS, relay local) id 1\n"
     "  for <j\xc3\xb6@x>; Thu, 31 Dec 2099 23:59:59 +0000\n"},
};

static void fields(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    stralloc sa = STRALLOC_ZERO;
    int good = received_add(&t[i].r, &sa) && stralloc_0(&sa);

    ok(good && !strcmp(sa.s, t[i].want), t[i].name);
    if (good && strcmp(sa.s, t[i].want)) printf("# %s", sa.s);
    stralloc_free(&sa);
  }
}

/* The longest values that there can be. */
static void folding(void)
{
  static char big[5000];
  struct received r = {.helo = big,
                       .host = big,
                       .ip = big,
                       .info = big,
                       .by = big,
                       .relay = big,
                       .tls = 1,
                       .protocol = big,
                       .cipher = big,
                       .id = big,
                       .rcpt = big,
                       .esmtp = 1};
  stralloc sa = STRALLOC_ZERO;
  size_t line = 0, longest = 0;

  memset(big, 'a', sizeof big - 1);
  ok(received_add(&r, &sa), "a field of long values");
  for (size_t i = 0; i < sa.len; i++) {
    line = sa.s[i] == '\n' ? 0 : line + 1;
    if (line > longest) longest = line;
  }
  ok(longest <= 998, "no line is too long");
  stralloc_free(&sa);
}

/* gmtime is the model for the date. */
static void dates(void)
{
  char want[64], *semicolon;
  unsigned int wrong = 0;

  for (time_t d = 0; d < 60000; d++) {
    time_t when = d * 86400 + d % 86400;
    struct received r = {.by = "m", .relay = "local", .id = "1", .now = when};
    stralloc sa = STRALLOC_ZERO;
    struct tm tm;

    gmtime_r(&when, &tm);
    strftime(want, sizeof want, "; %a, %e %b %Y %H:%M:%S +0000\n", &tm);
    if (want[7] == ' ') memmove(want + 7, want + 8, strlen(want + 7));
    if (!received_add(&r, &sa) || !stralloc_0(&sa)) break;
    semicolon = strchr(sa.s, ';');
    if (strcmp(semicolon, want)) wrong++;
    stralloc_free(&sa);
  }
  ok(!wrong, "every day from 1970 to 2134");
}

static struct {
  char const *text;
  unsigned int want;
} const headers[] = {
    {"Received: x\nreceived:y\nDelivered-To: z\nSubject: Received: no\n", 3},
    {"Received: x\n\nReceived: body\n", 1},
    {"\nReceived: body\n", 0},
    {" Received: folded\n", 0},
    {"X-Received: x\nReceive: x\nReceivedd: x\nReceived : x\n", 0},
    {"Received", 0},
    {"Received:", 1},
    {"RECEIVED:a\nReceived:", 2},
};

static void hops(void)
{
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
    char const *s = headers[i].text;
    size_t n = strlen(s), wrong = 0;

    for (size_t cut = 0; cut <= n; cut++) {
      struct hops h = HOPS_ZERO, one = HOPS_ZERO;

      hops_feed(&h, s, cut);
      hops_feed(&h, s + cut, n - cut);
      for (size_t k = 0; k < n; k++)
        hops_feed(&one, s + k, 1);
      wrong += h.count != headers[i].want || one.count != headers[i].want;
    }
    ok(!wrong, s);
  }
}

int main(void)
{
  fields();
  folding();
  dates();
  hops();
  return done();
}
