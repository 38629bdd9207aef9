/* Unit test of src/lib/base64.c: one row per case. */
#include <string.h>

#include "base64.h"
#include "unit.h"

/* RFC 4648 section 10, and bytes that use the whole alphabet */
static struct {
  char const *plain;
  char const *text;
} const good[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xef\xbe\xff", "++++/w=="},
    {"Username:", "VXNlcm5hbWU6"},
};

static struct {
  char const *name;
  char const *text;
} const bad[] = {
    {"length 1", "Z"},
    {"length 2, no padding", "Zg"},
    {"length 3", "Zg="},
    {"length 5", "Zm9vY"},
    {"only padding", "===="},
    {"one padding sign", "="},
    {"three padding signs", "Z==="},
    {"padding in the middle", "Zg==Zm9v"},
    {"padding within", "Zm=v"},
    {"two hidden bits", "Zm9="},
    {"four hidden bits", "Zh=="},
    {"blank", "Zm9 "},
    {"CR LF", "Zm\r\n"},
    {"tab before", "\tZm9v"},
    {"URL alphabet -", "Zm9-"},
    {"URL alphabet _", "Zm9_"},
    {"star", "*"},
    {"high byte", "Zm9\xff"},
    {"comma", "Zm9,"},
    {"colon", "Zm9:"},
    {"at", "@m9v"},
    {"bracket", "[m9v"},
    {"backquote", "`m9v"},
    {"brace", "{m9v"},
};

/* Every string of bytes of up to two bytes, and there and back. */
static int round_trip(void)
{
  for (unsigned int i = 0; i < 65536; i++) {
    char in[2] = {(char)(i >> 8), (char)i}, text[4], out[3];
    size_t n, len = i < 256 ? 1 : 2;

    base64_encode(text, in + 2 - len, len);
    if (!base64_decode(out, &n, text, 4)) return 0;
    if (n != len || memcmp(out, in + 2 - len, len)) return 0;
  }
  return 1;
}

/* Of all 65536 pairs of bytes before "==", exactly 256 may be accepted. */
static int one_spelling(void)
{
  unsigned int n = 0;

  for (unsigned int i = 0; i < 65536; i++) {
    char in[4] = {(char)(i >> 8), (char)i, '=', '='}, out[3];
    size_t len;
    n += base64_decode(out, &len, in, 4) != 0;
  }
  return n == 256;
}

int main(void)
{
  char out[64];
  size_t n;

  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    size_t len = strlen(good[i].plain), tlen = strlen(good[i].text);

    base64_encode(out, good[i].plain, len);
    ok(BASE64_ENCODED(len) == tlen && !memcmp(out, good[i].text, tlen),
       good[i].text);
    ok(base64_decode(out, &n, good[i].text, tlen) && n == len &&
           n <= BASE64_DECODED(tlen) && !memcmp(out, good[i].plain, n),
       "and back");
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ok(!base64_decode(out, &n, bad[i].text, strlen(bad[i].text)) && !n,
       bad[i].name);
  ok(!base64_decode(out, &n, "Zm9\0", 4), "NUL");
  ok(!base64_decode(out, &n, "Zm9vZm9v", 7), "what follows is not looked at");
  strcpy(out, "Zm9vYmE=");
  ok(base64_decode(out, &n, out, 8) && n == 5 && !memcmp(out, "fooba", 5),
     "decode in place");
  ok(round_trip(), "all strings of one and two bytes");
  ok(one_spelling(), "each byte has one spelling");
  return done();
}
