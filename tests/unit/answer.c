/* answer - what is told of the wire. */
#include "answer.h"

#include <string.h>

#include "unit.h"

static int is(struct answer const *a, char const *want, size_t n)
{
  stralloc sa = STRALLOC_ZERO;
  int r = answer_write(&sa, a) && sa.len == n && !memcmp(sa.s, want, n);

  stralloc_free(&sa);
  return r;
}

#define IS(a, want) is(a, want, sizeof want - 1)

int main(void)
{
  struct answer a = {0};
  char value[ANSWER_VALUE_MAX + 2], most[ANSWER_VALUE_MAX + 64];

  ok(IS(&a, "\0"), "nothing is known");
  a.protocol = "TLSv1.3";
  a.cipher = "X";
  a.sni = "mail.example";
  a.subject = "CN=a b";
  a.fingerprint = (struct answer_bytes){2, {0x0f, 0xa0}};
  a.exporter = (struct answer_bytes){1, {1}};
  a.endpoint = (struct answer_bytes){1, {2}};
  ok(IS(&a, "SSL_PROTOCOL=TLSv1.3\0SSL_CIPHER=X\0"
            "SSL_TLS_SNI_SERVERNAME=mail.example\0SSL_CLIENT_S_DN=CN=a b\0"
            "POSTERN_CERT_SHA256=0fa0\0POSTERN_TLS_EXPORTER=01\0"
            "POSTERN_TLS_ENDPOINT=02\0\0"),
     "everything is");
  a = (struct answer){.protocol = "TLSv1.2", .sni = "a b"};
  ok(IS(&a, "SSL_PROTOCOL=TLSv1.2\0\0"), "a name that is none");
  a = (struct answer){.subject = "CN=a\nb"};
  ok(IS(&a, "\0"), "a subject with a line feed");
  memset(value, 'x', sizeof value);
  value[ANSWER_VALUE_MAX + 1] = 0;
  a.subject = value;
  ok(IS(&a, "\0"), "one that is too long");
  value[ANSWER_VALUE_MAX] = 0;
  memcpy(most, "SSL_CLIENT_S_DN=", 16);
  memcpy(most + 16, value, ANSWER_VALUE_MAX + 1);
  most[16 + ANSWER_VALUE_MAX + 1] = 0;
  ok(is(&a, most, 16 + ANSWER_VALUE_MAX + 2), "the longest");
  a = (struct answer){.exporter.n = ANSWER_HASH_MAX};
  memset(most, '0', sizeof most);
  memcpy(most, "POSTERN_TLS_EXPORTER=", 21);
  most[21 + 128] = most[21 + 129] = 0;
  ok(is(&a, most, 21 + 130), "the longest binding");

  ok(answer_is_name("a") && answer_is_name("A-1_b.c") && !answer_is_name("") &&
         !answer_is_name("a=b") && !answer_is_name("\303\274") &&
         !answer_is_name("*.a"),
     "names");
  return done();
}
