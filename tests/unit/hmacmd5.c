/* Unit test of src/auth/hmacmd5.c. */
#include <string.h>

#include "hmacmd5.h"
#include "unit.h"

/* RFC 2195 section 2, RFC 2104's appendix, and keys about as long as a block;
   the last computed with Python's hmac. */
static struct {
  char const *key;
  char const *challenge;
  char const *want;
} const cram[] = {
    {"tanstaaftanstaaf", "<1896.697170952@postoffice.reston.mci.net>",
     "b913a602c7eda7a495b4e6e7334d3890"},
    {"Jefe", "what do ya want for nothing?",
     "750c783e6ab0b503eaa86e310a5db738"},
    {"\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa",
     "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
     "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
     "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd",
     "56be34521d144c88dbb8c733f0e8b3f6"},
    {"k", "<1@h>", "93ed7f8f0390a64364ce2e8b832fa1dd"},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "<1@h>",
     "c7978a65c93f85478591a4387097e76b"},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
     "<1@h>", "3edc8799b361892d596f1b31097c90c7"},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
     "<1@h>", "222128d0fac05883d20ea40246473d90"},
    {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
     "<1@h>", "f07d9e4018a97444a7e0006c448afbba"},
};

static char const test_context[] =
    "e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6";

int main(void)
{
  char context[HMACMD5_CONTEXT + 1], hex[HMACMD5_HEX + 1];

  for (size_t i = 0; i < sizeof cram / sizeof *cram; i++) {
    hmacmd5_context(cram[i].key, context);
    ok(strlen(context) == HMACMD5_CONTEXT &&
           hmacmd5_respond(context, cram[i].challenge, hex) &&
           !strcmp(hex, cram[i].want),
       cram[i].want);
  }
  hmacmd5_context("test", context);
  ok(!strcmp(context, test_context), "Dovecot's {CRAM-MD5} of test");
  hmacmd5_apop("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf", hex);
  ok(!strcmp(hex, "c4c9334bac560ecc979e58001b3e22fb"), "RFC 1939 section 7");
  context[63] = 'F';
  ok(!hmacmd5_respond(context, "x", hex), "upper case is no context");
  context[63] = 0;
  ok(!hmacmd5_respond(context, "x", hex), "too short");
  ok(!hmacmd5_respond("", "x", hex), "empty");
  return done();
}
