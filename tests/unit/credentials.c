/* Unit test of src/auth/credentials.c: one row per case. */
#include <string.h>

#include "credentials.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1
#define HEX "b913a602c7eda7a495b4e6e7334d3890"

static struct {
  char const *name;
  char const *buf;
  size_t len;
  enum credentials_form want;
  char const *user, *password, *response, *challenge;
} const t[] = {
    {"three fields", BYTES("u\0p\0Y123456\0"), CREDENTIALS_OK, "u", "p", 0, 0},
    {"an empty third", BYTES("u\0p\0\0"), CREDENTIALS_OK, "u", "p", 0, 0},
    {"two fields", BYTES("u\0p\0"), CREDENTIALS_OK, "u", "p", 0, 0},
    {"four fields (indimail)", BYTES("u\0<1@h>\0" HEX "\0\1\0"), CREDENTIALS_OK,
     "u", 0, HEX, "<1@h>"},
    {"challenge, response", BYTES("u\0<1@h>\0" HEX "\0"), CREDENTIALS_OK, "u",
     0, HEX, "<1@h>"},
    {"response, challenge", BYTES("u\0" HEX "\0<1@h>\0"), CREDENTIALS_OK, "u",
     HEX, HEX, "<1@h>"},
    {"password and timestamp", BYTES("u\0p\0<1@h>\0"), CREDENTIALS_OK, "u", "p",
     0, 0},
    {"a password like a response", BYTES("u\0" HEX "\0\0"), CREDENTIALS_OK, "u",
     HEX, 0, 0},
    {"a password like a challenge", BYTES("u\0<1@h>\0\0"), CREDENTIALS_OK, "u",
     "<1@h>", 0, 0},
    {"31 digits", BYTES("u\0b913a602c7eda7a495b4e6e7334d389\0<1@h>\0"),
     CREDENTIALS_OK, "u", "b913a602c7eda7a495b4e6e7334d389", 0, 0},
    {"33 digits", BYTES("u\0" HEX "0\0<1@h>\0"), CREDENTIALS_OK, "u", HEX "0",
     0, 0},
    {"upper-case digits", BYTES("u\0B913A602C7EDA7A495B4E6E7334D3890\0<1@h>\0"),
     CREDENTIALS_OK, "u", "B913A602C7EDA7A495B4E6E7334D3890", 0, 0},
    {"no end of the challenge", BYTES("u\0" HEX "\0<1@h\0"), CREDENTIALS_OK,
     "u", HEX, 0, 0},
    {"an empty challenge", BYTES("u\0" HEX "\0<>\0"), CREDENTIALS_OK, "u", HEX,
     0, 0},
    {"two challenges", BYTES("u\0<1@h>\0<1@h>\0"), CREDENTIALS_OK, "u", "<1@h>",
     0, 0},
    {"one byte each", BYTES("u\0p\0"), CREDENTIALS_OK, "u", "p", 0, 0},
    {"no user", BYTES("\0p\0\0"), CREDENTIALS_EMPTY, 0, 0, 0, 0},
    {"no password", BYTES("u\0\0\0"), CREDENTIALS_EMPTY, 0, 0, 0, 0},
    {"no password, a challenge", BYTES("u\0\0<1@h>\0"), CREDENTIALS_EMPTY, 0, 0,
     0, 0},
    {"nothing", BYTES(""), CREDENTIALS_BROKEN, 0, 0, 0, 0},
    {"one field", BYTES("u\0"), CREDENTIALS_BROKEN, 0, 0, 0, 0},
    {"no NUL", BYTES("u"), CREDENTIALS_BROKEN, 0, 0, 0, 0},
    {"no NUL after the password", BYTES("u\0p"), CREDENTIALS_BROKEN, 0, 0, 0,
     0},
    {"no NUL after the third", BYTES("u\0p\0x"), CREDENTIALS_BROKEN, 0, 0, 0,
     0},
};

static int same(char const *a, char const *b)
{
  return a && b ? !strcmp(a, b) : a == b;
}

int main(void)
{
  char big[CREDENTIALS_MAX + 1];
  struct credentials c;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    ok(credentials_parse(t[i].buf, t[i].len, &c) == t[i].want, t[i].name);
    if (t[i].want != CREDENTIALS_OK) continue;
    ok(same(c.user, t[i].user) && same(c.password, t[i].password) &&
           same(c.response, t[i].response) && same(c.challenge, t[i].challenge),
       "its parts");
  }
  memset(big, 'x', sizeof big);
  big[1] = big[510] = big[511] = 0;
  ok(credentials_parse(big, 512, &c) == CREDENTIALS_OK &&
         strlen(c.password) == 508,
     "512 bytes");
  ok(credentials_parse(big, 513, &c) == CREDENTIALS_TOO_LONG, "513 bytes");
  return done();
}
