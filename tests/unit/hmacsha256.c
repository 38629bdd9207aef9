/* Unit test of src/auth/hmacsha256.c: the vectors of RFC 4231. */
#include <string.h>

#include <skalibs/fmtscan.h>

#include "hmacsha256.h"
#include "unit.h"

static struct {
  char const *name;
  int key_byte; /* 0: key is a string */
  char const *key;
  size_t klen;
  int msg_byte;
  char const *msg;
  size_t len;
  char const *want;
} const t[] = {
    {"case 1", 0x0b, 0, 20, 0, "Hi There", 8,
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"case 2", 0, "Jefe", 4, 0, "what do ya want for nothing?", 28,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"case 3", 0xaa, 0, 20, 0xdd, 0, 50,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"case 6", 0xaa, 0, 131, 0,
     "Test Using Larger Than Block-Size Key - Hash Key First", 54,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    unsigned char out[HMACSHA256];
    char key[256], msg[256], hex[HMACSHA256_HEX + 1];

    memset(key, t[i].key_byte, sizeof key);
    memset(msg, t[i].msg_byte, sizeof msg);
    if (t[i].key) memcpy(key, t[i].key, t[i].klen);
    if (t[i].msg) memcpy(msg, t[i].msg, t[i].len);
    hmacsha256(out, key, t[i].klen, msg, t[i].len);
    hex[ucharn_fmt(hex, (char const *)out, sizeof out)] = 0;
    ok(!strcmp(hex, t[i].want), t[i].name);
  }
  return done();
}
