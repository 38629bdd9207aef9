/* Unit test of src/lib/tlsfacts.c. */
#include <stdlib.h>
#include <string.h>

#include "tlsfacts.h"
#include "unit.h"

#define D16 "0123456789abcdef"
#define D56 D16 D16 D16 "01234567"
#define D64 D16 D16 D16 D16
#define D128 D64 D64
#define S(s) s, sizeof s - 1
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static int same(char const *a, char const *b)
{
  return a && b ? !strcmp(a, b) : a == b;
}

static int equal(struct tlsfacts const *f, struct tlsfacts const *g)
{
  return f->active == g->active && same(f->protocol, g->protocol) &&
         same(f->cipher, g->cipher) && same(f->sni, g->sni) &&
         same(f->subject, g->subject) && same(f->fingerprint, g->fingerprint) &&
         same(f->exporter, g->exporter) && same(f->endpoint, g->endpoint);
}

/* clang-format off */
static struct {
  char const *name;
  char const *s;
  size_t n;
  int good;
  struct tlsfacts want;
} const scans[] = {
    {"all", S("SSL_PROTOCOL=TLSv1.3\0SSL_CIPHER=TLS_AES_256_GCM_SHA384\0"
              "SSL_TLS_SNI_SERVERNAME=mx.example.org\0"
              "SSL_CLIENT_S_DN=CN=J\xc3\xb6,O=A B\0"
              "POSTERN_CERT_SHA256=" D64 "\0"
              "POSTERN_TLS_EXPORTER=" D64 "\0POSTERN_TLS_ENDPOINT=" D56 "\0\0"),
     1, {1, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "mx.example.org",
         "CN=J\xc3\xb6,O=A B", D64, D64, D56}},
    {"nothing", S("\0"), 1, {.active = 1}},
    {"nothing, ended twice", S("\0\0"), 1, {.active = 1}},
    {"nothing, three times", S("\0\0\0"), 0, {0}},
    {"empty", "", 0, 0, {0}},
    {"others", S("A=\0SSL_PEER_CERT_HASH=x\0ssl_cipher=x\0SSL_CIPHERS=y\0"
                 "SSL_CIPHE=\r\n\0\0"), 1, {.active = 1}},
    {"foreign and empty", S("SSL_CIPHER=\0SSL_CLIENT_S_DN=\0\0"),
     1, {.active = 1}},
    {"no last NUL", S("SSL_CIPHER=A\0"), 0, {0}},
    {"no NUL", S("SSL_CIPHER=A"), 0, {0}},
    {"more after the last", S("SSL_CIPHER=A\0\0B=C\0\0"), 0, {0}},
    {"a third NUL", S("SSL_CIPHER=A\0\0\0"), 0, {0}},
    {"no value", S("SSL_CIPHER\0\0"), 0, {0}},
    {"no name", S("=A\0\0"), 0, {0}},
    {"twice", S("SSL_CIPHER=A\0SSL_CIPHER=A\0\0"), 0, {0}},
    {"twice, the first empty", S("SSL_CIPHER=\0SSL_CIPHER=A\0\0"), 0, {0}},
    {"bad ones after good ones", S("SSL_PROTOCOL=A\0SSL_CIPHER=A B\0\0"),
     0, {0}},
    {"not ASCII", S("SSL_TLS_SNI_SERVERNAME=\xc3\xb6\0\0"), 0, {0}},
    {"a line", S("SSL_CLIENT_S_DN=a\nb\0\0"), 0, {0}},
    {"a DEL", S("SSL_CLIENT_S_DN=a\x7f\0\0"), 0, {0}},
    {"the longest cipher", S("SSL_CIPHER=" C64 "\0\0"),
     1, {.active = 1, .cipher = C64}},
    {"longer", S("SSL_CIPHER=" C64 "c\0\0"), 0, {0}},
    {"a protocol too long", S("SSL_PROTOCOL=" C64 "\0\0"), 0, {0}},
    {"SHA-512", S("POSTERN_TLS_ENDPOINT=" D128 "\0\0"),
     1, {.active = 1, .endpoint = D128}},
    {"longer than that", S("POSTERN_TLS_ENDPOINT=" D128 "00\0\0"), 0, {0}},
    {"SHA-1", S("POSTERN_TLS_ENDPOINT=" D16 D16 "01234567\0\0"), 0, {0}},
    {"odd", S("POSTERN_TLS_ENDPOINT=" D64 "a\0\0"), 0, {0}},
    {"empty and ours", S("POSTERN_CERT_SHA256=\0\0"), 0, {0}},
    {"a short fingerprint", S("POSTERN_CERT_SHA256=" D56 "\0\0"), 0, {0}},
    {"a long one", S("POSTERN_CERT_SHA256=" D64 "00\0\0"), 0, {0}},
    {"upper case", S("POSTERN_CERT_SHA256=A" D56 "1234567\0\0"), 0, {0}},
    {"a short exporter", S("POSTERN_TLS_EXPORTER=" D56 "\0\0"), 0, {0}},
    {"with colons", S("POSTERN_TLS_EXPORTER=01:23" D56 "123\0\0"), 0, {0}},
};

static struct {
  char const *name;
  char const *tls, *proto, *cipher, *fingerprint;
  int good;
  struct tlsfacts want;
} const envs[] = {
    {"no TLS", 0, 0, "A", D64, 1, {0}},
    {"POSTERN_TLS empty", "", "TCP", "A", D64, 1, {0}},
    {"no TLS, damage is nobody's", 0, "TCP", "A", "x", 1, {0}},
    {"POSTERN_TLS", "TLSv1.3", "TCP", "A", D64,
     1, {.active = 1, .cipher = "A", .fingerprint = D64}},
    {"PROTO", 0, "SSL", "", 0, 1, {.active = 1}},
    {"lower case is another", 0, "ssl", "A", 0, 1, {0}},
    {"damaged", "TLSv1.3", "TCP", "A", "x", 0, {0}},
};
/* clang-format on */

static void set(char const *name, char const *value)
{
  if (value)
    setenv(name, value, 1);
  else
    unsetenv(name);
}

static void test_values(void)
{
  struct tlsfacts const f = {1, "0", "1", "2", "3", "4", "5", "6"};
  size_t i = 0;

  for (; tlsfacts_names[i]; i++)
    ok(*tlsfacts_value(&f, i) == (char)('0' + i), tlsfacts_names[i]);
  ok(i == 7, "every name has a value");
}

int main(void)
{
  struct tlsfacts f;

  for (size_t i = 0; i < sizeof scans / sizeof *scans; i++) {
    memset(&f, 1, sizeof f);
    ok(tlsfacts_scan(&f, scans[i].s, scans[i].n) == scans[i].good &&
           equal(&f, &scans[i].want),
       scans[i].name);
  }
  for (size_t i = 0; i < sizeof envs / sizeof *envs; i++) {
    set("POSTERN_TLS", envs[i].tls);
    set("PROTO", envs[i].proto);
    set("SSL_CIPHER", envs[i].cipher);
    set("POSTERN_CERT_SHA256", envs[i].fingerprint);
    memset(&f, 1, sizeof f);
    ok(tlsfacts_env(&f) == envs[i].good && equal(&f, &envs[i].want),
       envs[i].name);
  }
  test_values();
  return done();
}
